-- Removes a record, and returns whether there was one.
-- KEYS: the record.
for owner in string.gmatch(redis.call('HGET', KEYS[1], 'owners') or '', '%S+') do
  redis.call('ZREM', owner, KEYS[1])
end
return redis.call('DEL', KEYS[1])
