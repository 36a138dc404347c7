function main()
    local value = m.getvar("ARGS.a0")
    m.setvar("tx.length", #value)
    return nil
end
