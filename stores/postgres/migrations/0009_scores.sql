-- What the scoreboard of the arena shows: to be held against the points of the lines.
alter table game add column home_score integer, add column away_score integer;
