-- SPDX-License-Identifier: Apache-2.0
-- Finds a request that gives one argument twice with different values. Servers disagree about which of them counts, and
-- that is how a check and what it protects are made to look at different ones. Names ending in [] are lists: they may.

function main()
    local first = {}
    for _, argument in ipairs(m.getvars("ARGS")) do
        local name, value = argument.name, argument.value
        if first[name] and first[name] ~= value and name:sub(-2) ~= "[]" then
            m.log(3, "two values for " .. name)
            m.setvar("tx.ambiguous_argument", name)
            return name .. " is given twice with different values"
        end
        first[name] = first[name] or value
    end
    return nil
end
