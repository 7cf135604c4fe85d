-- Reads some fields of a hash of a slot, at one moment with how far it has come.
--
-- KEYS   1 cursor  string  how far the slot has come
--        2 hash
-- ARGV   1..       fields
-- Reply  {cursor or "", {value or nil, ...}}, in the order asked for
-- Cost   O(fields asked).

return { redis.call("GET", KEYS[1]) or "", redis.call("HMGET", KEYS[2], unpack(ARGV)) }
