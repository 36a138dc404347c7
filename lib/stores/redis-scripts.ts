// SPDX-License-Identifier: Apache-2.0
// What runs inside the Redis or Valkey server: the reading of a record, and one record's list of changes, all or nothing.
//
// A record is a hash: a field for each variable, and a field `__expire_<name>` beside it with the epoch at which the variable
// ends. The record's own life is the key's. Whoever meets an ended variable takes it for gone and, when it changes the record,
// takes it away: clocks of clients differ, and what one of them has seen end must not come back for another. So the server's
// clock counts, too, where it is more than two seconds ahead.

import { createHash } from 'node:crypto'

export interface Script {
  readonly text: string
  readonly sha1: string
}

const script = (text: string): Script => ({ text, sha1: createHash('sha1').update(text).digest('hex') })

const sinceWhen = `
local now = tonumber(ARGV[1])
local server = tonumber(redis.call('TIME')[1]) - 2
if server > now then now = server end
`

/** KEYS: the record. ARGV: now. Names and values in turn; nothing at all when there is no record. */
export const loadScript: Script = script(`${sinceWhen}
local fields = redis.call('HGETALL', KEYS[1])
local ended = {}
for i = 1, #fields, 2 do
  local name = string.match(fields[i], '^__expire_(.*)$')
  if name and tonumber(fields[i + 1]) <= now then ended[name] = true end
end
local live = {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) ~= '__' and not ended[fields[i]] then
    live[#live + 1] = fields[i]
    live[#live + 1] = fields[i + 1]
  end
end
return { #fields, live }
`)

/**
 * KEYS: the record, and the mark of this batch. ARGV: now, life in seconds, seconds that the mark is kept, the most variables;
 * then for each change: op, name, and two more. Names and new values of the `add`s, in turn.
 *
 * The mark makes a batch that is sent again, because nobody knows whether it arrived, count once.
 */
export const applyScript: Script = script(`${sinceWhen}
local record, mark = KEYS[1], KEYS[2]
local life, kept, most = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local added = {}

if not redis.call('SET', mark, '1', 'NX', 'EX', kept) then
  for i = 5, #ARGV, 4 do
    if ARGV[i] == 'add' then
      added[#added + 1] = ARGV[i + 1]
      added[#added + 1] = redis.call('HGET', record, ARGV[i + 1]) or '0'
    end
  end
  return added
end

local values, ends, count, changed = {}, {}, 0, {}
local fields = redis.call('HGETALL', record)
for i = 1, #fields, 2 do
  local name = string.match(fields[i], '^__expire_(.*)$')
  if name then ends[name] = tonumber(fields[i + 1])
  else values[fields[i]] = fields[i + 1] end
end
for name, epoch in pairs(ends) do
  if epoch <= now then
    values[name], ends[name] = nil, nil
    changed[name] = true
  end
end
-- What the engine keeps of a record takes no room from the variables of rules.
local own = { create_time = true, last_update_time = true, update_counter = true, timeout = true }
for name in pairs(values) do
  if not own[name] then count = count + 1 end
end
local updated = tonumber(values['last_update_time'] or '0') or 0

local function put(name, value)
  local size = own[name] and 0 or 1
  if values[name] == nil then
    if value == nil or (size == 1 and count >= most) then return end
    count = count + size
  elseif value == nil then
    count = count - size
  end
  values[name] = value
  changed[name] = true
end

-- Decimal digits of a text that begins with a number, within 64 bits; anything else is 0.
local function number(text)
  local sign, digits = string.match(text or '', '^%s*([+-]?)0*(%d*)')
  if digits == '' then return '0' end
  local limit = sign == '-' and '9223372036854775808' or '9223372036854775807'
  if #digits > 19 or (#digits == 19 and digits > limit) then digits = limit end
  return (sign == '-' and '-' or '') .. digits
end

-- Numbers of this Lua are doubles: beyond 15 digits the server's own integers do the sum.
local function sum(old, delta)
  local result
  if #old < 16 and #delta < 16 then
    result = string.format('%.0f', tonumber(old) + tonumber(delta))
  else
    redis.call('HSET', record, '__sum', old)
    local reply = redis.pcall('HINCRBY', record, '__sum', delta)
    if type(reply) == 'table' and reply.err then
      result = string.sub(delta, 1, 1) == '-' and '0' or '9223372036854775807'
    else
      result = redis.call('HGET', record, '__sum')
    end
    redis.call('HDEL', record, '__sum')
  end
  return string.sub(result, 1, 1) == '-' and '0' or result
end

for i = 5, #ARGV, 4 do
  local op, name, a, b = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if op == 'set' then
    put(name, a)
  elseif op == 'add' then
    local result = sum(number(values[name]), a)
    put(name, result)
    added[#added + 1] = name
    added[#added + 1] = result
  elseif op == 'unset' then
    put(name, nil)
    ends[name] = nil
    changed[name] = true
  elseif op == 'expire' then
    ends[name] = tonumber(a)
    changed[name] = true
  elseif op == 'deprecate' and values[name] and updated > 0 and now > updated then
    local amount, periods = tonumber(a), math.floor((now - updated) / tonumber(b))
    local old = number(values[name])
    if periods > 0 and tonumber(old) > 0 then
      local less = periods > tonumber(old) / amount and old or string.format('%.0f', amount * periods)
      put(name, sum(old, '-' .. less))
    end
  end
end

local set, drop = {}, {}
for name in pairs(changed) do
  if values[name] then
    set[#set + 1] = name
    set[#set + 1] = values[name]
  else
    drop[#drop + 1] = name
  end
  if ends[name] then
    set[#set + 1] = '__expire_' .. name
    set[#set + 1] = string.format('%.0f', ends[name])
  else
    drop[#drop + 1] = '__expire_' .. name
  end
end
if #drop > 0 then redis.call('HDEL', record, unpack(drop)) end
if #set > 0 then redis.call('HSET', record, unpack(set)) end
if life > 0 then redis.call('EXPIRE', record, life) else redis.call('DEL', record) end
return added
`)
