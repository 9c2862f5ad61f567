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

local removed = redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
if removed > 0 then redis.call('SET', KEYS[2], ARGV[1]) end
return removed
