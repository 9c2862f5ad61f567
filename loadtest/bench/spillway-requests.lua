-- wrk: requests, each with the next token of a file.
-- Environment: COMPARE_PREFIX and COMPARE_SUFFIX, everything of a request's head before and behind the token,
-- with a bar for each line end, and in the suffix an asterisk for the number of the request; COMPARE_BODY;
-- COMPARE_TOKENS, the file.
-- All requests are made before the run, so that the generator takes as little of the machine as it can.
local prefix = os.getenv('COMPARE_PREFIX'):gsub('|', '\r\n')
local suffix = (os.getenv('COMPARE_SUFFIX') or ''):gsub('|', '\r\n') .. '\r\n\r\n' ..
  (os.getenv('COMPARE_BODY') or '')
local requests, count, position = {}, 0, 0

-- LuaJIT hashes a long text by four bytes each of its beginning, a quarter, its middle and its end. Half a million
-- requests that are alike there would take minutes to make: so the middle is put into the token's signature, by
-- a header that says nothing, and a request is made in one piece.
local function padded(token)
  local signature, known = 43, #(suffix:gsub('%*', '000000'))
  local missing = #prefix + #token - signature - known
  local name = '\r\nX-Padding: '
  if missing <= #name then return suffix end
  local head, body = suffix:match('^(.-)(\r\n\r\n.*)$')
  return head .. name .. ('-'):rep(missing - #name) .. body
end

local numbered = suffix:find('*', 1, true) ~= nil
local before, after
for token in io.lines(os.getenv('COMPARE_TOKENS')) do
  count = count + 1
  if numbered and count == 1 then before, after = padded(token):match('^(.-)%*(.*)$') end
  requests[count] = numbered and prefix .. token .. before .. count .. after or prefix .. token .. suffix
end

request = function()
  position = position % count + 1
  return requests[position]
end
