-- Drops facts that lie far enough under the ledger's cursor, and remembers how far.
--
-- KEYS: stream trimmed
-- ARGV: below
-- RESULT: removed
--
-- KEYS
--   stream   stream  the cell's facts
--   trimmed  string  entries below this id are gone; forever. A ledger whose cursor is older cannot catch up
-- ARGV
--   below  the lowest id to keep
-- RESULT (integer)
--   entries removed

-- True when stream id a is below b.
local function below(a, b)
  local am, as = string.match(a, '^(%d+)-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)-(%d+)$')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am < bm or (am == bm and as < bs)
end

local removed = redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
local known = redis.call('GET', KEYS[2])
-- Only ever raised: a gap higher up stays known.
if removed > 0 and (not known or below(known, ARGV[1])) then redis.call('SET', KEYS[2], ARGV[1]) end
return removed
