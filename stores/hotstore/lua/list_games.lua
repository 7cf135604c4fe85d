-- Reads a game log, and what is known of each of its games.
--
-- KEYS   1 cursor  string  how far the slot has come
--        2 log     hash    game id, the row of whose log it is
--        3 games   hash    game id, facts and points
-- ARGV   1..      none
-- Reply  {cursor or "", {game id, row, game or "", ...}}, three items a game in no order
-- Cost   O(games of the log): one season of one player or team.

local cursor = redis.call("GET", KEYS[1]) or ""
local rows = redis.call("HGETALL", KEYS[2])
local found = {}
for at = 1, #rows, 2 do
  found[#found + 1] = rows[at]
  found[#found + 1] = rows[at + 1]
  found[#found + 1] = redis.call("HGET", KEYS[3], rows[at]) or ""
end
return { cursor, found }
