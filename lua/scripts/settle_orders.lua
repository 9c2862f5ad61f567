-- Gives back what orders have reserved, or makes it sold, once each. Idempotent: an order that has
-- nothing reserved, or no longer, changes nothing.
--
-- KEYS: lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 (stock bought)*
-- ARGV: lease channel accounts (account)* (action order)*
-- RESULT: closed | settled
--
-- KEYS
--   lease      string  "epoch:run_id" under which the cell is open; forever
--   stream     stream  gets an entry when something was settled: a Redis that lost it is behind the
--                      ledger's cursor
--   reserved   hash    order -> "day scope user currency sku:quantity:price[+][,…]"; an order leaves it here
--   popular_0  zset    product -> pieces reserved on a day; see reserve
--   popular_1  zset    the same
--   popular_2  zset    the same
--   popular_3  zset    the same
--   popular_4  zset    the same
--   stock      hash    the counts of an account; see reserve
--   bought     hash    user -> pieces reserved or bought; see reserve
-- ARGV
--   lease     what the caller believes; another value in Redis means that the cell is closed to it
--   channel   where nodes that remember what is sold out listen; told "stock <scope>" after a release
--   accounts  pairs of stock and bought keys
--   account   "<scope>:<sku>" of each pair
--   action    "release" or "commit"
--   order     the order's id
-- RESULT (string)
--   "X"  the cell is closed to the caller: a rebuild may be loading what would be settled
-- RESULT (array)
--   1 the order was settled, 0 it had nothing reserved, -1 a key of its stock was not given and nothing
--   was done; for each order; and then the stream's entry, empty when nothing was settled

local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
local clock = call('TIME')
local day_milliseconds, buckets, bucket_days = 86400000, 5, 4
local today = math.floor((clock[1] * 1000 + math.floor(clock[2] / 1000)) / day_milliseconds)

local count = tonumber(ARGV[3])
local places = {}
for i = 1, count do places[ARGV[3 + i]] = 7 + 2 * i end

local results, released, settled = {}, {}, 0
for argument = 4 + count, #ARGV, 2 do
  local action, order = ARGV[argument], ARGV[argument + 1]
  local record = call('HGET', KEYS[3], order)
  local result = 0
  if record then
    local day, scope, user, lines = string.match(record, '^(%d+) (%S+) (%S+) %S+ (%S+)$')
    local parts = {}
    result = 1
    for sku, quantity, mark in string.gmatch(lines, '([^:,]+):(%d+):%d+(%+?)') do
      local place = places[scope .. ':' .. sku]
      if not place then result = -1 end
      parts[#parts + 1] = { place, tonumber(quantity), mark == '+' }
    end
    if result == 1 then
      for _, part in ipairs(parts) do
        local stock_key, bought_key, quantity = KEYS[part[1]], KEYS[part[1] + 1], part[2]
        call('HINCRBY', stock_key, 'reserved', -quantity)
        if action == 'commit' then
          call('HINCRBY', stock_key, 'sold', quantity)
        else
          if part[3] and call('HINCRBY', bought_key, user, -quantity) <= 0 then
            call('HDEL', bought_key, user)
          end
          local popular_key = KEYS[4 + day % buckets]
          local product = call('HGET', stock_key, 'product')
          if today - day < bucket_days and call('ZSCORE', popular_key, product) and
              tonumber(call('ZINCRBY', popular_key, -quantity, product)) <= 0 then
            call('ZREM', popular_key, product)
          end
        end
      end
      call('HDEL', KEYS[3], order)
      if action == 'release' then released[scope] = true end
      settled = settled + 1
    end
  end
  results[#results + 1] = result
end

local entry = ''
if settled > 0 then entry = call('XADD', KEYS[2], '*', 'orders.settled', settled) end
for scope in pairs(released) do call('PUBLISH', ARGV[2], 'stock ' .. scope) end
results[#results + 1] = entry
return results
