-- Drops contents of a closed cell before they are loaded from the ledger.
--
-- KEYS: rebuild complete (contents)*
-- ARGV: nonce
-- RESULT: cleared
--
-- KEYS
--   rebuild   string  must hold the nonce
--   complete  string  deleted: an interrupted rebuild is seen
--   contents  any     deleted; the memory is freed in the background
-- ARGV
--   nonce  of the closing
-- RESULT (integer)
--   1, or 0 when somebody else has closed, opened or wiped the cell since

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 1
