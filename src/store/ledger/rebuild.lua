-- KEYS: times, bytes, marker. ARGV: job, bytes, age in seconds, and so on. Replaces the window.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('DEL', KEYS[1], KEYS[2])
for i = 1, #ARGV, 3 do
  redis.call('ZADD', KEYS[1], now - ARGV[i + 2] * 1000, ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('ZADD', KEYS[1], '+inf', '_')
redis.call('HSET', KEYS[2], '_', '0')
redis.call('SET', KEYS[3], '1')
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 7200000) end
return #ARGV / 3
