-- Opens a cell under a new lease, if nobody else has closed or wiped it since.
--
-- KEYS: lease rebuild stream complete trimmed told
-- ARGV: nonce lease cursor contents channel
-- RESULT: opened
--
-- KEYS
--   lease     string  "epoch:run_id:form"; forever, until closed or wiped
--   rebuild   string  must hold the nonce
--   stream    stream  made if absent; its ids go on above the cursor
--   complete  string  present while campaigns and holders are all there
--   trimmed   string  entries below this id are gone; set when the stream lacks what the ledger has
--   told      string  the highest cursor that Redis was told of; after a rebuild this one, also when it is
--                     lower: the ledger was restored from a backup, and what it forgot is forgotten here
-- ARGV
--   nonce     of the closing
--   lease     what the ledger has vouched for
--   cursor    the last stream id that is in the ledger
--   contents  "kept" when campaigns and holders were left alone, "rebuilt" when they were loaded
--   channel   where nodes wait for the opening
-- RESULT (integer)
--   1 when open, 0 when the nonce is gone or there is nothing to keep: begin again

if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end

-- True when stream id a is below b.
local function below(a, b)
  local am, as = string.match(a, '^(%d+)-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)-(%d+)$')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am < bm or (am == bm and as < bs)
end

local kept = ARGV[4] == 'kept'
if redis.call('EXISTS', KEYS[3]) == 0 then
  if kept then return 0 end
  -- A stream exists only by an entry; its id must not block the ids that follow.
  redis.call('XADD', KEYS[3], '0-1', 'opened', '')
  redis.call('XTRIM', KEYS[3], 'MAXLEN', 0)
end
if kept and redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
local information = redis.call('XINFO', 'STREAM', KEYS[3])
local last = '0-0'
for i = 1, #information, 2 do
  if information[i] == 'last-generated-id' then last = information[i + 1] end
end
if below(last, ARGV[3]) then
  if kept then return 0 end
  -- A clock behind the one that made the cursor must not hand out ids that the ledger has passed; and
  -- a ledger restored from before the cursor must not believe that it finds all facts here.
  redis.call('XSETID', KEYS[3], ARGV[3])
  redis.call('SET', KEYS[5], ARGV[3])
end
redis.call('SET', KEYS[4], '1')
if not kept then redis.call('SET', KEYS[6], ARGV[3]) end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', ARGV[5], 'opened ' .. ARGV[2])
return 1
