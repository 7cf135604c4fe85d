-- Room for newer lines beside those that they replace: the rows of a game are replaced as long as it is
-- played, and one that finds room on its page needs no new entry in any index.
alter table player_game set (fillfactor = 50);
alter table team_game set (fillfactor = 50);
alter table game_span set (fillfactor = 50);
