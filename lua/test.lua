-- SPDX-License-Identifier: Apache-2.0
-- The assertion style of script tests. `seclua lua --test` and scriptTests() run this file inside the engine, in a real
-- transaction for each test: what a script reads and sets is read and set for good. It never runs in production.
--
--   test('a POST without User-Agent matches', {method = 'POST'}, function()
--       equal(run().text, 'POST without User-Agent')
--   end)
--
-- The host puts `seclua_test` before it: {source =, name =, script =, scripts = {[name] = source}}; and TX:seclua_case:
-- 0 lists the tests, N runs the Nth. The answer is JSON in TX:seclua_report.

local given = seclua_test
seclua_test = nil
local cases = {}

local function show(value)
    if type(value) == 'string' then return ('%q'):format(value) end
    return tostring(value)
end

---Declares a test. The request may also hold response, set (variables before the run), phase and script.
---@param name string
---@param request table
---@param check fun()
function test(name, request, check)
    if check == nil then request, check = {}, request end
    if type(check) ~= 'function' then error('test needs a name, a request and a function', 2) end
    cases[#cases + 1] = {name = tostring(name), request = request, check = check}
end

---Fails unless both are equal.
function equal(actual, expected, what)
    if actual == expected then return end
    error(('%s is %s, not %s'):format(what or 'the value', show(actual), show(expected)), 2)
end

---Fails unless the text is in it, literally.
function contains(text, part)
    if type(text) == 'string' and text:find(part, 1, true) then return end
    error(('%s does not contain %s'):format(show(text), show(part)), 2)
end

---Fails unless the function raises an error that contains the text.
function fails(action, part)
    local ok, message = pcall(action)
    if ok then error('there was no error', 2) end
    if part and not tostring(message):find(part, 1, true) then
        error(('the error is %s, without %s'):format(show(tostring(message)), show(part)), 2)
    end
end

-- The table m of a run: what is logged and what m.match says is kept for the test to see.
local function observed(result)
    local mine = {}
    function mine.log(level, text)
        m.log(level, text)
        result.logs[#result.logs + 1] = {level = math.tointeger(tonumber(level) // 1), text = tostring(text)}
    end
    function mine.match(text, options)
        result.made = {value = m.match(text, options), text = tostring(text)}
        return result.made.value
    end
    return setmetatable(mine, {__index = m})
end

local function settle(result, value)
    result.value = value
    if type(value) == 'number' then value = tostring(value) end
    if type(value) == 'string' and value ~= '' then result.text = value end
    if result.made and result.made.value == value then result.text = result.made.text end
    result.matched = result.text ~= nil
    return result
end

local running

---Runs the script as a rule would and tells {matched, text, value, logs}. Arguments go to main, as those of @inspectFile.
function run(...)
    local name = running.request.script or given.script
    local result = {logs = {}}
    local environment = {m = observed(result)}
    environment._G = environment
    setmetatable(environment, {__index = _ENV})
    local chunk = assert(load(given.scripts[name] or error('there is no script ' .. name, 2), '@' .. name, 't', environment))
    chunk()
    local main = rawget(environment, 'main')
    if main == nil then error('script ' .. name .. ' defines no global function "main"', 2) end
    return settle(result, (main(...)))
end

local function listed()
    local list = {}
    for i, case in ipairs(cases) do
        local request = {}
        for key, value in pairs(case.request) do
            if key ~= 'set' then request[key] = value end
        end
        list[i] = {name = case.name, request = next(request) and request or m.null}
    end
    return {tests = #list == 0 and m.null or list}
end

local function judged(case)
    running = case
    for name, value in pairs(case.request.set or {}) do m.setvar(name, value) end
    local ok, message = pcall(case.check)
    if ok then return {passed = true} end
    return {passed = false, message = tostring(message)}
end

-- Runs the file, which fills the list of cases; what is wrong with it is told without the lines of this one.
local function declare()
    local chunk, wrong = load(given.source, '@' .. given.name, 't')
    if not chunk then return wrong end
    local ok, message = pcall(chunk)
    if not ok then return tostring(message) end
end

function main()
    local number = math.tointeger(tonumber(m.tx.seclua_case))
    m.tx.seclua_case = nil
    local wrong = declare()
    local report = wrong and {broken = wrong} or number == 0 and listed() or judged(cases[number])
    m.tx.seclua_report = assert(m.tojson(report))
end
