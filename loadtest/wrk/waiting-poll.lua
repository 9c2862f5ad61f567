-- Polls of one waiting visitor's ticket in the room SPILLWAY_ID: what a poll costs. The room must admit nobody in
-- the time of the run; SPILLWAY_TICKET is the ticket.
--
-- wrk -t1 -c256 -d10s --latency -s loadtest/wrk/waiting-poll.lua http://127.0.0.1:8080
local folder = debug.getinfo(1, 'S').source:match('^@(.*/)') or './'
local spillway = dofile(folder .. 'tokens.lua')

function setup(thread) spillway.number(thread) end

function init(arguments)
  poll = 'GET /v1/rooms/' .. spillway.environment('SPILLWAY_ID') .. '/tickets/'
    .. spillway.environment('SPILLWAY_TICKET') .. ' HTTP/1.1\r\nHost: ' .. wrk.headers['Host'] .. '\r\n\r\n'
  counts = {}
end

function request() return poll end

if os.getenv('SPILLWAY_CHECK') then
  function response(status, headers, body) spillway.judge(counts, status, headers, body) end

  function done() spillway.report() end
end
