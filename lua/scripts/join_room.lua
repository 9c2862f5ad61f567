-- Gives tickets to a batch of visitors, in order; whoever has one gets it again.
--
-- KEYS: room waiting seen active exempt sessions prequeue
-- ARGV: lease limit (visitor bypass)*
-- RESULT: unknown | tickets
--
-- KEYS
--   room      hash  terms and counters; forever
--   waiting   zset  visitor -> order; until admitted, lapsed or left
--   seen      hash  visitor -> "number:issued:seen", seconds; as long as waiting or in the pre-queue
--   active    zset  visitor -> end of the admission, milliseconds; until then
--   exempt    zset  the same for visitors that take no place
--   sessions  hash  visitor -> "number:issued:end:kind"; as long as active or exempt
--   prequeue  zset  visitor -> number; until the draw
-- ARGV
--   lease       "generation:run_id" as the caller knows it
--   limit       tickets that may wait; in a room that takes all, visitors that may be there
--   visitor     16 bytes
--   bypass      1 for one who is admitted at once and takes no place
-- RESULT (one bulk string)
--   "U"  no such room under this lease
--   and else a line a visitor, without the number's ticket being anybody else's ever:
--   W<number>:<issued>        waits
--   A<number>:<issued>:<end>  admitted, until the end in milliseconds
--   R                         the room takes nobody
--   F                         too many wait, or are there

local call = redis.call
local room = call('HMGET', KEYS[1], 'lease', 'queueing', 'opens', 'shuffle', 'drawn', 'next',
  'session', 'beat', 'grace')
if room[1] ~= ARGV[1] then return 'U' end
-- A key of a wrong type is found before anything is written.
for _, place in ipairs({ 2, 4, 5, 7 }) do call('ZCARD', KEYS[place]) end
for _, place in ipairs({ 3, 6 }) do call('HLEN', KEYS[place]) end

local clock = call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000 + math.floor(clock[2] / 1000)
local queueing, session = room[2], tonumber(room[7])
local is_before = now < tonumber(room[3])
local in_prequeue = room[4] == '1' and not room[5] and tonumber(room[3]) > 0
local next_number = tonumber(room[6])
local first_number = next_number
local queue = in_prequeue and KEYS[7] or KEYS[2]
local waiting = call('ZCARD', KEYS[2]) + call('ZCARD', KEYS[7])
local exempt = call('ZCARD', KEYS[5])
local limit = tonumber(ARGV[2])

local beat = tonumber(room[8])
if seconds > beat then
  call('HSET', KEYS[1], 'beat', seconds)
  -- Nobody could be seen while no node was: they get their grace anew.
  if (seconds - beat) * 2000 > tonumber(room[9]) then call('HSET', KEYS[1], 'grace_from', seconds) end
end

local function admitted(visitor, kind, number, issued)
  local ends = now + session
  call('HSET', KEYS[6], visitor, number .. ':' .. issued .. ':' .. ends .. ':' .. kind)
  call('ZADD', kind == 'x' and KEYS[5] or KEYS[4], ends, visitor)
  return 'A' .. number .. ':' .. issued .. ':' .. ends
end

local result = {}
for i = 3, #ARGV, 2 do
  local visitor = ARGV[i]
  local is_listed = ARGV[i + 1] == '1'
  local passes = is_listed or (queueing == 'passthrough' and not is_before)
  local answer
  local held = call('HGET', KEYS[6], visitor)
  if held then
    local number, issued, ends, kind = string.match(held, '^(%d+):(%d+):(%d+):(%a)$')
    if tonumber(ends) > now then
      -- "n" is one that the visitor has not seen yet: the session begins now.
      answer = kind == 'n' and admitted(visitor, 'a', number, issued) or
        'A' .. number .. ':' .. issued .. ':' .. ends
    else
      call('HDEL', KEYS[6], visitor)
      call('ZREM', KEYS[4], visitor)
      call('ZREM', KEYS[5], visitor)
    end
  end
  if not answer then
    local place = call('HGET', KEYS[3], visitor)
    if place then
      local number, issued = string.match(place, '^(%d+):(%d+):')
      if passes then
        call('ZREM', KEYS[2], visitor)
        call('ZREM', KEYS[7], visitor)
        call('HDEL', KEYS[3], visitor)
        waiting = waiting - 1
        exempt = exempt + 1
        answer = admitted(visitor, 'x', number, issued)
      else
        call('HSET', KEYS[3], visitor, number .. ':' .. issued .. ':' .. seconds)
        answer = 'W' .. number .. ':' .. issued
      end
    end
  end
  if not answer then
    if passes and not is_listed and waiting + exempt >= limit then
      answer = 'F'
    elseif passes then
      answer = admitted(visitor, 'x', next_number, seconds)
      next_number = next_number + 1
      exempt = exempt + 1
    elseif queueing == 'reject' then
      answer = 'R'
    elseif waiting >= limit then
      answer = 'F'
    else
      call('ZADD', queue, next_number, visitor)
      call('HSET', KEYS[3], visitor, next_number .. ':' .. seconds .. ':' .. seconds)
      answer = 'W' .. next_number .. ':' .. seconds
      next_number = next_number + 1
      waiting = waiting + 1
    end
  end
  result[#result + 1] = answer
end
if next_number > first_number then call('HSET', KEYS[1], 'next', next_number) end
return table.concat(result, '\n')
