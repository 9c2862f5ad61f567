-- Decides a batch of orders of one cell, in order, each with all of its lines or with none, and
-- writes what it accepted to the stream.
--
-- KEYS: lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 (sale (stock bought)* (record)* (rate)*)*
-- ARGV: lease stream_limit groups (scope market life skus rates orders (order user fingerprint lines (sku quantity)*)*)*
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
--   sale       hash    opens, closes, ready, version, rate_*; not read for the scope "open"; forever,
--                      rebuilt from the ledger
--   stock      hash    sku, product, received, taken, reserved, sold, price, currency, limit, version;
--                      forever, rebuilt from the ledger. available = received - taken - reserved - sold
--   bought     hash    user -> pieces reserved or bought, kept while there is a limit; forever, rebuilt
--                      from the ledger
--   record     string  the idempotency record of each order: "fingerprint order deadline currency
--                      sku:quantity:price[,…]"; 24 h
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
--   fingerprint   of the request that the idempotency key came with
--   lines         lines of the order
--   sku           the number of the line's pair of keys, from 1
--   quantity      pieces, at least 1
-- RESULT (one bulk string)
--   "X"  the cell is closed to the caller
--   "B"  the stream is full
--   "<now_ms> <last stream id, or -> <granted>" and then a line an order; <line> counts its lines from 1:
--   G<currency> <price>[,<price>…]       granted now, at these prices a piece, line by line
--   R<order> <deadline_ms> <currency> <sku>:<quantity>:<price>[,…]
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
--   and behind a line, where a rate policy was charged: |<requests left>|<milliseconds to the full burst>
--
-- The fact is "stock.reserved", one a group: "<scope> <market> <now_ms> <deadline_ms>" and then a line
-- an order: "<order> <user> <currency> <sku>:<quantity>:<price>[,…] <digest> <fingerprint>".
--
-- Everything is read and decided before anything is written, so that a key of a wrong type changes
-- nothing. Two lines of one SKU are safe: each takes from what the other left.
--
-- Rate policy: GCRA, as in ATM Forum TM 4.0 section 4.4.2 (virtual scheduling), on Redis time.

local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
if call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'B' end

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = string.format('%.0f', now)
local day_milliseconds, buckets, bucket_days = 86400000, 5, 4
local day = math.floor(now / day_milliseconds)
local popular_key = KEYS[4 + day % buckets]
call('HLEN', KEYS[3])
call('ZCARD', popular_key)
local idempotency_milliseconds = 86400000

local accounts, arrivals, charged, records = {}, {}, {}, {}
local reservations, new_records, facts = {}, {}, {}
local result = { '' }
local granted_in_all = 0
local replayed = false

-- The account behind a pair of keys; one for each, whichever group it comes in.
local function account_of(stock_key, bought_key)
  local account = accounts[stock_key]
  if account then return account end
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
    -- Quantity -> text of a line, which most orders of a sale share.
    account.lines, account.kept = {}, {}
  end
  accounts[stock_key] = account
  return account
end

-- The text of a line, and the same with its mark if its pieces count under bought.
local function line_of(account, quantity)
  local line = account.lines[quantity]
  if not line then
    line = account.sku .. ':' .. quantity .. ':' .. account.price
    account.lines[quantity] = line
    account.kept[quantity] = account.limit > 0 and line .. '+' or line
  end
  return line, account.kept[quantity]
end

-- Returns the milliseconds until a request would conform, 0 when this one does, and behind it how
-- many more would and the milliseconds until the full burst is there again.
local function charge(key, limit, window, burst)
  local interval = window / limit
  local arrival = arrivals[key] or tonumber(call('GET', key) or '0')
  if arrival < now then arrival = now end
  arrivals[key] = arrival
  local earliest = arrival + interval - interval * burst
  if earliest > now then return math.ceil(earliest - now), 0, math.ceil(arrival - now) end
  arrival = arrival + interval
  arrivals[key] = arrival
  charged[key] = true
  local rest = math.ceil(arrival - now)
  return 0, math.floor(burst - (arrival - now) / interval + 0.000001), rest
end

