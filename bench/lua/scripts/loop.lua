local names = {}
for i = 0, 19 do names[i + 1] = "ARGS.a" .. i end

function main()
    local longest = 0
    for i = 1, 20 do
        local value = m.getvar(names[i], "lowercase")
        if string.find(value, "union%s+select") then return names[i] end
        if #value > longest then longest = #value end
    end
    m.setvar("tx.longest", longest)
    m.setvar("tx.count", 20)
    return nil
end
