-- Admits who is next, within places and rate by Redis' clock, and writes what nodes answer polls from.
--
-- KEYS: room waiting seen active exempt sessions ended state
-- ARGV: lease rate limit sweep
-- RESULT: unknown | admitted
--
-- KEYS
--   room      hash    terms and counters; forever
--   waiting   zset    visitor -> order; until admitted, lapsed or left
--   seen      hash    visitor -> "number:issued:seen", seconds; as long as waiting or in the pre-queue
--   active    zset    visitor -> end of the admission, milliseconds; until then
--   exempt    zset    the same for visitors that take no place
--   sessions  hash    visitor -> "number:issued:end:kind"; as long as active or exempt
--   ended     zset    number -> milliseconds when left, revoked or used up; until no admission can say otherwise
--   state     string  what nodes answer polls from; forever, written by each call
-- ARGV
--   lease       "generation:run_id" as the caller knows it
--   rate        admissions a second, of thousandths; the room's own rate bounds it
--   limit       visitors admitted by one call
--   sweep       tickets further back that are looked at for being lapsed
-- RESULT (one bulk string)
--   "U"  no such room under this lease
--   "<now_ms> <admitted> <lapsed> <expired> <waiting> <active> <exempt> <next> <served> <draw>", and behind a
--   line end the numbers admitted, in order; draw is 1 when the pre-queue is to be drawn
-- State: <version> <generation> <queueing> <opens> <open> <base> <drawn> <seed> <served> <next> <waiting>
--   <inside> <capacity> <rate> <pace>, rates in thousandths a second, "-" for what is not there, and two
--   more lines: the orders of the first tickets that wait; "<first block>" and how many wait in each block
--   of 256 orders from there on
--
-- Rate: never more admissions than the rate in any one second, by the instants of those before; and spread
-- evenly, by a credit that grows with time to a quarter of a second's worth.

local call = redis.call
local room = call('HMGET', KEYS[1], 'lease', 'version', 'queueing', 'opens', 'shuffle', 'drawn', 'seed',
  'base', 'served', 'next', 'capacity', 'rate', 'session', 'grace', 'credit', 'credited', 'recent', 'beat',
  'grace_from', 'pace', 'sweep', 'generation', 'restored', 'longest')
if room[1] ~= ARGV[1] then return 'U' end
-- A key of a wrong type is found before anything is written.
for _, place in ipairs({ 2, 4, 5, 7 }) do call('ZCARD', KEYS[place]) end
for _, place in ipairs({ 3, 6 }) do call('HLEN', KEYS[place]) end

local clock = call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000 + math.floor(clock[2] / 1000)
local queueing, opens = room[3], tonumber(room[4])
local served, next_number = tonumber(room[9]), room[10]
local capacity, session, grace = tonumber(room[11]), tonumber(room[13]), tonumber(room[14])
local rate = math.min(tonumber(room[12]), tonumber(ARGV[2]) / 1000)
local limit = tonumber(ARGV[3])
local state_blocks, state_front, block_size, step_limit = 1024, 256, 256, 1000

-- While no node is there that could see visitors, nobody lapses, and nobody is admitted unawares.
local beat, grace_from = tonumber(room[18]), tonumber(room[19])
local is_seen = (seconds - beat) * 2000 <= grace

