-- Reads the stretch of a board around a member, best first.
--
-- KEYS   1 cursor    string  how far the slot has come
--        2 standings zset    member, minus its score
-- ARGV   1 member
--        2 each side how many rows above and below
-- Reply  {cursor or "", 0-based place of the first row or -1 when the member is not there, members
--        better than the first row, {member, -score, ...}}
-- Cost   O(log members + rows).

local cursor = redis.call("GET", KEYS[1]) or ""
local place = redis.call("ZRANK", KEYS[2], ARGV[1])
if not place then
  return { cursor, -1, 0, {} }
end
local from = math.max(0, place - tonumber(ARGV[2]))
local rows = redis.call("ZRANGE", KEYS[2], from, place + tonumber(ARGV[2]), "WITHSCORES")
local better = redis.call("ZCOUNT", KEYS[2], "-inf", "(" .. rows[2])
return { cursor, from, better, rows }
