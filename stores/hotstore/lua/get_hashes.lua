-- Reads whole hashes of a slot, at one moment with how far it has come.
--
-- KEYS   1 cursor  string  how far the slot has come
--        2..       hash
-- ARGV   1..      none
-- Reply  {cursor or "", {field, value, ...}, ...}, a list for each hash in the order asked for
-- Cost   O(fields).

local found = { redis.call("GET", KEYS[1]) or "" }
for key = 2, #KEYS do
  found[key] = redis.call("HGETALL", KEYS[key])
end
return found