-- Admissions that are over give their places back. While tickets that Redis has lost come back, those that
-- are used up are kept apart from them.
local has_lost = tonumber(room[23]) > 0
local may_return = has_lost and (seconds - grace_from) * 1000 <= grace
local function expire(key)
  local over = call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, step_limit)
  if #over == 0 then return 0 end
  if may_return then
    local used = {}
    for _, session in ipairs(call('HMGET', KEYS[6], unpack(over))) do
      local number = session and string.match(session, '^%d+')
      if number then
        used[#used + 1] = now
        used[#used + 1] = number
      end
    end
    if #used > 0 then call('ZADD', KEYS[7], unpack(used)) end
  end
  call('ZREM', key, unpack(over))
  call('HDEL', KEYS[6], unpack(over))
  return #over
end
local expired = expire(KEYS[4]) + expire(KEYS[5])
-- A room that was put by an older version has not noted its longest session.
local longest = tonumber(room[24] or session)
call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now - math.max(longest, grace) - 60000)

local is_open = now >= opens
local needs_draw = is_open and opens > 0 and room[5] == '1' and not room[7]

-- The time in which lost tickets come back does not come again with a later grace.
if has_lost and not may_return and is_seen and is_open and not needs_draw then
  call('HSET', KEYS[1], 'restored', '0')
end

-- What may be admitted now.
local elapsed = math.max(0, now - tonumber(room[16]))
local credit = math.min(math.max(1, rate / 4), tonumber(room[15]) + rate * elapsed / 1000)
local recent, recent_count = {}, 0
for at, count in string.gmatch(room[17], '(%d+):(%d+)') do
  if now - tonumber(at) < 1000 then
    recent[#recent + 1] = at .. ':' .. count
    recent_count = recent_count + tonumber(count)
  end
end
local allowed = 0
local is_free = queueing == 'passthrough'
if is_open and is_seen and not needs_draw and queueing ~= 'reject' then
  allowed = is_free and limit or math.max(0, math.min(limit, capacity - call('ZCARD', KEYS[4]),
    math.floor(credit + 0.000001), math.max(1, math.floor(rate + 0.000001)) - recent_count))
end

-- A ticket whose holder was not seen for the grace has lapsed.
local function has_lapsed(place)
  if not place then return true end
  local at = math.max(tonumber(string.match(place, '%d+$')), grace_from)
  return (seconds - at) * 1000 > grace
end

local admitted, numbers, lapsed, examined = 0, {}, 0, 0
local function drop(visitors)
  call('ZREM', KEYS[2], unpack(visitors))
  call('HDEL', KEYS[3], unpack(visitors))
end
while admitted < allowed and examined < limit + step_limit do
  local wanted = math.min(allowed - admitted, step_limit)
  local chosen
  if queueing == 'random' then
    chosen = call('ZRANDMEMBER', KEYS[2], wanted)
  else
    chosen = call('ZRANGE', KEYS[2], 0, wanted - 1)
  end
  if #chosen == 0 then break end
  examined = examined + #chosen
  local orders = call('ZMSCORE', KEYS[2], unpack(chosen))
  local places = call('HMGET', KEYS[3], unpack(chosen))
  local held, entries = {}, {}
  for i = 1, #chosen do
    local order = tonumber(orders[i])
    if queueing ~= 'random' and order > served then served = order end
    if has_lapsed(places[i]) then
      lapsed = lapsed + 1
    else
      local number, issued = string.match(places[i], '^(%d+):(%d+):')
      -- It waits for the grace to be seen by its visitor: then the session begins.
      local ends = now + (is_free and session or grace)
      held[#held + 1] = chosen[i]
      held[#held + 1] = number .. ':' .. issued .. ':' .. ends .. (is_free and ':x' or ':n')
      entries[#entries + 1] = ends
      entries[#entries + 1] = chosen[i]
      admitted = admitted + 1
      numbers[#numbers + 1] = number
    end
  end
  drop(chosen)
  if #held > 0 then
    call('HSET', KEYS[6], unpack(held))
    call('ZADD', is_free and KEYS[5] or KEYS[4], unpack(entries))
  end
end
if admitted > 0 and not is_free then
  credit = credit - admitted
  recent[#recent + 1] = now .. ':' .. admitted
end

-- Tickets further back that have lapsed go too, some by each call, so that those behind move up.
local sweep = tonumber(ARGV[4])
local cursor = room[21]
if sweep > 0 and is_seen and not needs_draw then
  local page = call('ZRANGEBYSCORE', KEYS[2], cursor, '+inf', 'WITHSCORES', 'LIMIT', 0, sweep)
  if #page > 0 then
    local visitors, gone = {}, {}
    for i = 1, #page, 2 do visitors[#visitors + 1] = page[i] end
    local places = call('HMGET', KEYS[3], unpack(visitors))
    for i = 1, #visitors do
      if has_lapsed(places[i]) then gone[#gone + 1] = visitors[i] end
    end
    if #gone > 0 then drop(gone) end
    lapsed = lapsed + #gone
  end
  cursor = #page == 2 * sweep and ('(' .. page[#page]) or '-inf'
end

local weight = 1 - math.exp(-elapsed / 10000)
local pace = tonumber(room[20])
if elapsed > 0 then pace = pace + weight * (admitted * 1000 / elapsed - pace) end
call('HSET', KEYS[1], 'served', served, 'credit', string.format('%.17g', credit), 'credited', now, 'recent',
  table.concat(recent, ','), 'pace', string.format('%.6f', pace), 'sweep', cursor)

-- What nodes answer polls from.
local waiting, active, exempt = call('ZCARD', KEYS[2]), call('ZCARD', KEYS[4]), call('ZCARD', KEYS[5])
local front, blocks = {}, {}
local first_block = math.floor((served + 1) / block_size)
if queueing ~= 'random' then
  local page = call('ZRANGE', KEYS[2], 0, state_front - 1, 'WITHSCORES')
  for i = 2, #page, 2 do front[#front + 1] = page[i] end
  -- Those that were put back with an order called already are counted in the first block.
  local low = '-inf'
  local block = first_block
  while #blocks < state_blocks and block * block_size < tonumber(next_number) do
    blocks[#blocks + 1] = call('ZCOUNT', KEYS[2], low, '(' .. (block + 1) * block_size)
    block = block + 1
    low = block * block_size
  end
end
call('SET', KEYS[8], table.concat({
  room[2], room[22], queueing, room[4], is_open and not needs_draw and 1 or 0, room[8], room[6] or '-',
  room[7] or '-', served, next_number, waiting, active, capacity, math.floor(rate * 1000 + 0.5),
  math.floor(pace * 1000 + 0.5),
}, ' ') .. '\n' .. table.concat(front, ' ') .. '\n' .. first_block .. ' ' .. table.concat(blocks, ' '))

return table.concat({
  now, admitted, lapsed, expired, waiting, active, exempt, next_number, served, needs_draw and 1 or 0,
}, ' ') .. '\n' .. table.concat(numbers, ' ')
