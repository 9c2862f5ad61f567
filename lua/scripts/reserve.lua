-- Decides a batch of orders of one cell, in order, each with all of its lines or with none, and
-- writes what it accepted to the stream.
--
-- KEYS: lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 answers_0 answers_1 answers_2 (sale (stock bought)* (rate)*)*
-- ARGV: lease stream_limit is_distinct groups (scope market life skus rates baskets (fingerprint terms lines (sku quantity)*)* orders (key)* (user)* (basket)*)*
-- RESULT: closed | full | decisions
--
-- KEYS
--   lease      string  "epoch:run_id:form" under which the cell is open; forever
--   stream     stream  the cell's facts; trimmed under the ledger's cursor
--   reserved   hash    key -> "name user fingerprint terms deadline currency sku:quantity:price[+][,…]" while
--                      reserved, with "+" where the pieces count under bought: what an order holds, and the
--                      first answer to its idempotency key; forever, rebuilt from the ledger
--   popular_0  zset    product -> pieces reserved on the days since 1970 whose number leaves 0 when
--                      divided by 5; until 4 days after the day began
--   popular_1  zset    the same for 1
--   popular_2  zset    the same for 2
--   popular_3  zset    the same for 3
--   popular_4  zset    the same for 4
--   answers_0  hash    key -> the same without "+", of orders that have nothing reserved any more: the first
--                      answers to the idempotency keys of the days since 1970 whose number leaves 0 when
--                      divided by 3; until the day after is over, so for 24 to 48 h
--   answers_1  hash    the same for 1
--   answers_2  hash    the same for 2
--   sale       hash    opens, closes, ready, version, rate_*; not read for the scope "open"; forever,
--                      rebuilt from the ledger
--   stock      hash    sku, product, received, taken, reserved, sold, price, currency, limit (-1
--                      while it is not sold), version; forever, rebuilt from the ledger.
--                      available = received - taken - reserved - sold
--   bought     hash    user -> pieces reserved or bought, kept while there is a limit; forever, rebuilt
--                      from the ledger
--   rate       string  arrival time of a rate policy; one window
-- ARGV
--   lease         what the caller believes; another value in Redis means that the cell is closed to it
--   stream_limit  entries that the stream may hold before orders are shed
--   is_distinct   1 when no two orders of the batch have one key
--   groups        scopes in this batch
--   scope         a sale's id, or "open"
--   market        of the scope, for the fact
--   life          milliseconds that a reservation lasts
--   skus          pairs of stock and bought keys of the scope
--   rates         rate keys of the scope: none, one for all orders, or one for each
--   baskets       what orders of the scope ask for; those who ask for the same share one
--   fingerprint   of the request that the idempotency key comes with
--   terms         a word that is only kept, for the answer to a replay and for the ledger
--   lines         lines of the basket
--   sku           the number of the line's pair of keys, from 1
--   quantity      pieces, at least 1
--   orders        orders of the scope
--   key           the idempotency key of each order: the last 21 characters of the id that it gets
--   user          whose order each is
--   basket        the number of the basket of each, from 1; none of them where the scope has one basket
-- RESULT (one bulk string)
--   "X"  the cell is closed to the caller
--   "B"  the stream is full
--   "<now_ms> <last stream id, or -> <granted>", and then for each scope, where all of its orders were
--   charged to one rate key, A<requests left>|<milliseconds to the full burst>, and a line an order, in
--   which <line> counts the order's lines from 1:
--   G<currency> <price>[,<price>…]       granted now, at these prices a piece, line by line
--   =                                    granted now, at the prices of the order granted before it
--   =<n>                                 the same for n orders
--   R<order> <terms> <deadline_ms> <currency> <sku>:<quantity>:<price>[+][,…]
--                                        this idempotency key was granted before: the same answer
--   M                                    this idempotency key belongs to another request
--   U                                    no such sale in this cell
--   N<opens_ms>                          not open yet
--   C                                    closed
--   P                                    open, but its stock is still on its way
--   K<line>[,<line>…]                    these lines' SKUs are not sold here
--   D                                    the prices are in different currencies
--   Q<line>:<limit>:<has>                the user would have more than the limit
--   S<line>:<available>[,<line>:<available>…]  there is too little of these
--   L<retry_after_ms>                    over the sale's rate policy
--   and behind a line, where each order has a rate key: |<requests left>|<milliseconds to the full burst>
--
-- The fact is "stock.reserved", one a scope: "<scope> <market> <now_ms> <deadline_ms> <baskets>", then four
-- words a basket, "<currency> <sku>:<quantity>:<price>[,…] <fingerprint> <terms>", and then an order's key
-- and user. They asked for the first basket, or for the one whose number, from 1, stands before them last.
--
-- An order's id is a UUIDv7: the instant at which it was granted, "-7", and its key. So an order is found by its
-- key and by its id in one hash, and neither is said twice. Its name in a record is the first 13 characters of the
-- id, which a batch has in common, or the whole id where that does not end in the key.
--
-- Everything is read and decided before anything is written, so that a key of a wrong type changes nothing. Two
-- lines of one SKU are safe: each takes from what the other left. What every order writes goes into hashes, by one call for the batch; what orders of a basket have in
-- common is made once. Numbers are given to Redis as texts, and times as instants: it formats a number anew,
-- and replaces a command with a span by one with an instant. They are written as whole numbers, which takes a
-- part of the time that fractions take, and what is the number one mostly is not read as one. Orders come in
-- columns: a column is given to Redis as it is. Tables are made with the fields that they will have: they grow
-- by being made anew.
--
-- In a crowd the orders of a batch mostly ask for one basket, and all of them can have it. Whether they can is
-- decided for all of them at once where that is the same: a single basket that has no limit per user, keys
-- that are new, one rate key or none. If any of them could not, they are gone through one by one.
--
-- Rate policy: GCRA, as in ATM Forum TM 4.0 section 4.4.2 (virtual scheduling), on Redis time.

