-- Loads a part of a campaign or of its holders from the ledger into a closed cell.
--
-- KEYS: rebuild hash
-- ARGV: nonce (field value)*
-- RESULT: loaded
--
-- KEYS
--   rebuild  string  must hold the nonce
--   hash     hash    a campaign or its holders; forever, rebuilt from the ledger
-- ARGV
--   nonce  of the closing
--   field  a name or a user
--   value  as the claim script writes it
-- RESULT (integer)
--   1, or 0 when somebody else has closed, opened or wiped the cell since

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
return 1
