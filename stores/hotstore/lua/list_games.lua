-- Reads game logs, and what is known of each of their games.
--
-- KEYS   1 cursor  string  how far the slot has come
--        2 games   hash    game id, facts and points
--        3..       hash    the game logs: game id, the row of the log
-- ARGV   1..      none
-- Reply  {cursor or "", {game id, game or "", ...}, {{game id, row, ...}, ...}}: each game once, and the
--        logs as asked for, their rows in no order
-- Cost   O(rows of the logs): at most one season of as many players or teams.

local cursor = redis.call("GET", KEYS[1]) or ""
local games, logs, known = {}, {}, {}
for key = 3, #KEYS do
  local rows = redis.call("HGETALL", KEYS[key])
  for at = 1, #rows, 2 do
    local game_id = rows[at]
    if not known[game_id] then
      known[game_id] = true
      games[#games + 1] = game_id
      games[#games + 1] = redis.call("HGET", KEYS[2], game_id) or ""
    end
  end
  logs[#logs + 1] = rows
end
return { cursor, games, logs }
