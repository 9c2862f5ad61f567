-- Brings a campaign's terms from the ledger into its cell. Idempotent: an older version changes nothing.
--
-- KEYS: campaign
-- ARGV: version id quantity limit opens closes rate_limit rate_window rate_burst rate_scope channel
-- RESULT: applied
--
-- KEYS
--   campaign  hash  the terms and the count of issued coupons; forever, rebuilt from the ledger
-- ARGV
--   version      the ledger's version of the row
--   id           the campaign's id, as facts carry it
--   quantity     coupons in all; never lowered by the ledger
--   limit        coupons a user may hold
--   opens        milliseconds since 1970
--   closes       milliseconds since 1970: when it closes, or its coupons have expired, whichever is first
--   rate_limit   requests a window, or empty for no policy
--   rate_window  milliseconds
--   rate_burst   requests at once
--   rate_scope   "user" or "campaign"
--   channel      where nodes that remember the campaign listen
-- RESULT (integer)
--   1 when this version was new, 0 when it was known

local version = tonumber(ARGV[1])
local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if known >= version then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'id', ARGV[2], 'quantity', ARGV[3], 'limit', ARGV[4],
  'opens', ARGV[5], 'closes', ARGV[6])
redis.call('HSETNX', KEYS[1], 'issued', '0')
if ARGV[7] == '' then
  redis.call('HDEL', KEYS[1], 'rate_limit', 'rate_window', 'rate_burst', 'rate_scope')
else
  redis.call('HSET', KEYS[1], 'rate_limit', ARGV[7], 'rate_window', ARGV[8], 'rate_burst', ARGV[9],
    'rate_scope', ARGV[10])
end
redis.call('PUBLISH', ARGV[11], 'campaign ' .. ARGV[2])
return 1
