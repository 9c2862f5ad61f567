-- Takes visitors out of a room: their places are free at once, and their tickets mean nothing any more.
--
-- KEYS: room waiting seen active exempt sessions ended prequeue
-- ARGV: lease channel name limit waited_limit (visitor number)*
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
--   limit       numbers in ended beyond which nobody leaves; who is put out always is
--   waited_limit  numbers in ended beyond which tickets that only waited are not noted there
--   visitor     16 bytes
--   number      of the ticket, or "-" for whichever the visitor has, who is put out
-- RESULT (array)
--   for each visitor the number that ended, 0 when there was none, less than 0 when it was not noted in
--   ended; empty when there is no such room under this lease, or when there is no room for the note
--
-- A ticket that only waited is over because nothing is known of it: the note is for nodes that have answered
-- it before. Only while tickets that Redis has lost come back, one of before must be noted to stay away.

local call = redis.call
local room = call('HMGET', KEYS[1], 'lease', 'restored')
if room[1] ~= ARGV[1] then return {} end
-- A key of a wrong type is found before anything is written.
for _, place in ipairs({ 2, 4, 5, 7, 8 }) do call('ZCARD', KEYS[place]) end
for _, place in ipairs({ 3, 6 }) do call('HLEN', KEYS[place]) end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local restored = tonumber(room[2])
local limit, waited_limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local noted = call('ZCARD', KEYS[7])
local left, told, is_refused = {}, '', false
for i = 6, #ARGV, 2 do
  local visitor, number = ARGV[i], ARGV[i + 1]
  local is_out = number == '-'
  local held = string.match(call('HGET', KEYS[6], visitor) or '', '^%d+')
  local place, issued = string.match(call('HGET', KEYS[3], visitor) or '', '^(%d+):(%d+)')
  local ended, is_noted = 0, true
  if held and (is_out or number == held) then
    if is_out or noted < limit then
      ended = tonumber(held)
      call('HDEL', KEYS[6], visitor)
      call('ZREM', KEYS[4], visitor)
      call('ZREM', KEYS[5], visitor)
    else
      is_refused = true
    end
  elseif place and (is_out or number == place) then
    local may_return = tonumber(issued) <= restored
    is_noted = is_out or noted < waited_limit or may_return
    if is_out or noted < limit or not may_return then
      ended = tonumber(place)
      call('HDEL', KEYS[3], visitor)
      call('ZREM', KEYS[2], visitor)
      call('ZREM', KEYS[8], visitor)
    else
      is_refused = true
    end
  end
  if ended > 0 and is_noted then
    noted = noted + call('ZADD', KEYS[7], now, ended)
    told = told .. ' ' .. ended
  end
  left[#left + 1] = is_noted and ended or -ended
end
if told ~= '' then call('PUBLISH', ARGV[2], ARGV[3] .. told) end
return is_refused and {} or left
