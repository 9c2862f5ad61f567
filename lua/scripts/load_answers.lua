-- Loads a part of the answers to a day's orders from the ledger into a closed cell.
--
-- KEYS: rebuild answers
-- ARGV: nonce expires (key answer)*
-- RESULT: loaded
--
-- KEYS
--   rebuild  string  must hold the nonce
--   answers  hash    key -> the answer to the idempotency key; see reserve
-- ARGV
--   nonce    of the closing
--   expires  milliseconds since 1970 at which the day's keys no longer count
--   key      of an order
--   answer   as settle_orders writes it
-- RESULT (integer)
--   1, or 0 when somebody else has closed, opened or wiped the cell since

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return 1
