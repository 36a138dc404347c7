-- SPDX-License-Identifier: Apache-2.0
-- A table m made of tables, for tests in a plain Lua without the engine: busted, or `lua5.4 x_test.lua`.
--
--   local mock = dofile('node_modules/seclua/lua/mock.lua')
--   m = mock.new({ARGS = {{'q', 'one'}}, REQUEST_METHOD = 'GET'})
--   dofile('script.lua')
--   assert(main() == 'match')
--   assert(m.tx.score == '5')
--
-- Scalars are strings; collections are lists of {key, value}, or tables by key. Only what needs no engine is here:
-- getvar, getvars, each, count, exists, setvar, incr, del, log, match and the proxies. Transformations are lowercase,
-- uppercase, trim, length and none; another one is an error, so that no test passes by mistake.

local mock = {}

local transformations = {
    none = function(text) return text end,
    lowercase = string.lower,
    uppercase = string.upper,
    trim = function(text) return (text:gsub('^%s+', ''):gsub('%s+$', '')) end,
    length = function(text) return tostring(#text) end,
}

local writable = {TX = true, IP = true, GLOBAL = true, RESOURCE = true, SESSION = true, USER = true}

local function transformed(text, steps)
    if type(steps) == 'string' then steps = {steps} end
    for _, step in ipairs(steps or {}) do
        local apply = transformations[step:lower()] or error('the mock has no transformation ' .. step, 0)
        text = apply(text)
    end
    return text
end

local function split(name)
    local at = name:find('[.:]')
    if at == nil then return name:upper(), nil end
    return name:sub(1, at - 1):upper(), name:sub(at + 1):lower()
end

-- Numbers as the engine stores them: whole floats without fraction.
local function text_of(value)
    if math.type(value) == 'float' and value == math.floor(value) and math.abs(value) <= 2 ^ 53 then
        return ('%d'):format(value)
    end
    return tostring(value)
end

local function members_of(given)
    if type(given) ~= 'table' then return nil end
    local members = {}
    for i, pair in ipairs(given) do members[i] = {key = pair[1], value = pair[2]} end
    if #members > 0 then return members end
    local keys = {}
    for key in pairs(given) do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do members[i] = {key = key, value = text_of(given[key])} end
    return members
end

---A table m over these variables. m.records lists what was logged: {level =, text =}.
---@param variables table<string, string|table>
function mock.new(variables)
    local scalars, collections, m = {}, {}, {records = {}, version = 'mock', api = 1}
    for name in pairs(writable) do collections[name] = {} end
    for name, value in pairs(variables or {}) do
        collections[name:upper()] = members_of(value)
        if type(value) ~= 'table' then scalars[name:upper()] = text_of(value) end
    end

    local function values(name)
        local variable, key = split(name)
        if scalars[variable] then return {{name = variable, value = scalars[variable]}} end
        local found = {}
        for _, member in ipairs(collections[variable] or {}) do
            if key == nil or member.key:lower() == key then
                found[#found + 1] = {name = variable .. ':' .. member.key, value = member.value}
            end
        end
        return found
    end

    function m.getvars(name, steps)
        local found = values(name)
        for _, element in ipairs(found) do element.value = transformed(element.value, steps) end
        return found
    end

    function m.getvar(name, steps)
        local first = values(name)[1]
        return first and transformed(first.value, steps) or nil
    end

    function m.each(name, steps)
        local found, i = m.getvars(name, steps), 0
        return function()
            i = i + 1
            if found[i] then return found[i].name, found[i].value end
        end
    end

    function m.count(name) return #values(name) end
    function m.exists(name) return #values(name) > 0 end

    function m.setvar(name, value)
        local variable, key = split(name)
        if not writable[variable] or key == nil or key == '' then return false end
        local members = collections[variable]
        for i = #members, 1, -1 do
            if members[i].key:lower() == key then table.remove(members, i) end
        end
        if value ~= nil then members[#members + 1] = {key = name:match('[.:](.*)'), value = text_of(value)} end
        return true
    end

    function m.del(name) return m.setvar(name, nil) end

    function m.incr(name, delta)
        local sum = (tonumber(m.getvar(name) or 0) or 0) + (delta or 1)
        return m.setvar(name, sum) and sum or nil
    end

    function m.log(level, text) m.records[#m.records + 1] = {level = level, text = text_of(text)} end
    function m.match(text) return text end

    for name in pairs(writable) do
        local prefix = name:lower() .. '.'
        m[name:lower()] = setmetatable({}, {
            __index = function(_, key) return m.getvar(prefix .. key) end,
            __newindex = function(_, key, value) m.setvar(prefix .. key, value) end,
        })
    end
    return m
end

return mock
