-- Removes the records of an owner, and returns how many there were.
-- KEYS: the owner.
local removed = 0
for _, record in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local owners = redis.call('HGET', record, 'owners') or ''
  -- A record that has expired may be back under its key, and belong to others.
  if string.find(owners, KEYS[1], 1, true) then
    for owner in string.gmatch(owners, '%S+') do redis.call('ZREM', owner, record) end
    removed = removed + redis.call('DEL', record)
  end
end
redis.call('DEL', KEYS[1])
return removed
