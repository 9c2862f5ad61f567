-- What the scripts here share: access tokens, one for each request in turn, and a look at each answer.
--
-- SPILLWAY_TOKENS: a file with one token a line, as `spillway token --count N` prints them.
-- SPILLWAY_ID: the campaign, the sale or the room.
-- wrk runs each of its threads in a Lua state of its own (SCRIPTING in wrk's manual): thread t of T takes the
-- tokens t, t + T, and so on, so that no user is two.

local spillway = { threads = {} }

function spillway.environment(name, default)
  local value = os.getenv(name) or default
  if not value or value == '' then error('set ' .. name) end
  return value
end

-- For `setup`: tells each thread which of all it is.
function spillway.number(thread)
  table.insert(spillway.threads, thread)
  thread:set('thread', #spillway.threads)
end

-- For `init`: the tokens of this thread, of `threads` in all.
function spillway.tokens(thread, threads)
  local tokens, line = {}, 0
  for token in io.lines(spillway.environment('SPILLWAY_TOKENS')) do
    if line % threads == thread - 1 and token ~= '' then tokens[#tokens + 1] = token end
    line = line + 1
  end
  if #tokens == 0 then error('fewer tokens than threads') end
  return tokens
end

-- Counts answers by status and code, and those that break the contract.
function spillway.judge(counts, status, headers, body)
  local code = body:match('"code":%s*"([A-Z_]+)"')
  local name = code and status .. ' ' .. code or tostring(status)
  counts[name] = (counts[name] or 0) + 1
  local id
  for field, value in pairs(headers) do
    if field:lower() == 'x-request-id' then id = value end
  end
  if not id or (#body > 0 and not body:find('"' .. id .. '"', 1, true)) then
    counts['BREACH: no request id'] = (counts['BREACH: no request id'] or 0) + 1
  end
  if status >= 400 and not code then
    counts['BREACH: an error without a code'] = (counts['BREACH: an error without a code'] or 0) + 1
  end
end

-- For `done`: prints what all threads counted.
function spillway.report()
  local sums = {}
  for _, thread in ipairs(spillway.threads) do
    for name, count in pairs(thread:get('counts') or {}) do
      sums[name] = (sums[name] or 0) + count
    end
  end
  local names = {}
  for name in pairs(sums) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do print(string.format('%10d  %s', sums[name], name)) end
end

return spillway
