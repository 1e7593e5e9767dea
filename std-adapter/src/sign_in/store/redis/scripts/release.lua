-- Ends a lease, unless somebody else has it.
-- KEYS: the lease.
-- ARGV: its number.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
