-- wrk: claims, each with the next token of a file.
-- Environment: COMPARE_PREFIX, everything of a request before the token; COMPARE_TOKENS, the file.
-- All requests are made before the run, so that the generator takes as little of the machine as it can.
local prefix = os.getenv('COMPARE_PREFIX'):gsub('|', '\r\n')
local requests, count, position = {}, 0, 0
for token in io.lines(os.getenv('COMPARE_TOKENS')) do
  count = count + 1
  requests[count] = prefix .. token .. '\r\n\r\n'
end

request = function()
  position = position % count + 1
  return requests[position]
end
