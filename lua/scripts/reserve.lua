-- Decides a batch of orders of one cell, in order, each with all of its lines or with none, and
-- writes what it accepted to the stream.
--
-- KEYS: lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 answers_0 answers_1 answers_2 (sale (stock bought)* (rate)*)*
-- ARGV: lease stream_limit groups (scope market life skus rates orders (order user digest fingerprint terms lines (sku quantity)*)*)*
-- RESULT: closed | full | decisions
--
-- KEYS
--   lease      string  "epoch:run_id" under which the cell is open; forever
--   stream     stream  the cell's facts; trimmed under the ledger's cursor
--   reserved   hash    order -> "day scope user currency sku:quantity:price[+][,…]" while reserved, with
--                      "+" where the pieces count under bought; forever, rebuilt from the ledger
--   popular_0  zset    product -> pieces reserved on the days since 1970 whose number leaves 0 when
--                      divided by 5; until 4 days after the day began
--   popular_1  zset    the same for 1
--   popular_2  zset    the same for 2
--   popular_3  zset    the same for 3
--   popular_4  zset    the same for 4
--   answers_0  hash    digest -> "fingerprint order terms deadline currency sku:quantity:price[,…]", the
--                      first answers to the idempotency keys of the days since 1970 whose number leaves 0 when
--                      divided by 3; until the day after is over, so for 24 to 48 h
--   answers_1  hash    the same for 1
--   answers_2  hash    the same for 2
--   sale       hash    opens, closes, ready, version, rate_*; not read for the scope "open"; forever,
--                      rebuilt from the ledger
--   stock      hash    sku, product, received, taken, reserved, sold, price, currency, limit, version;
--                      forever, rebuilt from the ledger. available = received - taken - reserved - sold
--   bought     hash    user -> pieces reserved or bought, kept while there is a limit; forever, rebuilt
--                      from the ledger
--   rate       string  arrival time of a rate policy; one window
-- ARGV
--   lease         what the caller believes; another value in Redis means that the cell is closed to it
--   stream_limit  entries that the stream may hold before orders are shed
--   groups        scopes in this batch
--   scope         a sale's id, or "open"
--   market        of the scope, for the fact
--   life          milliseconds that a reservation lasts
--   skus          pairs of stock and bought keys of the scope
--   rates         rate keys of the scope: none, one for all orders, or one for each
--   orders        orders of the scope
--   order         the order's id
--   user          whose order it is
--   digest        of the idempotency key
--   fingerprint   of the request that the key came with
--   terms         a word that is only kept, for the answer to a replay and for the ledger
--   lines         lines of the order
--   sku           the number of the line's pair of keys, from 1
--   quantity      pieces, at least 1
-- RESULT (one bulk string)
--   "X"  the cell is closed to the caller
--   "B"  the stream is full
--   "<now_ms> <last stream id, or -> <granted>", and then for each scope, where all of its orders were
--   charged to one rate key, A<requests left>|<milliseconds to the full burst>, and a line an order, in
--   which <line> counts the order's lines from 1:
--   G<currency> <price>[,<price>…]       granted now, at these prices a piece, line by line
--   R<order> <terms> <deadline_ms> <currency> <sku>:<quantity>:<price>[,…]
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
-- The fact is "stock.reserved", one a scope: "<scope> <market> <now_ms> <deadline_ms>" and then seven words
-- an order: "<order> <user> <currency> <sku>:<quantity>:<price>[,…] <digest> <fingerprint> <terms>".
--
-- Everything is read and decided before anything is written, so that a key of a wrong type changes
-- nothing. Two lines of one SKU are safe: each takes from what the other left. What every order writes goes
-- into hashes, by one call for the batch.
--
-- Rate policy: GCRA, as in ATM Forum TM 4.0 section 4.4.2 (virtual scheduling), on Redis time.

local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
if call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'B' end

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = string.format('%.0f', now)
local hour_milliseconds, day_milliseconds = 3600000, 86400000
local day = math.floor(now / day_milliseconds)
local popular_buckets, popular_days, answer_buckets = 5, 4, 3
local popular_key = KEYS[4 + day % popular_buckets]
local answers_key = KEYS[9 + day % answer_buckets]
local older_answers_key = KEYS[9 + (day - 1) % answer_buckets]
call('HLEN', KEYS[3])
call('ZCARD', popular_key)
local has_older_answers = call('HLEN', older_answers_key) > 0

-- By the names of their keys, so that it does not matter where in the batch one comes again.
local accounts, arrivals, charged = {}, {}, {}
local given, answers, reservations, facts = {}, {}, {}, {}
local result = { '' }
local granted_in_all = 0
local replayed = false

-- Small numbers as text: a call takes a text faster than a number.
local texts = {}
local function text_of(number)
  local text = texts[number]
  if not text then
    text = string.format('%.0f', number)
    texts[number] = text
  end
  return text
end

