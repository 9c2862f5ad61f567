-- Decides a batch of requests under rate policies, in order; each under all of its policies together.
--
-- KEYS: (arrival)*
-- ARGV: policies (limit interval part burst burst_part shadow)* requests (action cost items (arrival policy)*)*
-- RESULT: decisions
--
-- KEYS
--   arrival     string  "microseconds[ part]", the theoretical arrival of one key, the part in limitths of
--               a microsecond; lives until it has passed. A key of another type, or with another text,
--               counts as one that was never charged, and is replaced.
-- ARGV
--   policies    number of policies; the requests name them by number, from 1
--   limit       units in a window
--   interval    whole microseconds of a window's limitth, and part: limitths of a microsecond beside them
--   burst       the same of the full burst
--   shadow      1 for a policy that refuses nothing
--   requests    number of requests
--   action      C to charge, P to only look, R to give back
--   cost        units; never more than the burst of a policy
--   items       policies that the request comes under; each with the number of its key
-- RESULT (one bulk string)
--   "<now in microseconds>" and then a line a request: A for allowed or D for denied, and behind it for
--   each item + when the request conforms and - when it does not, and the lead that the key has after
--   the decision: whole microseconds and, behind a colon, limitths of one where there are any.
--   A request that is denied is charged to none of its policies.
--
-- GCRA, as in ATM Forum TM 4.0 section 4.4.2 (virtual scheduling), on Redis time. Every number is whole
-- and below 2^53, so nothing is rounded.

local call = redis.call
local floor = math.floor
local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]

local limits, intervals, parts, bursts, burst_parts, shadows = {}, {}, {}, {}, {}, {}
local argument = 2
for policy = 1, tonumber(ARGV[1]) do
  limits[policy] = tonumber(ARGV[argument])
  intervals[policy], parts[policy] = tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2])
  bursts[policy], burst_parts[policy] = tonumber(ARGV[argument + 3]), tonumber(ARGV[argument + 4])
  shadows[policy] = ARGV[argument + 5] == '1'
  argument = argument + 6
end

-- By key and not by number: the same key may be named twice.
local arrivals, fractions = {}, {}
local keys_at_once = 1000
for first = 1, #KEYS, keys_at_once do
  local last = math.min(first + keys_at_once - 1, #KEYS)
  local stored = call('MGET', unpack(KEYS, first, last))
  for index = first, last do
    local text = stored[index - first + 1]
    if text then
      local whole, fraction = tonumber(text), 0
      if not whole then
        local digits, more = string.match(text, '^(%d+) (%d+)$')
        whole, fraction = tonumber(digits), tonumber(more)
      end
      if whole and whole >= now then
        arrivals[KEYS[index]], fractions[KEYS[index]] = whole, fraction
      end
    end
  end
end

local changed, is_changed = {}, {}
local function store(key, arrival, fraction)
  arrivals[key], fractions[key] = arrival, fraction
  if not is_changed[key] then
    is_changed[key] = true
    changed[#changed + 1] = key
  end
end

local requests = tonumber(ARGV[argument])
argument = argument + 1
local result = { string.format('%.0f', now) }
local keys, before, before_part, after, after_part, conforming = {}, {}, {}, {}, {}, {}

for request = 1, requests do
  local action, cost = ARGV[argument], tonumber(ARGV[argument + 1])
  local items = tonumber(ARGV[argument + 2])
  argument = argument + 3
  local allowed = true
  for item = 1, items do
    local key, policy = KEYS[tonumber(ARGV[argument])], tonumber(ARGV[argument + 1])
    argument = argument + 2
    local limit = limits[policy]
    local arrival, fraction = arrivals[key] or now, fractions[key] or 0
    if fraction >= limit then fraction = limit - 1 end
    local most, most_part = now + bursts[policy], burst_parts[policy]
    if arrival > most or (arrival == most and fraction > most_part) then
      arrival, fraction = most, most_part
    end
    keys[item], before[item], before_part[item] = key, arrival, fraction
    if action == 'R' then
      local rest = fraction - cost * parts[policy]
      local carry = floor(rest / limit)
      local next, next_part = arrival - cost * intervals[policy] + carry, rest - carry * limit
      if next < now then next, next_part = now, 0 end
      after[item], after_part[item], conforming[item] = next, next_part, true
    else
      local rest = fraction + cost * parts[policy]
      local carry = floor(rest / limit)
      local next, next_part = arrival + cost * intervals[policy] + carry, rest - carry * limit
      local conforms = next < most or (next == most and next_part <= most_part)
      after[item], after_part[item], conforming[item] = next, next_part, conforms
      if not conforms and not shadows[policy] then allowed = false end
    end
  end

  local line = allowed and 'A' or 'D'
  for item = 1, items do
    local arrival, fraction = before[item], before_part[item]
    if allowed and action ~= 'P' and conforming[item] then
      arrival, fraction = after[item], after_part[item]
      store(keys[item], arrival, fraction)
    end
    line = line .. (conforming[item] and '+' or '-') .. (arrival - now)
    if fraction > 0 then line = line .. ':' .. fraction end
  end
  result[#result + 1] = line
end

for _, key in ipairs(changed) do
  local arrival, fraction = arrivals[key], fractions[key]
  local text = string.format('%.0f', arrival)
  if arrival == now and fraction == 0 then
    call('DEL', key)
  else
    if fraction > 0 then text = text .. ' ' .. fraction end
    call('SET', key, text, 'PX', floor((arrival - now) / 1000) + 1)
  end
end
return table.concat(result, '\n')
