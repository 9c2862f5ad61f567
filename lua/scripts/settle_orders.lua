-- Gives back what orders have reserved, or makes it sold, once each. Idempotent: an order that has
-- nothing reserved, or no longer, changes nothing.
--
-- KEYS: lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 answers_0 answers_1 answers_2 (stock bought)*
-- ARGV: lease channel accounts (account)* (action order scope)*
-- RESULT: closed | settled
--
-- KEYS
--   lease      string  "epoch:run_id:form" under which the cell is open; forever
--   stream     stream  gets an entry when something was settled: a Redis that lost it is behind the
--                      ledger's cursor
--   reserved   hash    key -> what an order reserves, and the answer to its key; see reserve; an order leaves it
--   popular_0  zset    product -> pieces reserved on a day; see reserve
--   popular_1  zset    the same
--   popular_2  zset    the same
--   popular_3  zset    the same
--   popular_4  zset    the same
--   answers_0  hash    key -> the same record without "+", for as long as the key counts; see reserve; an order
--                      comes into that of the day on which it was granted
--   answers_1  hash    the same
--   answers_2  hash    the same
--   stock      hash    the counts of an account; see reserve
--   bought     hash    user -> pieces reserved or bought; see reserve
-- ARGV
--   lease     what the caller believes; another value in Redis means that the cell is closed to it
--   channel   where nodes that remember what is sold out listen; told "stock <scope>" after a release
--   accounts  pairs of stock and bought keys
--   account   "<scope>:<sku>" of each pair
--   action    "release" or "commit"
--   order     the order's id
--   scope     of its stock
-- RESULT (string)
--   "X"  the cell is closed to the caller: a rebuild may be loading what would be settled
-- RESULT (array)
--   1 the order was settled, 0 it had nothing reserved, -1 a key of its stock was not given and nothing
--   was done; for each order; and then the stream's entry, empty when nothing was settled
--
-- What orders of an account change is added up first: an account is written by one call for all.

local call, format = redis.call, string.format
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
local clock = call('TIME')
local hour_milliseconds, day_milliseconds = 3600000, 86400000
local buckets, bucket_days, answer_buckets, answer_days = 5, 4, 3, 2
local today = math.floor((clock[1] * 1000 + math.floor(clock[2] / 1000)) / day_milliseconds)

local count = tonumber(ARGV[3])
local places = {}
for i = 1, count do places[ARGV[3 + i]] = 10 + 2 * i end

