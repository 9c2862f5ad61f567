-- Takes pieces out of an account of stock, as many as are free and not more than wanted. Idempotent: a
-- movement takes once.
--
-- KEYS: lease stream stock taken
-- ARGV: lease stream_limit movement scope wanted
-- RESULT: taken
--
-- KEYS
--   lease   string  "epoch:run_id:form" under which the cell is open; forever
--   stream  stream  the cell's facts; gets "stock.taken" with "<movement> <scope> <sku> <taken> <now_ms>"
--   stock   hash    the account; see reserve
--   taken   string  the answer to this movement: "<taken> <stream id>"; 7 days
-- ARGV
--   lease         what the caller believes; another value in Redis means that the cell is closed to it
--   stream_limit  entries that the stream may hold before movements are put off
--   movement      the movement's id
--   scope         of the account: a sale's id, or "open"
--   wanted        pieces, at least 1
-- RESULT (string)
--   "X"  the cell is closed to the caller
--   "B"  the stream is full
--   "U"  no such account in this cell
--   "T<taken> <stream id>"  taken by this movement, now or before

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'X' end
local answer = redis.call('GET', KEYS[4])
if answer then return 'T' .. answer end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'B' end
local wanted = tonumber(ARGV[5])
if not (wanted >= 1) then return redis.error_reply('ERR a quantity is not positive') end
local stock = redis.call('HMGET', KEYS[3], 'received', 'taken', 'reserved', 'sold', 'sku')
if not stock[1] then return 'U' end
local free = tonumber(stock[1]) - tonumber(stock[2]) - tonumber(stock[3]) - tonumber(stock[4])
local pieces = math.max(0, math.min(wanted, free))
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
if pieces > 0 then redis.call('HINCRBY', KEYS[3], 'taken', pieces) end
local entry = redis.call('XADD', KEYS[2], '*', 'stock.taken',
  table.concat({ ARGV[3], ARGV[4], stock[5], pieces, now }, ' '))
answer = pieces .. ' ' .. entry
redis.call('SET', KEYS[4], answer, 'EX', 604800)
return 'T' .. answer
