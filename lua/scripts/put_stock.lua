-- Brings an account of stock from the ledger into its cell. Idempotent: an older version changes nothing.
--
-- KEYS: lease stream stock
-- ARGV: lease version sku product received price currency limit scope channel
-- RESULT: closed | applied
--
-- KEYS
--   lease   string  "epoch:run_id:form" under which the cell is open; forever
--   stream  stream  gets an entry when the version was new: a Redis that lost it is behind the
--                   ledger's cursor
--   stock   hash    the account; what was taken, reserved and sold stays as it is; forever, rebuilt from
--                   the ledger
-- ARGV
--   lease     what the caller believes; another value in Redis means that the cell is closed to it
--   version   the ledger's version of the row
--   sku       the SKU's name
--   product   the id of its product
--   received  all pieces that ever came into the account; never lowered by the ledger
--   price     minor units for one piece
--   currency  of the price
--   limit     pieces that a user may have reserved or bought; 0 for no limit, -1 while it is not sold
--   scope     of the account: a sale's id, or "open"
--   channel   where nodes that remember what is sold out listen
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
redis.call('HSET', KEYS[3], 'version', ARGV[2], 'sku', ARGV[3], 'product', ARGV[4], 'received', ARGV[5],
  'price', ARGV[6], 'currency', ARGV[7], 'limit', ARGV[8])
for _, field in ipairs({ 'taken', 'reserved', 'sold' }) do
  redis.call('HSETNX', KEYS[3], field, '0')
end
local entry = redis.call('XADD', KEYS[2], '*', 'stock.put', ARGV[9] .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
redis.call('PUBLISH', ARGV[10], 'stock ' .. ARGV[9])
return { 1, entry }