local call, tonumber, format, concat = redis.call, tonumber, string.format, table.concat
local KEYS, ARGV = KEYS, ARGV
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
if call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'B' end

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = format('%d', now)
-- As a UUIDv7 begins.
local name = format('%08x-%04x', math.floor(now / 65536), now % 65536)
local day_milliseconds = 86400000
local day = math.floor(now / day_milliseconds)
local popular_buckets, popular_days, answer_buckets = 5, 4, 3
local popular_key = KEYS[4 + day % popular_buckets]
local answers_key = KEYS[9 + day % answer_buckets]
local older_answers_key = KEYS[9 + (day - 1) % answer_buckets]
local is_first_popular = call('ZCARD', popular_key) == 0
-- A key that is named twice counts twice: one call tells of both.
local buckets_there = call('EXISTS', answers_key, older_answers_key, older_answers_key)
local has_answers, has_older_answers = buckets_there % 2 == 1, buckets_there >= 2
local is_distinct = ARGV[3] == '1'

-- By the names of their keys, so that it does not matter where in the batch one comes again.
local accounts, arrivals, charged = {}, {}, {}
local given, reservations, facts = {}, {}, {}
local result, results = { '' }, 1
local granted_last
local granted_in_all = 0
local replayed = false

local function number_of(text) return text == '1' and 1 or tonumber(text) end

-- Small numbers as text: a call takes a text faster than a number.
local texts = { '1' }
local function text_of(number)
  local text = texts[number]
  if not text then
    text = format('%d', number)
    texts[number] = text
  end
  return text
end

-- The account behind a pair of keys.
local function account_of(stock_key, bought_key)
  local account = accounts[stock_key]
  if account then return account end
  local stock = call('HMGET', stock_key, 'sku', 'received', 'taken', 'reserved', 'sold', 'price',
    'currency', 'limit', 'product')
  local limit = tonumber(stock[8])
  -- What is not sold now is as unknown as what never was.
  if stock[1] and limit >= 0 then
    local reserved = tonumber(stock[4])
    local available = stock[2] - stock[3] - reserved - stock[5]
    account = { key = stock_key, bought_key = bought_key, sku = stock[1], reserved = reserved,
      available = available, before = available, price = stock[6], currency = stock[7], limit = limit,
      is_limited = limit > 0, product = stock[9], buyers = false, held = false, changed = false }
    if limit > 0 then account.buyers, account.held, account.changed = {}, {}, {} end
  else
    account = { key = stock_key }
  end
  accounts[stock_key] = account
  return account
end

-- Why nobody can have the basket, whoever asks; false when one may.
local function refusal_of(basket)
  local unknown, mixed
  for n = 1, #basket do
    local account = basket[n]
    if not account.sku then
      unknown = (unknown and unknown .. ',' or 'K') .. n
    elseif account.currency ~= basket[1].currency then
      mixed = 'D'
    end
  end
  return unknown or mixed or false
end

