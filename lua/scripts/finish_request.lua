-- Saves the response to a request that has an idempotency key, or forgets the request.
--
-- KEYS: record
-- ARGV: fingerprint owner response
-- RESULT: saved
--
-- KEYS
--   record  hash  fingerprint, owner, until, response; 24 h from its last change
-- ARGV
--   fingerprint  of the request
--   owner        names the attempt
--   response     what a repeat is answered with; empty when nothing was done, so that a repeat begins anew
-- RESULT (integer)
--   1, or 0 when the record belongs to somebody else by now or is done

local record = redis.call('HMGET', KEYS[1], 'fingerprint', 'owner', 'response')
-- A record that is gone was lost with Redis' data; what was done is worth saving all the same.
if record[1] and (record[1] ~= ARGV[1] or record[2] ~= ARGV[2] or record[3]) then return 0 end
if ARGV[3] == '' then
  redis.call('DEL', KEYS[1])
  return 1
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2], 'response', ARGV[3])
redis.call('HDEL', KEYS[1], 'until')
redis.call('PEXPIRE', KEYS[1], 86400000)
return 1
