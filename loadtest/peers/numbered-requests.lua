-- wrk: requests that name a user, another one each time.
-- Environment: COMPARE_PREFIX and COMPARE_SUFFIX, everything before and behind the user's number, with a bar
-- for each line end; COMPARE_FIRST, the number before the first.
local prefix = os.getenv('COMPARE_PREFIX'):gsub('|', '\r\n')
local suffix = os.getenv('COMPARE_SUFFIX'):gsub('|', '\r\n') .. '\r\n\r\n'
local user = tonumber(os.getenv('COMPARE_FIRST'))

request = function()
  user = user + 1
  return prefix .. 'U' .. user .. suffix
end