-- The account behind a pair of keys.
local function account_of(stock_key, bought_key)
  local account = accounts[stock_key]
  if not account then
    local stock = call('HMGET', stock_key, 'sku', 'received', 'taken', 'reserved', 'sold', 'price',
      'currency', 'limit', 'product')
    account = { key = stock_key, bought_key = bought_key, buyers = {}, held = {}, changed = {} }
    if stock[1] then
      account.sku, account.reserved = stock[1], tonumber(stock[4])
      account.available = tonumber(stock[2]) - tonumber(stock[3]) - account.reserved -
        tonumber(stock[5])
      account.before = account.available
      account.price, account.currency = stock[6], stock[7]
      account.limit = tonumber(stock[8])
      account.product = stock[9]
      account.granted = 'G' .. stock[7] .. ' ' .. stock[6]
    end
    accounts[stock_key] = account
  end
  -- Quantity -> what an order of one line writes, which most orders of a sale share.
  account.single = {}
  return account
end

-- What an order of these lines is in a fact, and the ends of its reservation and of its answer.
local function goods_of(line_accounts, line_quantities, first, last, deadline)
  local lines, kept = {}, {}
  for n = first, last do
    local account = line_accounts[n]
    local line = account.sku .. ':' .. text_of(line_quantities[n]) .. ':' .. account.price
    lines[#lines + 1] = line
    kept[#kept + 1] = account.limit > 0 and line .. '+' or line
  end
  local currency = ' ' .. line_accounts[first].currency .. ' '
  local goods = table.concat(lines, ',')
  return { goods = goods, reservation = currency .. table.concat(kept, ','),
    answer = ' ' .. deadline .. currency .. goods }
end

-- Returns the milliseconds until a request would conform, or nil when this one does.
local function charge(key, interval, burst)
  local arrival = arrivals[key] or tonumber(call('GET', key) or '0')
  if arrival < now then arrival = now end
  arrivals[key] = arrival
  local earliest = arrival + interval - interval * burst
  if earliest > now then return math.ceil(earliest - now) end
  arrivals[key] = arrival + interval
  charged[key] = true
end

-- How many requests would conform now, and the milliseconds until the full burst is there again.
local function allowance(key, interval, burst)
  local lead = (arrivals[key] or now) - now
  return math.max(0, math.floor(burst - lead / interval + 0.000001)) .. '|' .. math.ceil(lead)
end

local key, argument = 11, 4
for group = 1, tonumber(ARGV[3]) do
  local scope, market, life = ARGV[argument], ARGV[argument + 1], tonumber(ARGV[argument + 2])
  local skus, rates = tonumber(ARGV[argument + 3]), tonumber(ARGV[argument + 4])
  local orders = tonumber(ARGV[argument + 5])
  argument = argument + 6
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
      interval, burst = tonumber(sale[5]) / tonumber(sale[4]), tonumber(sale[6])
    end
  end

  local stocks = {}
  for i = 1, skus do stocks[i] = account_of(KEYS[key + 2 * i], KEYS[key + 2 * i + 1]) end

  -- Where each order begins among the arguments, its lines, and who asks for what has a limit.
  local starts, first_lines, digests = {}, {}, {}
  local line_accounts, line_quantities, lines = {}, {}, 0
  for i = 1, orders do
    starts[i], first_lines[i], digests[i] = argument, lines + 1, ARGV[argument + 2]
    local user = ARGV[argument + 1]
    for at = argument + 6, argument + 4 + 2 * tonumber(ARGV[argument + 5]), 2 do
      local account, quantity = stocks[tonumber(ARGV[at])], tonumber(ARGV[at + 1])
      if not (quantity >= 1) then return redis.error_reply('ERR a quantity is not positive') end
      lines = lines + 1
      line_accounts[lines], line_quantities[lines] = account, quantity
      if account.sku and account.limit > 0 and account.held[user] == nil then
        account.buyers[#account.buyers + 1] = user
      end
    end
    argument = argument + 6 + 2 * (lines - first_lines[i] + 1)
  end
  starts[orders + 1], first_lines[orders + 1] = argument, lines + 1
  for i = 1, skus do
    local account = stocks[i]
    if #account.buyers > 0 then
      local found = call('HMGET', account.bought_key, unpack(account.buyers))
      for place, user in ipairs(account.buyers) do
        account.held[user] = tonumber(found[place]) or 0
      end
      account.buyers = {}
    end
  end
  local known = call('HMGET', answers_key, unpack(digests))
  local older = has_older_answers and call('HMGET', older_answers_key, unpack(digests)) or {}

  local deadline = string.format('%.0f', now + life)
  local reservation_start = day .. ' ' .. scope .. ' '
  local fact = { scope, market, now_text, deadline }
  local allowance_place
  if interval and rates == 1 then
    allowance_place = #result + 1
    result[allowance_place] = ''
  end

  for i = 1, orders do
    local at, first, last = starts[i], first_lines[i], first_lines[i + 1] - 1
    local user, digest, fingerprint = ARGV[at + 1], digests[i], ARGV[at + 3]
    local answer
    if interval then
      local retry = charge(KEYS[first_rate + (rates == 1 and 0 or i - 1)], interval, burst)
      if retry then answer = 'L' .. retry end
    end
    if not answer then
      local record = known[i] or given[digest] or older[i]
      if record then
        local its_fingerprint, first_answer = string.match(record, '^(%S+) (.+)$')
        if its_fingerprint == fingerprint then
          answer = 'R' .. first_answer
          replayed = true
        else
          answer = 'M'
        end
      end
    end
    answer = answer or refusal

    if not answer then
      local unknown, mixed
      local currency = line_accounts[first].currency
      for n = first, last do
        local account = line_accounts[n]
        if not account.sku then
          unknown = (unknown and unknown .. ',' or 'K') .. n - first + 1
        elseif account.currency ~= currency then
          mixed = 'D'
        end
      end
      answer = unknown or mixed
    end

    if not answer then
      -- Take all first, so that a SKU named twice is counted twice; give back if it was too much.
      local too_many, short
      for n = first, last do
        local account, quantity = line_accounts[n], line_quantities[n]
        account.available = account.available - quantity
        if account.available < 0 then
          short = (short and short .. ',' or 'S') .. n - first + 1 .. ':' ..
            account.available + quantity
        end
        if account.limit > 0 then
          local has = account.held[user]
          account.held[user] = has + quantity
          if has + quantity > account.limit and not too_many then
            too_many = 'Q' .. n - first + 1 .. ':' .. account.limit .. ':' .. has
          end
        end
      end
      answer = too_many or short
      if answer then
        for n = first, last do
          local account, quantity = line_accounts[n], line_quantities[n]
          account.available = account.available + quantity
          if account.limit > 0 then account.held[user] = account.held[user] - quantity end
        end
      end
    end

    if not answer then
      local account, order, terms = line_accounts[first], ARGV[at], ARGV[at + 4]
      local goods
      if first == last then
        goods = account.single[line_quantities[first]]
        if not goods then
          goods = goods_of(line_accounts, line_quantities, first, last, deadline)
          account.single[line_quantities[first]] = goods
        end
        answer = account.granted
        if account.limit > 0 then account.changed[#account.changed + 1] = user end
      else
        goods = goods_of(line_accounts, line_quantities, first, last, deadline)
        local prices = {}
        for n = first, last do
          local its = line_accounts[n]
          prices[#prices + 1] = its.price
          if its.limit > 0 then its.changed[#its.changed + 1] = user end
        end
        answer = 'G' .. account.currency .. ' ' .. table.concat(prices, ',')
      end
      local place = #fact
      fact[place + 1], fact[place + 2], fact[place + 3] = order, user, account.currency
      fact[place + 4], fact[place + 5], fact[place + 6] = goods.goods, digest, fingerprint
      fact[place + 7] = terms
      local record = fingerprint .. ' ' .. order .. ' ' .. terms .. goods.answer
      given[digest] = record
      place = 2 * granted_in_all
      answers[place + 1], answers[place + 2] = digest, record
      reservations[place + 1] = order
      reservations[place + 2] = reservation_start .. user .. goods.reservation
      granted_in_all = granted_in_all + 1
    end
    if interval and rates > 1 then
      answer = answer .. '|' .. allowance(KEYS[first_rate + i - 1], interval, burst)
    end
    result[#result + 1] = answer
  end

  if allowance_place then
    result[allowance_place] = 'A' .. allowance(KEYS[first_rate], interval, burst)
  end
  if #fact > 4 then
    facts[#facts + 1] = 'stock.reserved'
    facts[#facts + 1] = table.concat(fact, ' ')
  end
  key = first_rate + rates - 1
end

for name in pairs(charged) do
  local arrival = arrivals[name]
  call('SET', name, string.format('%.3f', arrival), 'PX', math.ceil(arrival - now) + 1)
end

local last = '-'
if granted_in_all > 0 then
  for _, account in pairs(accounts) do
    local pieces = account.sku and account.before - account.available or 0
    if pieces > 0 then
      call('HSET', account.key, 'reserved', account.reserved + pieces)
      call('ZINCRBY', popular_key, pieces, account.product)
    end
    if #account.changed > 0 then
      local held = {}
      for place, user in ipairs(account.changed) do
        held[2 * place - 1], held[2 * place] = user, text_of(account.held[user])
      end
      call('HSET', account.bought_key, unpack(held))
    end
  end
  call('PEXPIREAT', popular_key, (day + popular_days) * day_milliseconds)
  call('HSET', KEYS[3], unpack(reservations))
  call('HSET', answers_key, unpack(answers))
  -- The bucket that is over goes here, in the background; the time is for a cell that nobody asks.
  call('PEXPIREAT', answers_key, (day + 2) * day_milliseconds + hour_milliseconds)
  call('UNLINK', KEYS[9 + (day + 1) % answer_buckets])
  last = call('XADD', KEYS[2], '*', unpack(facts))
elseif replayed then
  -- Who waits for the ledger must know how far the fact behind an order can reach at most.
  local newest = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
  if newest[1] then last = newest[1][1] end
end
result[1] = now_text .. ' ' .. last .. ' ' .. granted_in_all
return table.concat(result, '\n')
