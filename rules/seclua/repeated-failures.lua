#!/usr/bin/env lua
-- SPDX-License-Identifier: Apache-2.0
-- Says what a finished transaction costs its client, in points; clients.conf adds them up and locks the client out.
--
-- Runs in phase 5, when all verdicts have fallen, as the last link of a chain. Returns nil when nothing failed. Uses only
-- the functions that ModSecurity has, too.

-- A rule stopped or reported an attack. Severity 2 is CRITICAL; smaller is worse.
local ATTACK_SEVERITY = 2
local POINTS_ATTACK = 2
-- The application refused credentials that the request carried.
local POINTS_LOGIN = 1

local function number_of(name)
    return tonumber(m.getvar(name) or "")
end

-- A page that merely asks who is logged in gets 401 all day long: only offered credentials count.
local function offered_credentials()
    if m.getvar("REQUEST_METHOD") == "POST" then
        return true
    end
    local scheme = m.getvar("REQUEST_HEADERS.Authorization", "lowercase")
    return scheme ~= nil and scheme:sub(1, 6) == "basic "
end

function main()
    -- Else a client that keeps trying could never come back.
    if m.getvar("TX.is_locked_out") then
        return nil
    end

    local points, reason
    local severity = number_of("HIGHEST_SEVERITY")
    local status = number_of("RESPONSE_STATUS")
    if severity and severity <= ATTACK_SEVERITY then
        points, reason = POINTS_ATTACK, "attack"
    elseif (status == 401 or status == 403) and offered_credentials() then
        points, reason = POINTS_LOGIN, "login refused with " .. string.format("%d", status)
    else
        return nil
    end

    m.setvar("tx.failure_points", points)
    local before = number_of("IP.failures") or 0
    m.log(4, string.format("%s: %s, %d points after this", m.getvar("REMOTE_ADDR"), reason, before + points))
    return string.format("%s (+%d)", reason, points)
end
