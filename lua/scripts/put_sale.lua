-- Brings a sale's terms from the ledger into its cell. Idempotent: an older version changes nothing.
--
-- KEYS: lease stream sale
-- ARGV: lease version id opens closes ready rate_limit rate_window rate_burst rate_scope channel
-- RESULT: closed | applied
--
-- KEYS
--   lease   string  "epoch:run_id:form" under which the cell is open; forever
--   stream  stream  gets an entry when the version was new: a Redis that lost it is behind the
--                   ledger's cursor
--   sale    hash    the terms; forever, rebuilt from the ledger
-- ARGV
--   lease        what the caller believes; another value in Redis means that the cell is closed to it
--   version      the ledger's version of the row
--   id           the sale's id
--   opens        milliseconds since 1970
--   closes       milliseconds since 1970
--   ready        "1" once all of its stock is there, else "0"
--   rate_limit   requests a window, or empty for no policy
--   rate_window  milliseconds
--   rate_burst   requests at once
--   rate_scope   "user" or "sale"
--   channel      where nodes that remember the sale listen
-- RESULT (string)
--   "X"  the cell is closed to the caller
-- RESULT (array)
--   1 when this version was new, 0 when it was known; the stream's entry, empty when there is none

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
local version = tonumber(ARGV[2])
local known = tonumber(redis.call('HGET', KEYS[3], 'version') or '0')
if known >= version then return { 0, '' } end
-- A stream of a wrong type is found before anything is written.
redis.call('XLEN', KEYS[2])
redis.call('HSET', KEYS[3], 'version', ARGV[2], 'id', ARGV[3], 'opens', ARGV[4], 'closes', ARGV[5],
  'ready', ARGV[6])
if ARGV[7] == '' then
  redis.call('HDEL', KEYS[3], 'rate_limit', 'rate_window', 'rate_burst', 'rate_scope')
else
  redis.call('HSET', KEYS[3], 'rate_limit', ARGV[7], 'rate_window', ARGV[8], 'rate_burst', ARGV[9],
    'rate_scope', ARGV[10])
end
local entry = redis.call('XADD', KEYS[2], '*', 'sale.put', ARGV[3] .. ' ' .. ARGV[2])
redis.call('PUBLISH', ARGV[11], 'sale ' .. ARGV[3])
return { 1, entry }
