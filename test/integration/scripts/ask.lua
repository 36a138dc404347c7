-- SPDX-License-Identifier: Apache-2.0
function main()
    return m.op("rbl", "list.example", m.getvar("REMOTE_ADDR")) and "listed" or nil
end
