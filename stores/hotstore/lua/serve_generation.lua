-- Lets a slot be read from the generation that was made beside it.
--
-- A script, because readers must see either generation whole, and the slot must never go back.
--
-- KEYS   1 cursor     string  how far the slot has come, as text
--        2 building   string  how far the new generation has come
-- ARGV   1 built              what building must hold
--        2 replaced           a cursor that is worth nothing, though it is there; or empty
-- Reply  1 when it is read from now on; 0 when the slot has come further than it, and -1 when it is not
--        what was built any more: then nothing changed.

if redis.call("GET", KEYS[2]) ~= ARGV[1] then
  return -1
end
local present = redis.call("GET", KEYS[1])
if present and present ~= ARGV[2] and cjson.decode(present)[1] > cjson.decode(ARGV[1])[1] then
  return 0
end
redis.call("SET", KEYS[1], ARGV[1])
redis.call("DEL", KEYS[2])
return 1
