-- KEYS: times, bytes, marker. ARGV: job.
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1])
