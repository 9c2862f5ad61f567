-- Loads idempotency records from the ledger into a closed cell.
--
-- KEYS: rebuild (record)*
-- ARGV: nonce (value milliseconds)*
-- RESULT: loaded
--
-- KEYS
--   rebuild  string  must hold the nonce
--   record   string  an idempotency record; for the rest of its 24 h
-- ARGV
--   nonce         of the closing
--   value         as the claim script writes it
--   milliseconds  the rest of the record's life
-- RESULT (integer)
--   1, or 0 when somebody else has closed, opened or wiped the cell since

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i - 2], 'PX', ARGV[2 * i - 1])
end
return 1
