/**
 * The lock protocol as one Lua script: each operation is one step that nobody comes between, by the server's time.
 *
 * KEYS[1] is the prefix, a hash tag, so that all keys lie in one slot. ARGV: operation, account, then
 * `claim` (claim as JSON, idle milliseconds that allow a take-over or -1, 1 to queue when refused) gives `{holder}`, `{by}` or `{lost}`;
 * `release` (id); `update` (id, field, value as JSON); `kick` (id, or nothing for all) gives how many were told.
 *
 * A fence is text in the record: Lua's JSON keeps 14 digits of a number. As in record.ts it is microseconds unless the last was
 * higher, so that it also grows when Redis has lost everything.
 */
export const SCRIPT = `
local prefix, operation, account = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key = prefix .. 'account:' .. account
local text = redis.call('GET', key)
local record = text and cjson.decode(text) or { fence = '0', lastAccess = 'shared', holders = {}, waiters = {} }

local function alive(process) return redis.call('EXISTS', prefix .. 'process:' .. process) == 1 end
local function tell(process, message) redis.call('PUBLISH', prefix .. 'to:' .. process, cjson.encode(message)) end
local function filter(list, wanted)
  local kept = {}
  for _, one in ipairs(list) do if wanted(one) then kept[#kept + 1] = one end end
  return kept
end
local function find(list, wanted)
  for _, one in ipairs(list) do if wanted(one) then return one end end
end
local function conflicts(claim, holder)
  if claim.mode == 'strict' then return claim.access == 'exclusive' or holder.access == 'exclusive' end
  return claim.mode == 'pop3' and claim.access == 'exclusive' and holder.access == 'exclusive'
end
local function obstacle(claim)
  return find(record.holders, function(holder) return conflicts(claim, holder) end)
end
local function grant(claim)
  if claim.access == 'exclusive' or record.lastAccess == 'exclusive' or record.fence == '0' then
    record.fence = string.format('%.0f', math.max(tonumber(record.fence) + 1, now * 1000))
  end
  record.lastAccess = claim.access
  claim.fence, claim.since, claim.activeAt = record.fence, now, now
  record.holders[#record.holders + 1] = claim
  return claim
end
local function grant_waiters()
  local still = {}
  for _, waiter in ipairs(record.waiters) do
    local behind = waiter.access == 'exclusive' and find(still, function(earlier) return conflicts(waiter, earlier) end)
    if behind or obstacle(waiter) then still[#still + 1] = waiter
    elseif alive(waiter.process) then
      tell(waiter.process, { kind = 'granted', account = account, holder = grant(waiter) })
    end
  end
  record.waiters = still
end
local function save()
  redis.call(#record.holders + #record.waiters > 0 and 'SADD' or 'SREM', prefix .. 'accounts', account)
  redis.call('SET', key, cjson.encode(record))
end
local function living(one) return alive(one.process) end
local function named(id) return function(one) return one.id == id end end

if operation == 'claim' then
  local claim, takeover = cjson.decode(ARGV[3]), tonumber(ARGV[4])
  if not alive(claim.process) then return cjson.encode({ lost = true }) end
  if obstacle(claim) and not find(record.holders, named(claim.id)) then
    record.holders, record.waiters = filter(record.holders, living), filter(record.waiters, living)
    if takeover >= 0 and claim.access == 'exclusive' then
      record.holders = filter(record.holders, function(holder)
        if holder.access ~= 'exclusive' or now - holder.activeAt < takeover then return true end
        tell(holder.process, { kind = 'end', id = holder.id, reason = 'taken-over' })
        return false
      end)
    end
  end
  -- Who does not wait any more is granted nothing behind its back.
  if ARGV[5] ~= '1' then record.waiters = filter(record.waiters, function(one) return one.id ~= claim.id end) end
  grant_waiters()
  local holder, by = find(record.holders, named(claim.id)), obstacle(claim)
  if not holder and not by then holder = grant(claim) end
  if not holder and ARGV[5] == '1' and not find(record.waiters, named(claim.id)) then
    record.waiters[#record.waiters + 1] = claim
  end
  save()
  return cjson.encode(holder and { holder = holder } or { by = by })
elseif operation == 'release' then
  local function other(one) return one.id ~= ARGV[3] end
  record.holders, record.waiters = filter(record.holders, other), filter(record.waiters, other)
  grant_waiters()
  save()
elseif operation == 'update' then
  local holder = find(record.holders, named(ARGV[3]))
  if holder then
    holder[ARGV[4]] = cjson.decode(ARGV[5])[1]
    save()
  end
elseif operation == 'kick' then
  local told = 0
  record.holders = filter(record.holders, function(holder)
    if ARGV[3] ~= '' and holder.id ~= ARGV[3] then return true end
    told = told + 1
    tell(holder.process, { kind = 'end', id = holder.id, reason = 'kicked' })
    return alive(holder.process)
  end)
  grant_waiters()
  save()
  return told
end
return ''`
