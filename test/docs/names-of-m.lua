-- SPDX-License-Identifier: Apache-2.0
-- Writes the names of all that the table m has into TX, for the manual to be compared with.

function main()
    local names = {}
    for name in pairs(m) do
        names[#names + 1] = name
    end
    m.setvar("tx.names", table.concat(names, " "))
end
