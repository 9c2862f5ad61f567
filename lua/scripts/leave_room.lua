-- Takes visitors out of a room: their places are free at once, and their tickets mean nothing any more.
--
-- KEYS: room waiting seen active exempt sessions ended prequeue
-- ARGV: lease channel name (visitor number)*
-- RESULT: left
--
-- KEYS
--   room      hash  terms and counters; forever
--   waiting   zset  visitor -> order; until admitted, lapsed or left
--   seen      hash  visitor -> "number:issued:seen", seconds; as long as waiting or in the pre-queue
--   active    zset  visitor -> end of the admission, milliseconds; until then
--   exempt    zset  the same for visitors that take no place
--   sessions  hash  visitor -> "number:issued:end:kind"; as long as active or exempt
--   ended     zset  number -> milliseconds when left, revoked or used up; until no admission can say otherwise
--   prequeue  zset  visitor -> number; until the draw
-- ARGV
--   lease       "generation:run_id" as the caller knows it
--   channel     where nodes hear who is out, as "name number..."
--   name        what nodes call the room there
--   visitor     16 bytes
--   number      of the ticket, or "-" for whichever the visitor has
-- RESULT (array)
--   for each visitor the number that ended, 0 when there was none; empty when there is no such
--   room under this lease

local call = redis.call
if call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return {} end
-- A key of a wrong type is found before anything is written.
for _, place in ipairs({ 2, 4, 5, 7, 8 }) do call('ZCARD', KEYS[place]) end
for _, place in ipairs({ 3, 6 }) do call('HLEN', KEYS[place]) end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local left, told = {}, ''
for i = 4, #ARGV, 2 do
  local visitor, number = ARGV[i], ARGV[i + 1]
  local held = string.match(call('HGET', KEYS[6], visitor) or '', '^%d+')
  local place = string.match(call('HGET', KEYS[3], visitor) or '', '^%d+')
  local ended = 0
  if held and (number == '-' or number == held) then
    ended = tonumber(held)
    call('HDEL', KEYS[6], visitor)
    call('ZREM', KEYS[4], visitor)
    call('ZREM', KEYS[5], visitor)
  elseif place and (number == '-' or number == place) then
    ended = tonumber(place)
    call('HDEL', KEYS[3], visitor)
    call('ZREM', KEYS[2], visitor)
    call('ZREM', KEYS[8], visitor)
  end
  if ended > 0 then
    call('ZADD', KEYS[7], now, ended)
    told = told .. ' ' .. ended
  end
  left[#left + 1] = ended
end
if told ~= '' then call('PUBLISH', ARGV[2], ARGV[3] .. told) end
return left
