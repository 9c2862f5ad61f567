-- Closes a cell, names who may rebuild it, and tells what state it is in.
--
-- KEYS: lease rebuild stream complete trimmed
-- ARGV: nonce
-- RESULT: state
--
-- KEYS
--   lease     string  deleted: from here on every script refuses
--   rebuild   string  the nonce of whoever closed the cell last, whose writes alone count; until opened
--   stream    stream  read: how far its ids have come
--   complete  string  read: present while campaigns and holders are all there
--   trimmed   string  read: entries below this id are gone
-- ARGV
--   nonce  names this closing; whatever wipes Redis meanwhile also wipes the nonce
-- RESULT (array of strings)
--   lease before, last stream id, "1" or "" for complete, trimmed; each empty when there is none

local lease = redis.call('GET', KEYS[1]) or ''
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[1])
local last = ''
if redis.call('EXISTS', KEYS[3]) == 1 then
  local information = redis.call('XINFO', 'STREAM', KEYS[3])
  for i = 1, #information, 2 do
    if information[i] == 'last-generated-id' then last = information[i + 1] end
  end
end
local complete = redis.call('EXISTS', KEYS[4]) == 1 and '1' or ''
return { lease, last, complete, redis.call('GET', KEYS[5]) or '' }
