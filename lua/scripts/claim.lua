-- Decides a batch of coupon claims of one cell, in order, and writes what it accepted to the stream.
--
-- KEYS: lease stream (campaign holders)* (extra)*
-- ARGV: lease stream_limit groups (count detailed (user | user idempotency_key fingerprint rate_key eligible)*)*
-- RESULT: closed | full | decisions
--
-- KEYS
--   lease      string  "epoch:run_id:form" under which the cell is open; forever
--   stream     stream  the cell's facts; trimmed under the ledger's cursor
--   campaign   hash    quantity, issued, limit, opens, closes, version, rate_*; forever, rebuilt from the ledger
--   holders    hash    user -> "sequence:issued_ms[,sequence:issued_ms]..."; "!" behind one that was taken
--                      back; forever, rebuilt from the ledger
--   extra      string  idempotency records (24 h) and rate-limit arrival times (one window); named by number
--                      in the operations, 0 for none, 1 for the first key behind the campaigns
-- ARGV
--   lease         what the caller believes; another value in Redis means that the cell is closed to it
--   stream_limit  entries that the stream may hold before claims are shed
--   groups        campaigns in this batch; each has two keys, in this order
--   count         operations of the campaign
--   detailed      1 when each operation has five arguments, 0 when it is the user alone
--   eligible      0 when the user may not get a coupon, but may hold one
-- RESULT (one bulk string)
--   "X"  the cell is closed to the caller
--   "B"  the stream is full
--   "<now_ms> <last stream id, or -> <granted>" and then a line an operation:
--   G<sequence>           granted now
--   G                     granted now, with the sequence behind that of the G before
--   H<sequence>:<ms>      the user is at the limit: the latest coupon that was not taken back
--   R<sequence>:<ms>      this idempotency key was granted before: the same coupon
--   T                     taken back: the coupon of this idempotency key, or all that a user at the limit held
--   M                     this idempotency key belongs to another request
--   E                     the user is not eligible
--   S<version>            sold out, as of this version of the campaign
--   N<opens_ms>           not open yet
--   C                     closed
--   L<retry_after_ms>     over the campaign's rate policy
--   U                     no such campaign in this cell
--   and behind a line, where a rate policy was charged: |<requests left>|<milliseconds to the full burst>
--
-- Rate policy: GCRA, as in ATM Forum TM 4.0 section 4.4.2 (virtual scheduling), on Redis time.

local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
if call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'B' end

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = string.format('%.0f', now)
local groups = tonumber(ARGV[3])
local first_extra = 2 + 2 * groups
local idempotency_milliseconds = 86400000
-- As a text, which Redis need not format, and as an instant, for which it need not make another command.
local end_of_records = string.format('%.0f', now + idempotency_milliseconds)

-- Records and arrival times, by the names of their keys: read by one call for the batch, and an arrival
-- time is written by one call however many requests it was charged with.
local records, charged = {}, {}
if #KEYS > first_extra then
  local names = { unpack(KEYS, first_extra + 1) }
  local found, present = call('MGET', unpack(names)), 0
  for i, name in ipairs(names) do
    records[name] = found[i]
    if found[i] then present = present + 1 end
  end
  -- MGET passes over a key of a wrong type; GET says so.
  if call('EXISTS', unpack(names)) ~= present then
    for _, name in ipairs(names) do call('GET', name) end
  end
end

-- Returns the milliseconds until a request would conform, 0 when this one does, and behind it how
-- many more would and the milliseconds until the full burst is there again.
local function charge(key, interval, burst)
  local arrival = charged[key] or tonumber(records[key] or '0')
  if arrival < now then arrival = now end
  local earliest = arrival + interval - interval * burst
  if earliest > now then return math.ceil(earliest - now), 0, math.ceil(arrival - now) end
  arrival = arrival + interval
  charged[key] = arrival
  return 0, math.floor(burst - (arrival - now) / interval + 0.000001), math.ceil(arrival - now)
end

-- The latest of a user's coupons that was not taken back, if there is one.
local function not_taken_back(coupons)
  local latest
  for coupon in string.gmatch(coupons, '[^,]+') do
    if string.sub(coupon, -1) ~= '!' then latest = coupon end
  end
  return latest
end

-- The coupons of users of whom none holds one yet and none comes twice, as the holders' hash takes them: all
-- are granted, so that nothing is left to decide one by one. Nil where it is not so.
local function all_granted(users, found, issued)
  -- A number is a text sooner by this than by itself.
  local coupon = '%d:' .. now_text
  local new_holders, seen = {}, {}
  for i = 1, #users do
    local user = users[i]
    if found[i] or seen[user] then return nil end
    seen[user] = true
    new_holders[2 * i - 1] = user
    new_holders[2 * i] = string.format(coupon, issued + i)
  end
  return new_holders
end

-- A campaign is written before the next one is read: by then it is too late to find a key of a wrong type.
for i = 5, first_extra do call('HLEN', KEYS[i]) end

local result = { '' }
local facts = {}
local granted_in_all = 0
local held_seen = false
local argument = 4

