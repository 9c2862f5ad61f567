-- wrk: claims, each with the next token of a file.
-- Environment: COMPARE_PREFIX, everything of a request before the token; COMPARE_TOKENS, the file.
-- When the file ends it begins again.
local prefix = os.getenv('COMPARE_PREFIX'):gsub('|', '\r\n')
local suffix = '\r\n\r\n'
local path = os.getenv('COMPARE_TOKENS')
local token = io.lines(path)

request = function()
  local line = token()
  if not line then
    token = io.lines(path)
    line = token()
  end
  return prefix .. line .. suffix
end
