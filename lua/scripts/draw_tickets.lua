-- Puts a pre-queue in the order that was drawn, a part by each call.
--
-- KEYS: room waiting prequeue
-- ARGV: lease step first seed (order)*
-- RESULT: progress
--
-- KEYS
--   room      hash  terms and counters; forever
--   waiting   zset  visitor -> order; until admitted, lapsed or left
--   prequeue  zset  visitor -> number; until the draw
-- ARGV
--   lease       "generation:run_id" as the caller knows it
--   step        "begin": nobody takes part any more who comes from now on; "move": a part of those who do;
--               "finish": all were moved
--   first       of the numbers to be moved
--   seed        of the draw in hexadecimal digits; nodes compute orders from it
--   order       of each number from the first on
-- RESULT (integer)
--   begin: how many numbers take part; move: how many tickets were moved; finish: 1
--   -1 when there is no such room under this lease, when it is not open yet, or when some are left to be moved

local call = redis.call
local room = call('HMGET', KEYS[1], 'lease', 'opens', 'base', 'next', 'drawn')
if room[1] ~= ARGV[1] then return -1 end
if ARGV[2] == 'begin' then
  local clock = call('TIME')
  if clock[1] * 1000 + math.floor(clock[2] / 1000) < tonumber(room[2]) then return -1 end
  if not room[5] then
    room[5] = tonumber(room[4]) - 1 - tonumber(room[3])
    call('HSET', KEYS[1], 'drawn', room[5])
  end
  return tonumber(room[5])
end
if ARGV[2] == 'finish' then
  if call('EXISTS', KEYS[3]) == 1 then return -1 end
  call('HSET', KEYS[1], 'seed', ARGV[4])
  return 1
end
local first, last = tonumber(ARGV[3]), tonumber(ARGV[3]) + #ARGV - 5
local page = call('ZRANGEBYSCORE', KEYS[3], first, last, 'WITHSCORES')
for i = 1, #page, 2 do
  call('ZADD', KEYS[2], ARGV[5 + tonumber(page[i + 1]) - first], page[i])
end
call('ZREMRANGEBYSCORE', KEYS[3], first, last)
return #page / 2
