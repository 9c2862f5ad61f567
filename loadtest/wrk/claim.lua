-- Claims a coupon of the campaign SPILLWAY_ID for each user in turn: winning claims while there are coupons
-- and users left, then sold-out answers and repeats.
--
-- wrk -t2 -c256 -d10s --latency -s loadtest/wrk/claim.lua http://127.0.0.1:8080
local folder = debug.getinfo(1, 'S').source:match('^@(.*/)') or './'
local spillway = dofile(folder .. 'tokens.lua')

function setup(thread) spillway.number(thread) end

function init(arguments)
  local head = 'POST /v1/campaigns/' .. spillway.environment('SPILLWAY_ID') .. '/coupons HTTP/1.1\r\nHost: '
    .. wrk.headers['Host'] .. '\r\nContent-Length: 0\r\nAuthorization: Bearer '
  requests, position, counts = {}, 0, {}
  local threads = tonumber(spillway.environment('SPILLWAY_THREADS', '1'))
  -- All requests are made before the run, so that the generator takes as little of the machine as it can.
  for number, token in ipairs(spillway.tokens(thread, threads)) do
    requests[number] = head .. token .. '\r\n\r\n'
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

-- Looking at answers takes more of the generator than sending them: SPILLWAY_CHECK=1 has it do so.
if os.getenv('SPILLWAY_CHECK') then
  function response(status, headers, body) spillway.judge(counts, status, headers, body) end

  function done() spillway.report() end
end
