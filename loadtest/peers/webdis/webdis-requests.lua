-- wrk: claims through webdis, a user of its own for each request.
-- Environment: COMPARE_PREFIX, the path up to the user; COMPARE_FIRST, the first user's number.
local prefix = 'GET ' .. os.getenv('COMPARE_PREFIX')
local suffix = ' HTTP/1.1\r\nHost: webdis\r\n\r\n'
local user = tonumber(os.getenv('COMPARE_FIRST'))

request = function()
  user = user + 1
  return prefix .. 'U' .. user .. suffix
end
