-- Reads the scores of members, and how many are better than each.
--
-- KEYS   1 cursor    string  how far the slot has come
--        2 standings zset    member, minus its score
-- ARGV   1..         members
-- Reply  {cursor or "", {-score or "", members better, ...}}, two items a member
-- Cost   O(members asked * log members).

local cursor = redis.call("GET", KEYS[1]) or ""
local found = {}
for _, member in ipairs(ARGV) do
  local score = redis.call("ZSCORE", KEYS[2], member)
  found[#found + 1] = score or ""
  found[#found + 1] = score and redis.call("ZCOUNT", KEYS[2], "-inf", "(" .. score) or 0
end
return { cursor, found }