for group = 1, groups do
  local campaign_key, holders_key = KEYS[1 + 2 * group], KEYS[2 + 2 * group]
  local count, detailed = tonumber(ARGV[argument]), ARGV[argument + 1] == '1'
  argument = argument + 2
  local step = detailed and 5 or 1
  local campaign = call('HMGET', campaign_key, 'quantity', 'issued', 'limit', 'opens', 'closes',
    'version', 'id', 'rate_limit', 'rate_window', 'rate_burst')
  local refusal
  if not campaign[1] then
    refusal = 'U'
  elseif now < tonumber(campaign[4]) then
    refusal = 'N' .. campaign[4]
  elseif now >= tonumber(campaign[5]) then
    refusal = 'C'
  end

  local users
  if detailed then
    users = {}
    for i = 1, count do users[i] = ARGV[argument + (i - 1) * 5] end
  else
    users = { unpack(ARGV, argument, argument + count - 1) }
  end
  local quantity, issued = tonumber(campaign[1]), tonumber(campaign[2])
  local limit = tonumber(campaign[3])
  local interval, burst
  if campaign[8] then
    interval, burst = tonumber(campaign[9]) / tonumber(campaign[8]), tonumber(campaign[10])
  end
  local found = {}
  if not refusal then found = call('HMGET', holders_key, unpack(users)) end

  local first_sequence = refusal and 0 or issued + 1
  local new_holders, fact, decided = {}, {}, 0
  if not refusal and not detailed and limit > 0 and quantity - issued >= count then
    local all = all_granted(users, found, issued)
    if all then
      new_holders, fact, decided = all, users, count
      issued = issued + count
      result[#result + 1] = 'G' .. first_sequence .. string.rep('\nG', count - 1)
    end
  end

  -- What users of this batch hold since, by their names.
  local held = {}
  for i = decided + 1, count do
    local user = users[i]
    local key_index, fingerprint, rate_index, eligible = 0, nil, 0, true
    if detailed then
      local at = argument + (i - 1) * 5
      key_index, fingerprint, rate_index = tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
      eligible = ARGV[at + 4] == '1'
    end
    local answer
    local rate = ''
    if rate_index > 0 and interval then
      local retry, left, rest = charge(KEYS[first_extra + rate_index], interval, burst)
      if retry > 0 then answer = 'L' .. retry end
      rate = '|' .. left .. '|' .. rest
    end
    if not answer and key_index > 0 then
      local record = records[KEYS[first_extra + key_index]]
      if record then
        local known, coupon = string.match(record, '^(%S+) (%S+)$')
        if known ~= fingerprint then
          answer = 'M'
        elseif string.sub(coupon, -1) == '!' then
          answer = 'T'
        else
          answer = 'R' .. coupon
          held_seen = true
        end
      end
    end
    if not answer then answer = refusal end
    if not answer then
      local coupons = held[user] or found[i] or nil
      local ordinal = 1
      if coupons then
        local _, commas = string.gsub(coupons, ',', ',')
        ordinal = commas + 2
      end
      if ordinal > limit then
        local latest = string.match(coupons, '[^,]+$')
        if string.sub(latest, -1) == '!' then latest = not_taken_back(coupons) end
        answer = latest and 'H' .. latest or 'T'
        held_seen = true
      elseif not eligible then
        answer = 'E'
      elseif issued >= quantity then
        answer = 'S' .. campaign[6]
      else
        issued = issued + 1
        local sequence = string.format('%d', issued)
        local coupon = sequence .. ':' .. now_text
        held[user] = coupons and (coupons .. ',' .. coupon) or coupon
        new_holders[#new_holders + 1] = user
        new_holders[#new_holders + 1] = held[user]
        local line = user
        if key_index > 0 then
          local key = KEYS[first_extra + key_index]
          records[key] = fingerprint .. ' ' .. coupon
          call('SET', key, records[key], 'PXAT', end_of_records)
          line = user .. ' ' .. ordinal .. ' ' .. string.match(key, '[^:]+$') .. ' ' .. fingerprint
        elseif ordinal > 1 then
          line = user .. ' ' .. ordinal
        end
        fact[#fact + 1] = line
        answer = 'G' .. sequence
      end
    end
    result[#result + 1] = answer .. rate
  end
  argument = argument + count * step

  if #fact > 0 then
    granted_in_all = granted_in_all + #fact
    call('HSET', campaign_key, 'issued', issued)
    call('HSET', holders_key, unpack(new_holders))
    facts[#facts + 1] = 'coupon.issued'
    facts[#facts + 1] = campaign[7] .. ' ' .. first_sequence .. ' ' .. now_text .. '\n' ..
      table.concat(fact, '\n')
  end
end

for key, arrival in pairs(charged) do
  call('SET', key, string.format('%.3f', arrival), 'PXAT', string.format('%.0f', math.ceil(arrival) + 1))
end

local last = '-'
if #facts > 0 then
  last = call('XADD', KEYS[2], '*', unpack(facts))
elseif held_seen then
  -- Who waits for the ledger must know how far the fact behind a held coupon can reach at most.
  local newest = call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
  if newest[1] then last = newest[1][1] end
end
result[1] = now_text .. ' ' .. last .. ' ' .. granted_in_all
return table.concat(result, '\n')