-- Puts the words together that all orders of a basket share.
local function describe(basket, deadline)
  local currency = basket[1].currency
  local lines, kept, prices
  for n = 1, #basket do
    local account = basket[n]
    local line = account.sku .. ':' .. text_of(basket.quantities[n]) .. ':' .. account.price
    local keeps = account.is_limited and line .. '+' or line
    lines = lines and lines .. ',' .. line or line
    kept = kept and kept .. ',' .. keeps or keeps
    prices = prices and prices .. ',' .. account.price or account.price
  end
  local request = basket.fingerprint .. ' ' .. basket.terms
  basket.granted = 'G' .. currency .. ' ' .. prices
  basket.fact = currency .. ' ' .. lines .. ' ' .. request
  basket.kept = ' ' .. request .. ' ' .. deadline .. ' ' .. currency .. ' ' .. kept
end

-- Takes a basket from its accounts. Returns nil, or why not, and then nothing is taken.
local function take(basket, user)
  -- Take all first, so that a SKU named twice is counted twice; give back if it was too much.
  local quantities = basket.quantities
  local too_many, short
  for n, account in ipairs(basket) do
    local quantity = quantities[n]
    account.available = account.available - quantity
    if account.available < 0 then
      short = (short and short .. ',' or 'S') .. n .. ':' .. account.available + quantity
    end
    if account.is_limited then
      local has = account.held[user]
      account.held[user] = has + quantity
      if has + quantity > account.limit and not too_many then
        too_many = 'Q' .. n .. ':' .. account.limit .. ':' .. has
      end
    end
  end
  local refusal = too_many or short
  for n, account in ipairs(basket) do
    if refusal then
      account.available = account.available + quantities[n]
      if account.is_limited then account.held[user] = account.held[user] - quantities[n] end
    elseif account.is_limited then
      account.changed[#account.changed + 1] = user
    end
  end
  return refusal
end

-- Takes a basket without limits as many times as there are orders. Returns whether there is so much of it;
-- where there is not, nothing is taken.
local function take_all(basket, orders)
  local quantities, is_enough = basket.quantities, true
  for n = 1, #basket do
    local account = basket[n]
    account.available = account.available - quantities[n] * orders
    if account.available < 0 then is_enough = false end
  end
  for n = 1, is_enough and 0 or #basket do
    basket[n].available = basket[n].available + quantities[n] * orders
  end
  return is_enough
end

-- Whether none of the orders' keys has an answer in one of the tables, of which some may be missing.
local function are_new(orders, reserved, answered, older)
  for _, found in pairs({ reserved, answered or nil, older or nil }) do
    for i = 1, orders do
      if found[i] then return false end
    end
  end
  return true
end

-- The answer to a request whose key has a record.
local function replay(record, key, user, fingerprint)
  local its_name, its_user, its_fingerprint, answer = string.match(record, '^(%S+) (%S+) (%S+) (.+)$')
  if its_fingerprint ~= fingerprint or its_user ~= user then return 'M' end
  replayed = true
  if #its_name == #name then its_name = its_name .. '-7' .. key end
  return 'R' .. its_name .. ' ' .. answer
end

-- The time at which the next request to a rate key would be on time.
local function arrival_of(name)
  local arrival = arrivals[name] or tonumber(call('GET', name) or '0')
  return arrival < now and now or arrival
end

-- The same behind all of the orders; nil where one of them would not conform.
local function arrival_behind(orders, arrival, interval, burst)
  local now, tolerance = now, interval * burst
  for _ = 1, orders do
    if arrival + interval - tolerance > now then return nil end
    arrival = arrival + interval
  end
  return arrival
end

-- How many requests would conform now, and the milliseconds until the full burst is there again.
local function allowance(arrival, interval, burst)
  local lead = arrival - now
  return format('%d|%d', math.max(0, math.floor(burst - lead / interval + 0.000001)), math.ceil(lead))
end

local key, argument = 11, 5
for group = 1, number_of(ARGV[4]) do
  local scope, market, life = ARGV[argument], ARGV[argument + 1], tonumber(ARGV[argument + 2])
  local skus, rates = number_of(ARGV[argument + 3]), number_of(ARGV[argument + 4])
  local deadline = format('%d', now + life)
  local first_rate = key + 2 + 2 * skus

  local refusal, interval, burst
  if scope ~= 'open' then
    local sale = call('HMGET', KEYS[key + 1], 'opens', 'closes', 'ready', 'rate_limit', 'rate_window',
      'rate_burst')
    if not sale[1] then
      refusal = 'U'
    elseif now < tonumber(sale[1]) then
      refusal = 'N' .. sale[1]
    elseif now >= tonumber(sale[2]) then
      refusal = 'C'
    elseif sale[3] ~= '1' then
      refusal = 'P'
    end
    if sale[4] and rates > 0 then
      interval, burst = sale[5] / sale[4], tonumber(sale[6])
    end
  end

  local stocks = {}
  for i = 1, skus do stocks[i] = account_of(KEYS[key + 2 * i], KEYS[key + 2 * i + 1]) end

  -- A basket is the list of its accounts. It is found by its number as the text that orders say.
  local baskets, has_limits, basket = {}, false, nil
  local count = number_of(ARGV[argument + 5])
  argument = argument + 6
  for number = 1, count do
    basket = { fingerprint = ARGV[argument], terms = ARGV[argument + 1], quantities = {}, refusal = false,
      is_limited = false, only = false, quantity = 0, number = false, fact = false, granted = false,
      kept = false }
    local lines = number_of(ARGV[argument + 2])
    for n = 1, lines do
      local account = stocks[number_of(ARGV[argument + 1 + 2 * n])]
      local quantity = number_of(ARGV[argument + 2 + 2 * n])
      if not (quantity >= 1) then return redis.error_reply('ERR a quantity is not positive') end
      basket[n], basket.quantities[n] = account, quantity
      if account.is_limited then basket.is_limited = true end
    end
    basket.refusal = refusal or refusal_of(basket)
    if basket.is_limited then has_limits = true end
    -- Most baskets of a sale are of one line.
    if lines == 1 then
      basket.only, basket.quantity = basket[1], basket.quantities[1]
    end
    baskets[text_of(number)] = basket
    argument = argument + 3 + 2 * lines
  end

  -- The columns of the orders: the place before the first of each.
  local orders = tonumber(ARGV[argument])
  local keys, users = argument, argument + orders
  local numbers = count > 1 and argument + 2 * orders
  argument = (numbers or users) + orders + 1

  local reserved = call('HMGET', KEYS[3], unpack(ARGV, keys + 1, users))
  local answered = has_answers and call('HMGET', answers_key, unpack(ARGV, keys + 1, users))
  local older = has_older_answers and
    call('HMGET', older_answers_key, unpack(ARGV, keys + 1, users))

  if has_limits then
    for i = 1, orders do
      if numbers then basket = baskets[ARGV[numbers + i]] end
      local user = ARGV[users + i]
      for n = 1, basket.is_limited and #basket or 0 do
        local account = basket[n]
        if account.is_limited and not account.held[user] then
          account.held[user] = 0
          account.buyers[#account.buyers + 1] = user
        end
      end
    end
    for i = 1, skus do
      local account = stocks[i]
      if account.buyers and #account.buyers > 0 then
        local found = call('HMGET', account.bought_key, unpack(account.buyers))
        for place, user in ipairs(account.buyers) do
          account.held[user] = tonumber(found[place]) or 0
        end
        account.buyers = {}
      end
    end
  end

  local rate_key, arrival = KEYS[first_rate], nil
  local allowance_place
  if interval and rates == 1 then
    arrival = arrival_of(rate_key)
    results = results + 1
    allowance_place = results
  end

  local fact, words, granted_baskets, fact_basket = {}, 0, {}, '1'
  local are_all_granted = is_distinct and not numbers and rates < 2 and not basket.refusal and
    not basket.is_limited and are_new(orders, reserved, answered, older)
  if are_all_granted then
    local behind = interval and arrival_behind(orders, arrival, interval, burst)
    are_all_granted = (behind or not interval) and take_all(basket, orders)
    if are_all_granted and interval then
      arrival = behind
      charged[rate_key] = true
    end
  end

  if are_all_granted then
    if not basket.fact then describe(basket, deadline) end
    granted_baskets[1] = basket.fact
    local place, record_head, kept = 2 * granted_in_all, name .. ' ', basket.kept
    for i = 1, orders do
      local order_key, user = ARGV[keys + i], ARGV[users + i]
      reservations[place + 1], fact[words + 1] = order_key, order_key
      place, words = place + 2, words + 2
      reservations[place], fact[words] = record_head .. user .. kept, user
    end
    granted_in_all = granted_in_all + orders
    local repeats = orders
    if basket.granted ~= granted_last then
      granted_last, repeats = basket.granted, orders - 1
      results = results + 1
      result[results] = granted_last
    end
    if repeats > 0 then
      results = results + 1
      result[results] = repeats == 1 and '=' or '=' .. text_of(repeats)
    end
  end

  for i = 1, are_all_granted and 0 or orders do
    local order_key, user = ARGV[keys + i], ARGV[users + i]
    if numbers then basket = baskets[ARGV[numbers + i]] end
    local answer
    if interval then
      if rates > 1 then
        rate_key = KEYS[first_rate + i - 1]
        arrival = arrival_of(rate_key)
      end
      local earliest = arrival + interval - interval * burst
      if earliest > now then
        answer = format('L%d', math.ceil(earliest - now))
      else
        arrival = arrival + interval
        charged[rate_key] = true
      end
      if rates > 1 then arrivals[rate_key] = arrival end
    end
    if not answer then
      local record = reserved[i] or given[order_key] or answered and answered[i] or older and older[i]
      if record then answer = replay(record, order_key, user, basket.fingerprint) end
    end
    answer = answer or basket.refusal

    if not answer then
      local only = basket.only
      if only then
        local quantity = basket.quantity
        local left, has = only.available - quantity, basket.is_limited and only.held[user]
        if has and has + quantity > only.limit then
          answer = 'Q1:' .. only.limit .. ':' .. has
        elseif left < 0 then
          answer = 'S1:' .. only.available
        else
          only.available = left
          if has then
            only.held[user] = has + quantity
            only.changed[#only.changed + 1] = user
          end
        end
      else
        answer = take(basket, user)
      end
    end

    if not answer then
      if not basket.number then
        if not basket.fact then describe(basket, deadline) end
        granted_baskets[#granted_baskets + 1] = basket.fact
        basket.number = text_of(#granted_baskets)
      end
      if basket.number ~= fact_basket then
        fact_basket, words = basket.number, words + 1
        fact[words] = fact_basket
      end
      fact[words + 1], fact[words + 2] = order_key, user
      words = words + 2
      local record = name .. ' ' .. user .. basket.kept
      if not is_distinct then given[order_key] = record end
      local place = 2 * granted_in_all
      reservations[place + 1], reservations[place + 2] = order_key, record
      granted_in_all = granted_in_all + 1
      answer = basket.granted == granted_last and '=' or basket.granted
      granted_last = basket.granted
    end
    if interval and rates > 1 then
      answer = answer .. '|' .. allowance(arrival, interval, burst)
    end
    results = results + 1
    result[results] = answer
  end

  if allowance_place then
    arrivals[rate_key] = arrival
    result[allowance_place] = 'A' .. allowance(arrival, interval, burst)
  end
  if words > 0 then
    fact[0] = scope .. ' ' .. market .. ' ' .. now_text .. ' ' .. deadline .. ' ' ..
      text_of(#granted_baskets) .. ' ' .. concat(granted_baskets, ' ')
    facts[#facts + 1] = 'stock.reserved'
    facts[#facts + 1] = concat(fact, ' ', 0, words)
  end
  key = first_rate + rates - 1
end

if granted_in_all > 0 then call('HSET', KEYS[3], unpack(reservations)) end
for name in pairs(charged) do
  local arrival = arrivals[name]
  call('SET', name, format('%.3f', arrival), 'PXAT', format('%d', math.ceil(arrival) + 1))
end

local last = '-'
if granted_in_all > 0 then
  for _, account in pairs(accounts) do
    local pieces = account.sku and account.before - account.available or 0
    if pieces > 0 then
      call('HSET', account.key, 'reserved', text_of(account.reserved + pieces))
      call('ZINCRBY', popular_key, text_of(pieces), account.product)
    end
    if account.changed and #account.changed > 0 then
      local held = {}
      for place, user in ipairs(account.changed) do
        held[2 * place - 1], held[2 * place] = user, text_of(account.held[user])
      end
      call('HSET', account.bought_key, unpack(held))
    end
  end
  if is_first_popular then
    call('PEXPIREAT', popular_key, (day + popular_days) * day_milliseconds)
  end
  last = call('XADD', KEYS[2], '*', unpack(facts))
elseif replayed then
  -- Who waits for the ledger must know how far the fact behind an order can reach at most.
  local newest = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
  if newest[1] then last = newest[1][1] end
end
result[1] = now_text .. ' ' .. last .. ' ' .. text_of(granted_in_all)
return concat(result, '\n')
