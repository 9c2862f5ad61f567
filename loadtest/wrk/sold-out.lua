-- Claims of a campaign that is sold out, SPILLWAY_ID: what each costs once nothing is left, answered from memory.
-- The tokens must be those of users who hold no coupon of it: the others' claims are repeats, which are answered
-- with their coupon.
--
-- wrk -t1 -c256 -d10s --latency -s loadtest/wrk/sold-out.lua http://127.0.0.1:8080
local folder = debug.getinfo(1, 'S').source:match('^@(.*/)') or './'
dofile(folder .. 'claim.lua')

-- A refusal is what is measured: wrk counts all of them as `Non-2xx or 3xx responses`, and here anything else is
-- told at the end.
if os.getenv('SPILLWAY_CHECK') then
  local report = done
  function done()
    print('all of these should be 410 SOLD_OUT:')
    report()
  end
end
