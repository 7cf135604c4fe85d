-- Removes keys of former generations of a slot, while the present one is what the caller thinks.
--
-- A script, because the slot may have been made anew since the keys were listed: what was a former
-- generation then may hold the slot now.
--
-- KEYS   1 cursor     string  how far the slot has come, as text
--        2 building   string  there while that other generation is being made
--        3..                  keys of that other generation
-- ARGV   1 generation         the one that the caller takes for the present one
-- Reply  how many keys were removed; -1 when the slot is in another generation, or the keys are of one
--        that is being made, and then none were.

local cursor = redis.call("GET", KEYS[1])
if not cursor or cjson.decode(cursor)[4] ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 1 then
  return -1
end
local removed = 0
for key = 3, #KEYS do
  removed = removed + redis.call("UNLINK", KEYS[key])
end
return removed