local first_order = 4 + count
-- The last 21 characters of an id are its key, the first 13 its time.
local orders, order_keys = {}, {}
for argument = first_order, #ARGV, 3 do
  local order = ARGV[argument + 1]
  orders[#orders + 1] = order
  order_keys[#orders] = string.sub(order, 16)
end
local records = #orders > 0 and call('HMGET', KEYS[3], unpack(order_keys)) or {}

-- By the place of the account's keys: pieces that are no longer reserved, that are sold, and that go back,
-- these by user and by the key of their day.
local accounts = {}
local function account_at(place)
  local account = accounts[place]
  if not account then
    account = { reserved = 0, sold = 0, users = {}, days = {} }
    accounts[place] = account
  end
  return account
end

-- What answers the keys of orders from now on, by the place of the bucket's key, and when the bucket goes.
local answers, ends = {}, {}
local function keep_answer(order_key, day, record)
  -- The clock of a replica that took over may be a little behind that by which the order was granted.
  local age = today - day
  if age < -1 or age >= answer_days then return end
  local place = 9 + day % answer_buckets
  local bucket = answers[place]
  if not bucket then
    bucket = {}
    answers[place], ends[place] = bucket, (day + answer_days) * day_milliseconds + hour_milliseconds
  end
  bucket[#bucket + 1] = order_key
  bucket[#bucket + 1] = record
end

local results, released, settled, done = {}, {}, {}, {}
for i, order in ipairs(orders) do
  local action, scope = ARGV[first_order + 3 * i - 3], ARGV[first_order + 3 * i - 1]
  local result = 0
  local name, user, request, lines = string.match(records[i] or '',
    '^(%S+) (%S+) (%S+ %S+ %d+ %S+) (%S+)$')
  -- What is kept under the key may be another order's: then this one has nothing reserved.
  if name == string.sub(order, 1, 13) and not done[order] then
    local day = math.floor(tonumber((string.gsub(name, '-', '')), 16) / day_milliseconds)
    -- The fingerprint is missing where the key of the order, which an earlier version made, is another one.
    local parts, has_answer = {}, string.sub(request, 1, 2) ~= '- '
    result = 1
    for sku, quantity, mark in string.gmatch(lines, '([^:,]+):(%d+):%d+(%+?)') do
      local place = places[scope .. ':' .. sku]
      if not place then result = -1 end
      parts[#parts + 1] = { place, tonumber(quantity), mark == '+' }
    end
    if result == 1 then
      for _, part in ipairs(parts) do
        local account, quantity = account_at(part[1]), part[2]
        account.reserved = account.reserved + quantity
        if action == 'commit' then
          account.sold = account.sold + quantity
        else
          if part[3] then account.users[user] = (account.users[user] or 0) + quantity end
          if today - day < bucket_days then
            local popular_key = KEYS[4 + day % buckets]
            account.days[popular_key] = (account.days[popular_key] or 0) + quantity
          end
        end
      end
      done[order] = true
      settled[#settled + 1] = order_keys[i]
      if has_answer then
        keep_answer(order_keys[i], day,
          name .. ' ' .. user .. ' ' .. request .. ' ' .. string.gsub(lines, '%+', ''))
      end
      if action == 'release' then released[scope] = true end
    end
  end
  results[i] = result
end

-- What is written is read first: pieces that were given back while their order stays, because of a key of a
-- wrong type, would be given back again.
call('XLEN', KEYS[2])
for place in pairs(answers) do call('HLEN', KEYS[place]) end
local is_first_answer = call('EXISTS', KEYS[9 + today % answer_buckets]) == 0
for place, account in pairs(accounts) do
  account.product = call('HGET', KEYS[place], 'product')
  if next(account.users) then call('HLEN', KEYS[place + 1]) end
  for popular_key in pairs(account.days) do call('ZCARD', popular_key) end
end

for place, account in pairs(accounts) do
  local stock_key, bought_key = KEYS[place], KEYS[place + 1]
  call('HINCRBY', stock_key, 'reserved', -account.reserved)
  if account.sold > 0 then call('HINCRBY', stock_key, 'sold', account.sold) end
  for user, quantity in pairs(account.users) do
    if call('HINCRBY', bought_key, user, -quantity) <= 0 then call('HDEL', bought_key, user) end
  end
  for popular_key, quantity in pairs(account.days) do
    if call('ZSCORE', popular_key, account.product) and
        tonumber(call('ZINCRBY', popular_key, -quantity, account.product)) <= 0 then
      call('ZREM', popular_key, account.product)
    end
  end
end

local entry = ''
if #settled > 0 then
  call('HDEL', KEYS[3], unpack(settled))
  for place, bucket in pairs(answers) do
    call('HSET', KEYS[place], unpack(bucket))
    call('PEXPIREAT', KEYS[place], format('%d', ends[place]))
  end
  -- The bucket that is over goes with the first answer of a day, in the background; the time at which it would go
  -- is for a cell where nothing is settled. One with more than a day to go is that of tomorrow, begun by a clock ahead.
  local over = KEYS[9 + (today + 1) % answer_buckets]
  if is_first_answer and answers[9 + today % answer_buckets] and call('PTTL', over) < day_milliseconds then
    call('UNLINK', over)
  end
  entry = call('XADD', KEYS[2], '*', 'orders.settled', #settled)
end
for scope in pairs(released) do call('PUBLISH', ARGV[2], 'stock ' .. scope) end
results[#results + 1] = entry
return results
