-- Who does not play in a game, and why: a list of [player id, team id, 1 if not on the active list, reason,
-- description]; null when nothing was said of it.
alter table game add column did_not_play jsonb;
