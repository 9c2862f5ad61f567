-- Closes a cell, and marks the rebuild that is about to begin.
--
-- KEYS: lease rebuild
-- ARGV: nonce milliseconds
-- RESULT: closed
--
-- KEYS
--   lease    string  deleted: from here on every script refuses
--   rebuild  string  the nonce of the rebuild in progress; expires by itself
-- ARGV
--   nonce         names this rebuild; whatever wipes Redis meanwhile also wipes the nonce
--   milliseconds  life of the nonce
-- RESULT (integer)
--   1

redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
