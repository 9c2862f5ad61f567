-- Marks coupons of a user that the ledger has taken back. Idempotent: what is marked already stays so.
--
-- KEYS: lease stream holders (record)*
-- ARGV: lease recall user (sequence)*
-- RESULT: closed | marked
--
-- KEYS
--   lease    string  "epoch:run_id:form" under which the cell is open; forever
--   stream   stream  gets an entry when something was marked: a Redis that lost it is behind the ledger's
--                    cursor
--   holders  hash    user -> coupons, as the claim script writes them; forever, rebuilt from the ledger
--   record   string  an idempotency record that one of the coupons was claimed with; for the rest of its 24 h
-- ARGV
--   lease     what the caller believes; another value in Redis means that the cell is closed to it
--   recall    the recall's id
--   user      who holds the coupons
--   sequence  of a coupon
-- RESULT (string)
--   "X"  the cell is closed to the caller
-- RESULT (array)
--   how many coupons were marked; the stream's entry, empty when there is none

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
local taken = {}
for i = 4, #ARGV do taken[ARGV[i]] = true end

-- Everything is read before anything is written, so that a key of a wrong type changes nothing.
redis.call('XLEN', KEYS[2])
local records = {}
for i = 4, #KEYS do records[i] = redis.call('GET', KEYS[i]) or '' end

local marked = 0
local coupons = {}
for coupon in string.gmatch(redis.call('HGET', KEYS[3], ARGV[3]) or '', '[^,]+') do
  if taken[string.match(coupon, '^%d+')] and string.sub(coupon, -1) ~= '!' then
    coupon = coupon .. '!'
    marked = marked + 1
  end
  coupons[#coupons + 1] = coupon
end
if marked > 0 then redis.call('HSET', KEYS[3], ARGV[3], table.concat(coupons, ',')) end
for i = 4, #KEYS do
  -- The key may have been used for another coupon since.
  local sequence = string.match(records[i], ' (%d+):%d+$')
  if sequence and taken[sequence] then redis.call('APPEND', KEYS[i], '!') end
end
if marked == 0 then return { 0, '' } end
return { marked, redis.call('XADD', KEYS[2], '*', 'coupon.recalled', ARGV[2]) }
