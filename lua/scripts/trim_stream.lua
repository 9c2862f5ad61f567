-- Drops facts that lie far enough under the ledger's cursor, remembers how far, and measures the stream.
--
-- KEYS: stream trimmed
-- ARGV: below oldest excess
-- RESULT: state
--
-- KEYS
--   stream   stream  the cell's facts
--   trimmed  string  entries below this id are gone; forever. A ledger whose cursor is older cannot catch up
-- ARGV
--   below   the lowest id to keep; not above the ledger's cursor
--   oldest  the id of the oldest entry when the caller measured
--   excess  how many of the oldest entries go as well, unless somebody else has trimmed since; the caller
--           knows that an entry under the ledger's cursor lies behind them
-- RESULT (array)
--   1 or 0: the oldest entry was the one given
--   entries removed
--   entries left
--   the id of the oldest entry, empty without any
--   the last id that the stream gave
--   bytes that the stream takes, about

local call = redis.call

-- True when stream id a is below b.
local function below(a, b)
  local am, as = string.match(a, '^(%d+)-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)-(%d+)$')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am < bm or (am == bm and as < bs)
end

local function oldest()
  local entries = call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
  return entries[1] and entries[1][1] or ''
end

if call('EXISTS', KEYS[1]) == 0 then return { 0, 0, 0, '', '0-0', 0 } end
-- Before anything goes: how far must be known, or nobody can tell what is missing.
local known = call('GET', KEYS[2])
local is_same = oldest() == ARGV[2]
local excess = is_same and tonumber(ARGV[3]) or 0
local removed = 0
local gone
if excess > 0 then
  -- One is always left, to tell how far.
  removed = call('XTRIM', KEYS[1], 'MAXLEN', math.max(1, call('XLEN', KEYS[1]) - excess))
  if removed > 0 then gone = oldest() end
end
local aged = call('XTRIM', KEYS[1], 'MINID', ARGV[1])
if aged > 0 then gone = ARGV[1] end
removed = removed + aged

-- Only ever raised: a gap higher up stays known.
if gone and (not known or below(known, gone)) then call('SET', KEYS[2], gone) end

local last = '0-0'
local information = call('XINFO', 'STREAM', KEYS[1])
for i = 1, #information, 2 do
  if information[i] == 'last-generated-id' then last = information[i + 1] end
end
return {
  is_same and 1 or 0, removed, call('XLEN', KEYS[1]), oldest(), last,
  call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 5),
}
