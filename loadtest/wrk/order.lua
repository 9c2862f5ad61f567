-- Orders one piece of SPILLWAY_SKU in the sale SPILLWAY_ID, each under a key of its own.
--
-- wrk -t2 -c256 -d10s --latency -s loadtest/wrk/order.lua http://127.0.0.1:8080
local folder = debug.getinfo(1, 'S').source:match('^@(.*/)') or './'
local spillway = dofile(folder .. 'tokens.lua')

function setup(thread)
  spillway.number(thread)
  -- Keys of this run are none of another's.
  thread:set('run', os.time())
end

function init(arguments)
  local body = string.format('{"sale_id":"%s","lines":[{"sku":"%s","quantity":1}]}',
    spillway.environment('SPILLWAY_ID'), spillway.environment('SPILLWAY_SKU'))
  head = 'POST /v1/orders HTTP/1.1\r\nHost: ' .. wrk.headers['Host']
    .. '\r\nContent-Type: application/json\r\nContent-Length: ' .. #body .. '\r\nAuthorization: Bearer '
  key = '\r\nX-Idempotency-Key: wrk-' .. run .. '-' .. thread .. '-'
  tail = '\r\n\r\n' .. body
  tokens = spillway.tokens(thread, tonumber(spillway.environment('SPILLWAY_THREADS', '1')))
  sent, counts = 0, {}
end

function request()
  sent = sent + 1
  return head .. tokens[(sent - 1) % #tokens + 1] .. key .. sent .. tail
end

if os.getenv('SPILLWAY_CHECK') then
  function response(status, headers, body) spillway.judge(counts, status, headers, body) end

  function done() spillway.report() end
end
