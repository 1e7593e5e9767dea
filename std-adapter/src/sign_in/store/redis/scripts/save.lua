-- Writes a record.
-- KEYS: the record, then its owners.
-- ARGV: the version that must be there, empty if there must be no record; the new version; the content; the time in ms.
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
for owner in string.gmatch(redis.call('HGET', KEYS[1], 'owners') or '', '%S+') do
  redis.call('ZREM', owner, KEYS[1])
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = now + ARGV[4]
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'content', ARGV[3], 'owners', table.concat(KEYS, ' ', 2))
redis.call('PEXPIREAT', KEYS[1], ends)
for index = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', now - 1)
  redis.call('ZADD', KEYS[index], ends, KEYS[1])
  -- The set outlives all its records.
  local last = redis.call('ZRANGE', KEYS[index], -1, -1, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[index], last[2] + 1000)
end
return 1
