-- KEYS: times, bytes, marker. Answers the sum of the window, or nothing when it is not loaded.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
-- The entry '_' is set by a rebuild in both keys: an evicted key must not look like an empty hour.
if redis.call('EXISTS', KEYS[3]) == 0 or redis.call('HEXISTS', KEYS[2], '_') == 0
  or not redis.call('ZSCORE', KEYS[1], '_') then return false end
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)
for _, job in ipairs(gone) do redis.call('ZREM', KEYS[1], job); redis.call('HDEL', KEYS[2], job) end
local used = 0
for _, bytes in ipairs(redis.call('HVALS', KEYS[2])) do used = used + tonumber(bytes) end
return used
