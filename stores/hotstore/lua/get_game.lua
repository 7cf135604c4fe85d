-- Reads a game of a slot, at one moment with how far the slot has come, unless the caller has it.
--
-- KEYS   1 cursor    string  how far the slot has come
--        2 versions  hash    by game id: at which place of the slot's log the game last changed
--        3 game      hash
-- ARGV   1 game id
--        2 version           the one that the caller has; empty: none
-- Reply  {cursor or "", version or ""}, and {field, value, ...} unless the caller has that version
-- Cost   O(fields), O(1) where the caller has it.

local cursor = redis.call("GET", KEYS[1]) or ""
local version = redis.call("HGET", KEYS[2], ARGV[1]) or ""
if version ~= "" and version == ARGV[2] then
  return { cursor, version }
end
return { cursor, version, redis.call("HGETALL", KEYS[3]) }