local key, argument = 8, 4
for group = 1, tonumber(ARGV[3]) do
  local scope, market, life = ARGV[argument], ARGV[argument + 1], tonumber(ARGV[argument + 2])
  local skus, rates = tonumber(ARGV[argument + 3]), tonumber(ARGV[argument + 4])
  local orders = tonumber(ARGV[argument + 5])
  argument = argument + 6
  local sale_key = KEYS[key + 1]
  local first_record = key + 2 + 2 * skus
  local first_rate = first_record + orders

  local refusal, rate_limit, rate_window, rate_burst
  if scope ~= 'open' then
    local sale = call('HMGET', sale_key, 'opens', 'closes', 'ready', 'rate_limit', 'rate_window',
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
    rate_limit, rate_window = tonumber(sale[4]), tonumber(sale[5])
    rate_burst = tonumber(sale[6])
  end

  local stocks = {}
  for i = 1, skus do stocks[i] = account_of(KEYS[key + 2 * i], KEYS[key + 2 * i + 1]) end

  -- Where each order begins among the arguments, and who asks for what has a limit.
  local starts = {}
  for i = 1, orders do
    starts[i] = argument
    local lines = tonumber(ARGV[argument + 3])
    local user = ARGV[argument + 1]
    for at = argument + 4, argument + 2 + 2 * lines, 2 do
      local account = stocks[tonumber(ARGV[at])]
      if account.sku and account.limit > 0 and account.held[user] == nil then
        account.buyers[#account.buyers + 1] = user
      end
    end
    argument = argument + 4 + 2 * lines
  end
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
  local known = call('MGET', unpack(KEYS, first_record, first_record + orders - 1))

  local deadline = string.format('%.0f', now + life)
  local reservation_start = day .. ' ' .. scope .. ' '
  local fact = {}
  for i = 1, orders do
    local at = starts[i]
    local user, fingerprint, lines = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
    local last_line = at + 2 + 2 * lines
    local answer
    local rate = ''
    if rates > 0 and rate_limit then
      local retry, left, rest = charge(KEYS[first_rate + (rates == 1 and 0 or i - 1)], rate_limit,
        rate_window, rate_burst)
      if retry > 0 then answer = 'L' .. retry end
      rate = '|' .. left .. '|' .. rest
    end
    local record_key = KEYS[first_record + i - 1]
    if not answer then
      local record = known[i] or records[record_key]
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
      local currency = stocks[tonumber(ARGV[at + 4])].currency
      for place = at + 4, last_line, 2 do
        local account = stocks[tonumber(ARGV[place])]
        if not account.sku then
          local line = (place - at - 2) / 2
          unknown = unknown and unknown .. ',' .. line or 'K' .. line
        elseif account.currency ~= currency then
          mixed = 'D'
        end
      end
      answer = unknown or mixed
    end

    if not answer then
      -- Take all first, so that a SKU named twice is counted twice; give back if it was too much.
      local too_many, short
      for place = at + 4, last_line, 2 do
        local account, quantity = stocks[tonumber(ARGV[place])], tonumber(ARGV[place + 1])
        if not (quantity >= 1) then return redis.error_reply('ERR a quantity is not positive') end
        account.available = account.available - quantity
        if account.available < 0 then
          local shortage = (place - at - 2) / 2 .. ':' .. account.available + quantity
          short = short and short .. ',' .. shortage or 'S' .. shortage
        end
        if account.limit > 0 then
          local has = account.held[user]
          account.held[user] = has + quantity
          if has + quantity > account.limit and not too_many then
            too_many = 'Q' .. (place - at - 2) / 2 .. ':' .. account.limit .. ':' .. has
          end
        end
      end
      answer = too_many or short
      if answer then
        for place = at + 4, last_line, 2 do
          local account, quantity = stocks[tonumber(ARGV[place])], tonumber(ARGV[place + 1])
          account.available = account.available + quantity
          if account.limit > 0 then account.held[user] = account.held[user] - quantity end
        end
      end
    end

    if not answer then
      local first = stocks[tonumber(ARGV[at + 4])]
      local order = ARGV[at]
      local goods, kept
      if lines == 1 then
        goods, kept = line_of(first, ARGV[at + 5])
        answer = first.granted
        if first.limit > 0 then first.changed[#first.changed + 1] = user end
      else
        local texts, kept_texts, prices = {}, {}, {}
        for place = at + 4, last_line, 2 do
          local account = stocks[tonumber(ARGV[place])]
          texts[#texts + 1], kept_texts[#texts + 1] = line_of(account, ARGV[place + 1])
          prices[#prices + 1] = account.price
          if account.limit > 0 then account.changed[#account.changed + 1] = user end
        end
        goods, kept = table.concat(texts, ','), table.concat(kept_texts, ',')
        answer = 'G' .. first.currency .. ' ' .. table.concat(prices, ',')
      end
      fact[#fact + 1] = order .. ' ' .. user .. ' ' .. first.currency .. ' ' .. goods .. ' ' ..
        string.match(record_key, '[^:]+$') .. ' ' .. fingerprint
      records[record_key] = fingerprint .. ' ' .. order .. ' ' .. deadline .. ' ' ..
        first.currency .. ' ' .. goods
      new_records[#new_records + 1] = record_key
      reservations[#reservations + 1] = order
      reservations[#reservations + 1] = reservation_start .. user .. ' ' .. first.currency .. ' ' ..
        kept
      granted_in_all = granted_in_all + 1
    end
    result[#result + 1] = answer .. rate
  end

  if #fact > 0 then
    facts[#facts + 1] = 'stock.reserved'
    facts[#facts + 1] = scope .. ' ' .. market .. ' ' .. now_text .. ' ' .. deadline .. '\n' ..
      table.concat(fact, '\n')
  end
  key = first_rate + rates - 1
end

for name in pairs(charged) do
  local arrival = arrivals[name]
  call('SET', name, string.format('%.3f', arrival), 'PX', math.ceil(arrival - now) + 1)
end

local last = '-'
if #facts > 0 then
  for _, account in pairs(accounts) do
    local pieces = account.sku and account.before - account.available or 0
    if pieces > 0 then
      call('HSET', account.key, 'reserved', account.reserved + pieces)
      call('ZINCRBY', popular_key, pieces, account.product)
    end
    if #account.changed > 0 then
      local held = {}
      for place, user in ipairs(account.changed) do
        held[2 * place - 1], held[2 * place] = user, account.held[user]
      end
      call('HSET', account.bought_key, unpack(held))
    end
  end
  call('PEXPIREAT', popular_key, (day + bucket_days) * day_milliseconds)
  call('HSET', KEYS[3], unpack(reservations))
  for _, name in ipairs(new_records) do
    call('SET', name, records[name], 'PX', idempotency_milliseconds)
  end
  last = call('XADD', KEYS[2], '*', unpack(facts))
elseif replayed then
  -- Who waits for the ledger must know how far the fact behind an order can reach at most.
  local newest = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
  if newest[1] then last = newest[1][1] end
end
result[1] = now_text .. ' ' .. last .. ' ' .. granted_in_all
return table.concat(result, '\n')
