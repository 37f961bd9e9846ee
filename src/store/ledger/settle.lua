-- KEYS: times, bytes, marker. ARGV: job, billed. Keeps the time of the reservation.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
