-- Begins a request that has an idempotency key, or says what became of the first one.
--
-- KEYS: record
-- ARGV: fingerprint owner lease
-- RESULT: state
--
-- KEYS
--   record  hash  fingerprint, owner, until, response; 24 h from its last change
-- ARGV
--   fingerprint  of the request
--   owner        names this attempt
--   lease        milliseconds that the attempt may take; then the next takes the record over
-- RESULT (array)
--   "new"                   go on, nobody was here before
--   "taken"                 go on, an earlier attempt did not finish in its time; it may have had its effect
--   "running" milliseconds  somebody is at it, for so long at most
--   "done" response         what was saved
--   "reused"                the key came with another request

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local record = redis.call('HMGET', KEYS[1], 'fingerprint', 'until', 'response')
if record[1] then
  if record[1] ~= ARGV[1] then return { 'reused' } end
  if record[3] then return { 'done', record[3] } end
  local left = tonumber(record[2]) - now
  if left > 0 then return { 'running', left } end
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2], 'until',
  string.format('%.0f', now + tonumber(ARGV[3])))
redis.call('PEXPIRE', KEYS[1], 86400000)
return { record[1] and 'taken' or 'new' }
