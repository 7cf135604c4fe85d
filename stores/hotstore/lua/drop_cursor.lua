-- Takes the cursor of a slot away, so that the slot is made anew.
--
-- A script, because another projector may have moved it since it was read.
--
-- KEYS   1 cursor   string  how far the slot has come, as text
-- ARGV   1 cursor           the one to be taken away
-- Reply  1 when it was, 0 when another one is there.

if redis.call("GET", KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call("DEL", KEYS[1])
