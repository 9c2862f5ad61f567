-- One claim a request: the plain claim in Redis by EVALSHA, over a pooled connection.
local redis = require('nginx.redis')

local claims = {}
local socket, digest, pool

-- How long an unused connection stays in the pool, in milliseconds.
local idle = 60000

function claims.configure(path, script, size)
  socket, digest, pool = path, script, size
end

local function fail(what, why)
  ngx.log(ngx.ERR, what, ': ', why)
  ngx.status = 503
  ngx.print('{"error":{"code":"INTERNAL_RETRYABLE"}}')
end

function claims.claim()
  local user = ngx.var.arg_user
  if not user then
    ngx.status = 400
    return ngx.print('{"error":{"code":"INVALID_ARGUMENT"}}')
  end
  local connection = redis:new()
  connection:set_timeouts(1000, 1000, 1000)
  local connected, problem = connection:connect(socket)
  if not connected then return fail('connect', problem) end
  local answer, failure = connection:evalsha(digest, 3, 'left', 'holders', 'facts', user)
  if not answer then return fail('evalsha', failure) end
  connection:set_keepalive(idle, pool)
  local outcome, sequence = answer[1], answer[2]
  if outcome == 0 then
    ngx.status = 410
    return ngx.print('{"error":{"code":"SOLD_OUT"}}')
  end
  ngx.status = outcome == 1 and 201 or 200
  ngx.print('{"data":{"sequence":', sequence, ',"status":"ISSUED"}}')
end

return claims
