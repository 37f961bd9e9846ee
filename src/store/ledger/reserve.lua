-- KEYS: times (zset), bytes (hash), marker. ARGV: job, bytes, budget. Answers {verdict, used before}:
-- 1 granted, 0 refused, -1 the window is not loaded.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- The entry '_' is set by a rebuild in both keys: an evicted key must not look like an empty hour.
if redis.call('EXISTS', KEYS[3]) == 0 or redis.call('HEXISTS', KEYS[2], '_') == 0
  or not redis.call('ZSCORE', KEYS[1], '_') then return {-1, 0} end
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)
for _, job in ipairs(gone) do redis.call('ZREM', KEYS[1], job); redis.call('HDEL', KEYS[2], job) end
local used = 0
local held = redis.call('HGETALL', KEYS[2])
for i = 1, #held, 2 do
  if held[i] ~= ARGV[1] then used = used + tonumber(held[i + 1]) end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 7200000) end
-- The same job again holds the larger amount, counted from now.
local wanted = math.max(tonumber(ARGV[2]), tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0'))
if used + wanted > tonumber(ARGV[3]) then return {0, used} end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f', wanted))
redis.call('PEXPIRE', KEYS[1], 7200000)
redis.call('PEXPIRE', KEYS[2], 7200000)
return {1, used}
