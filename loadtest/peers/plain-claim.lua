-- A first-come claim as one script call, as users of webdis, nginx or plain Redis would write it.
--
-- KEYS  1 coupons left (string), 2 holders (hash: user -> sequence), 3 facts (stream)
-- ARGV  1 user
-- Result: {1, sequence} issued, {2, sequence} held already, {0, 0} sold out
local held = redis.call('HGET', KEYS[2], ARGV[1])
if held then
  return {2, tonumber(held)}
end
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
if left <= 0 then
  return {0, 0}
end
redis.call('DECR', KEYS[1])
local sequence = redis.call('HLEN', KEYS[2]) + 1
redis.call('HSET', KEYS[2], ARGV[1], sequence)
redis.call('XADD', KEYS[3], '*', 'user', ARGV[1], 'sequence', sequence)
return {1, sequence}
