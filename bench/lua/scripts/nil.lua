function main()
    return nil
end
