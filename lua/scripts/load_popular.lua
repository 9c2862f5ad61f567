-- Loads a part of a day's popularity from the ledger into a closed cell.
--
-- KEYS: rebuild popular
-- ARGV: nonce expires (pieces product)*
-- RESULT: loaded
--
-- KEYS
--   rebuild  string  must hold the nonce
--   popular  zset    product -> pieces reserved on a day; see reserve
-- ARGV
--   nonce    of the closing
--   expires  milliseconds since 1970 at which the day no longer counts
--   pieces   reserved on the day and not given back
--   product  the product's id
-- RESULT (integer)
--   1, or 0 when somebody else has closed, opened or wiped the cell since

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[2], unpack(ARGV, 3))
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return 1
