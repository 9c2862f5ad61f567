-- Brings a room's terms from the ledger, and makes good as well as it can what Redis has lost of the room.
--
-- KEYS: room waiting seen active exempt sessions ended prequeue
-- ARGV: version generation run_id capacity rate session grace opens shuffle queueing base next served inside drawn seed
-- RESULT: applied
--
-- KEYS
--   room      hash    terms and counters; forever, terms and floors of the counters come from the ledger
--   waiting   zset    visitor -> order; until admitted, lapsed or left
--   seen      hash    visitor -> "number:issued:seen", seconds; as long as waiting or in the pre-queue
--   active    zset    visitor -> end of the admission, milliseconds; until then
--   exempt    zset    the same for visitors that take no place
--   sessions  hash    visitor -> "number:issued:end:kind"; as long as active or exempt
--   ended     zset    number -> milliseconds when left, revoked or used up; until no admission can say otherwise
--   prequeue  zset    visitor -> number; until the draw
-- ARGV
--   version     the ledger's version of the row
--   generation  a newer one ends all tickets and admissions
--   run_id      of this Redis; another one than before may have lost a part
--   capacity    places
--   rate        admissions a second at most
--   session     milliseconds that an admission lasts once it was seen
--   grace       milliseconds that a ticket lives without a poll
--   opens       milliseconds since 1970, 0 for always
--   shuffle     1 when the order of those who come before is drawn
--   queueing    "fifo", "random", "passthrough" or "reject"
--   base        the number below the first of the generation
--   next        a number above all that were given, as the ledger knows
--   served      the highest order called, as the ledger knows
--   inside      visitors that were inside, as the ledger knows
--   drawn       numbers that took part in the draw, empty before it
--   seed        of the draw in hexadecimal digits, empty before it
-- RESULT (integer)
--   0 when all of this was known, 1 when the terms are new, 2 when Redis is another one

local call = redis.call
local known = call('HMGET', KEYS[1], 'version', 'generation', 'run_id', 'next', 'served', 'session',
  'longest')
local generation = tonumber(ARGV[2])
local is_other = known[3] ~= ARGV[3]
if not is_other and tonumber(known[1]) >= tonumber(ARGV[1]) then return 0 end

local clock = call('TIME')
local seconds = tonumber(clock[1])
local now = seconds * 1000 + math.floor(clock[2] / 1000)
local base = tonumber(ARGV[11])
local next_number = math.max(tonumber(known[4] or '1'), base + 1)
local served = math.max(tonumber(known[5] or '0'), base)
-- The longest session of the generation: admissions that were given for it may still be shown.
local longest = math.max(tonumber(known[7] or known[6] or '0'), tonumber(ARGV[6]))
local is_next = tonumber(known[2] or '0') < generation
-- Read before anything is written; what ends with its generation may be of any type.
local inside = is_next and 0 or call('ZCARD', KEYS[4])
if is_next then
  for i = 2, 8 do call('UNLINK', KEYS[i]) end
  call('HDEL', KEYS[1], 'drawn', 'seed')
  call('HSET', KEYS[1], 'restored', '0', 'credit', math.max(1, tonumber(ARGV[5]) / 4), 'credited', now, 'recent', '', 'beat', seconds,
    'grace_from', seconds, 'pace', '0', 'sweep', '-inf')
  served = base
  longest = tonumber(ARGV[6])
end
if is_other then
  next_number = math.max(next_number, tonumber(ARGV[12]))
  served = math.max(served, tonumber(ARGV[13]))
  -- Tickets given until now may be missing: who polls with one gets the place back.
  local has_given = tonumber(ARGV[12]) > base + 1
  call('HSET', KEYS[1], 'restored', has_given and seconds or 0, 'grace_from', seconds)
  -- Visitors that are inside without Redis knowing hold places that nobody can leave early.
  for i = 1, tonumber(ARGV[14]) - inside do
    call('ZADD', KEYS[4], now + tonumber(ARGV[6]), 'lost:' .. i)
  end
end
call('HSET', KEYS[1], 'version', ARGV[1], 'generation', ARGV[2], 'run_id', ARGV[3], 'lease',
  ARGV[2] .. ':' .. ARGV[3], 'capacity', ARGV[4],
  'rate', ARGV[5], 'session', ARGV[6], 'longest', longest, 'grace', ARGV[7], 'opens', ARGV[8],
  'shuffle', ARGV[9],
  'queueing', ARGV[10], 'base', ARGV[11], 'next', next_number, 'served', served)
if ARGV[15] ~= '' then
  call('HSET', KEYS[1], 'drawn', ARGV[15])
  -- A pre-queue that is still there is being moved.
  if call('EXISTS', KEYS[8]) == 0 then call('HSET', KEYS[1], 'seed', ARGV[16]) end
end
return is_other and 2 or 1
