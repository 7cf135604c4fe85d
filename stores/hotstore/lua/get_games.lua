-- Reads games of a slot, at one moment with how far the slot has come, but for those that the caller has.
--
-- KEYS   1 cursor    string  how far the slot has come
--        2 versions  hash    by game id: at which place of the slot's log the game last changed
--        3..         hash    the games
-- ARGV   1, 3, ..    game id
--        2, 4, ..    version  the one that the caller has; empty: none
-- Reply  {cursor or "", {version or ""}, {version or "", {field, value, ...}}, ...}: for each game in the
--        order asked for its version, and its fields unless the caller has that version
-- Cost   O(fields), O(1) for a game that the caller has.

local found = { redis.call("GET", KEYS[1]) or "" }
for key = 3, #KEYS do
  local at = 2 * key - 5
  local version = redis.call("HGET", KEYS[2], ARGV[at]) or ""
  if version ~= "" and version == ARGV[at + 1] then
    found[key - 1] = { version }
  else
    found[key - 1] = { version, redis.call("HGETALL", KEYS[key]) }
  end
end
return found
