-- Reads a stretch of a board, best first, and how many are better than its first row.
--
-- KEYS   1 cursor    string  how far the slot has come
--        2 standings zset    member, minus its score
-- ARGV   1 from      0-based place of the first row
--        2 count     how many rows
-- Reply  {cursor or "", members in all, members better than the first row, {member, -score, ...}}
-- Cost   O(log members + count).

local cursor = redis.call("GET", KEYS[1]) or ""
local from, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local rows = redis.call("ZRANGE", KEYS[2], from, from + count - 1, "WITHSCORES")
local better = 0
if #rows > 0 then
  better = redis.call("ZCOUNT", KEYS[2], "-inf", "(" .. rows[2])
end
return { cursor, redis.call("ZCARD", KEYS[2]), better, rows }
