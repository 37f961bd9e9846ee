-- KEYS: one window each. ARGV: the span in ms, then each window's limit. Answers the index of the window
-- that refuses (0: none), the time in ms, and for each window remaining, ms until empty, ms until the next call.
-- A window is one number: the time at which all counted calls will have drained at the even rate
-- (generic cell rate algorithm), so its size does not grow with the calls.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local span = tonumber(ARGV[1])
local drained, refused = {}, 0
for i, key in ipairs(KEYS) do
  local at = math.max(tonumber(redis.call('GET', key) or '0') or 0, now)
  -- A clock that went back must not close a window for longer than its span.
  drained[i] = math.min(at, now + span)
  local cost = span / tonumber(ARGV[i + 1])
  -- A hundredth of a millisecond covers what adding doubles loses.
  if refused == 0 and drained[i] + cost - now > span + 0.01 then refused = i end
end
local answer = {refused, math.floor(now)}
for i, key in ipairs(KEYS) do
  local cost = span / tonumber(ARGV[i + 1])
  if refused == 0 then
    drained[i] = drained[i] + cost
    redis.call('SET', key, string.format('%.3f', drained[i]), 'PX', math.ceil(drained[i] - now) + 1000)
  end
  local used = drained[i] - now
  answer[#answer + 1] = math.max(0, math.floor((span - used + 0.01) / cost))
  answer[#answer + 1] = math.ceil(used)
  answer[#answer + 1] = math.max(0, math.ceil(used + cost - span - 0.01))
end
return answer
