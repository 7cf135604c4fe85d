-- Applies the writes that some rows of a slot's log fold to, if the slot is where they begin.
--
-- A script, because the cursor and what it stands for must move in one step: then they are lost
-- together or kept together, and a slot is always the exact fold up to its cursor.
--
-- KEYS   1 cursor    string  how far the slot, or a generation being made, has come, as text
--        2 changes   channel where the move is told: from, to and touched, a line each
--        3..         one for each write, in the order of ARGV
-- ARGV   1 from      the cursor that the writes begin at; empty: none is there
--        2 to        the cursor after them
--        3 touched   the names of what the writes change, for those who watch; empty: tell nobody
--        4..         command, number of arguments, arguments, ...; the command is one of COMMANDS
-- Reply  {1} when applied; {0, cursor} when the slot is elsewhere, and then nothing was written;
--        {-1, error} when a write failed: the cursor is gone then, so that the slot is made again.
-- Cost   O(arguments). Values are final ones, never increments. All keys carry the slot as hash tag.

-- Lua passes at most about 8,000 values in one call.
local ARGUMENTS_MAX = 4000
local COMMANDS = { HSET = true, HDEL = true, ZADD = true, ZREM = true }

-- A missing value reads as false.
local present = redis.call("GET", KEYS[1]) or ""
if present ~= ARGV[1] then
  return { 0, present }
end

-- Everything is checked before the first write: scripts are not rolled back.
local at, writes = 4, 0
while at <= #ARGV do
  local count = tonumber(ARGV[at + 1])
  if not COMMANDS[ARGV[at]] or not count or count > ARGUMENTS_MAX or at + 1 + count > #ARGV then
    return redis.error_reply("ERR the writes are not well formed at argument " .. at)
  end
  at, writes = at + 2 + count, writes + 1
end
if writes ~= #KEYS - 2 then
  return redis.error_reply("ERR " .. writes .. " writes for " .. (#KEYS - 2) .. " keys")
end

at = 4
for key = 3, #KEYS do
  local count = tonumber(ARGV[at + 1])
  local reply = redis.pcall(ARGV[at], KEYS[key], unpack(ARGV, at + 2, at + 1 + count))
  if type(reply) == "table" and reply.err then
    redis.call("DEL", KEYS[1])
    return { -1, reply.err }
  end
  at = at + 2 + count
end
redis.call("SET", KEYS[1], ARGV[2], "KEEPTTL")
if ARGV[3] ~= "" then
  -- Not of use enough to fail by: who is not told finds the slot moved a little later.
  redis.pcall("SPUBLISH", KEYS[2], ARGV[1] .. "\n" .. ARGV[2] .. "\n" .. ARGV[3])
end
return { 1 }
