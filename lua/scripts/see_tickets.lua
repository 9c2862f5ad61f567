-- Notes that the holders of tickets were seen, and tells what has become of each.
--
-- KEYS: room waiting seen active exempt sessions ended prequeue
-- ARGV: lease (visitor number order issued)*
-- RESULT: unknown | statuses
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
--   visitor     16 bytes
--   number      of the ticket
--   order       the number, or what the draw made of it; 0 while the caller does not know that
--   issued      seconds since 1970 when the ticket was given
-- RESULT (one bulk string)
--   "U"  no such room under this lease
--   and else a line a ticket:
--   W          waits
--   W<rank>    waits although its order was called already, being put back; 1 is the next, 0 for one that is
--              put back once its order is known
--   A<end>     admitted, until the end in milliseconds; the session begins when this is first said
--   E          lapsed, left, revoked or used up

local call = redis.call
local room = call('HMGET', KEYS[1], 'lease', 'session', 'served', 'restored', 'next', 'beat', 'grace',
  'opens', 'shuffle', 'drawn', 'grace_from')
if room[1] ~= ARGV[1] then return 'U' end
-- A key of a wrong type is found before anything is written.
for _, place in ipairs({ 2, 4, 5, 7, 8 }) do call('ZCARD', KEYS[place]) end
for _, place in ipairs({ 3, 6 }) do call('HLEN', KEYS[place]) end

local clock = call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000 + math.floor(clock[2] / 1000)
local session, served = tonumber(room[2]), tonumber(room[3])
local restored = tonumber(room[4])
local in_prequeue = room[9] == '1' and not room[10] and tonumber(room[8]) > 0

local beat, grace, grace_from = tonumber(room[6]), tonumber(room[7]), tonumber(room[11])
if seconds > beat then
  call('HSET', KEYS[1], 'beat', seconds)
  -- Nobody could be seen while no node was: they get their grace anew.
  if (seconds - beat) * 2000 > grace then
    grace_from = seconds
    call('HSET', KEYS[1], 'grace_from', seconds)
  end
end
-- Who waits polls within the grace, and so comes back within it: later, what is not here is over, for good.
-- Before a draw nobody has to poll.
if restored > 0 and not in_prequeue and (seconds - grace_from) * 1000 > grace then
  restored = 0
  call('HSET', KEYS[1], 'restored', '0')
end

local visitors = {}
for i = 2, #ARGV, 4 do visitors[#visitors + 1] = ARGV[i] end
local sessions = call('HMGET', KEYS[6], unpack(visitors))
local places = call('HMGET', KEYS[3], unpack(visitors))
local seen, statuses = {}, {}

for i = 1, #visitors do
  local visitor, at = visitors[i], 4 * i - 2
  local number, order, issued = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  local status = 'E'
  if sessions[i] then
    local held, given, ends, kind = string.match(sessions[i], '^(%d+):(%d+):(%d+):(%a)$')
    if held == number and tonumber(ends) > now then
      if kind == 'n' then
        ends = now + session
        call('HSET', KEYS[6], visitor, held .. ':' .. given .. ':' .. ends .. ':a')
        call('ZADD', KEYS[4], ends, visitor)
      end
      status = 'A' .. ends
    end
  else
    local held = places[i] and string.match(places[i], '^%d+')
    -- Lost by Redis, not lapsed and not left: it gets its place back.
    if not held and tonumber(issued) <= restored and not call('ZSCORE', KEYS[7], number) then
      if in_prequeue or order > 0 then
        if in_prequeue then
          call('ZADD', KEYS[8], number, visitor)
        else
          call('ZADD', KEYS[2], order, visitor)
        end
        if tonumber(number) >= tonumber(room[5]) then
          room[5] = tonumber(number) + 1
          call('HSET', KEYS[1], 'next', room[5])
        end
        held = number
      else
        status = 'W0'
      end
    end
    if held == number then
      seen[#seen + 1] = visitor
      seen[#seen + 1] = number .. ':' .. issued .. ':' .. seconds
      status = 'W'
      -- While a draw is being carried out the ranks are those of the numbers moved so far.
      if order > 0 and order <= served and not in_prequeue then
        local rank = call('ZRANK', KEYS[2], visitor)
        if rank then status = 'W' .. (rank + 1) end
      end
    end
  end
  statuses[i] = status
end
if #seen > 0 then call('HSET', KEYS[3], unpack(seen)) end
return table.concat(statuses, '\n')
