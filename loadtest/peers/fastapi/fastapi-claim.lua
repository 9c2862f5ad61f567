-- Decides one claim.
-- KEYS  1 coupons left (string), 2 holders (hash: user -> sequence)
-- ARGV  1 user
-- Result: {1, sequence} issued, {2, sequence} held already, {0, 0} sold out, {-1, 0} no such campaign
local left = redis.call('GET', KEYS[1])
if not left then
  return {-1, 0}
end
local held = redis.call('HGET', KEYS[2], ARGV[1])
if held then
  return {2, tonumber(held)}
end
if tonumber(left) <= 0 then
  return {0, 0}
end
redis.call('DECR', KEYS[1])
local sequence = redis.call('HLEN', KEYS[2]) + 1
redis.call('HSET', KEYS[2], ARGV[1], sequence)
return {1, sequence}
