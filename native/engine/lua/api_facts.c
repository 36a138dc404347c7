/* SPDX-License-Identifier: Apache-2.0 */
/* m.now, m.clock, m.rule, m.left: what a script may know about its circumstances. */
#include "lua/api.h"
#include "run/clock.h"
#include "run/host.h"

enum { api_level = 1 };

/* m.now(). Stack: ──▶ epoch seconds at which the transaction began, with microseconds */
static int started_at(lua_State *L) {
    lua_pushnumber(L, (lua_Number)sl_budget_call(L)->txn->start_us / 1e6);
    return 1;
}

/* m.clock(). Stack: ──▶ seconds of a clock that never goes back */
static int monotonic(lua_State *L) {
    sl_budget_call(L);
    lua_pushnumber(L, (lua_Number)sl_clock_monotonic_us() / 1e6);
    return 1;
}

/* Stack: table ──▶ table; limits without an end are left out */
static void set_left(lua_State *L, const char *name, uint64_t max, uint64_t used) {
    if (max == UINT64_MAX) return;
    lua_pushinteger(L, (lua_Integer)(used > max ? 0 : max - used));
    lua_setfield(L, -2, name);
}

/* m.left(). Stack: ──▶ {instructions =, ms =, memory =, steps =} */
static int budget_left(lua_State *L) {
    const sl_lua *lua = sl_lua_of(L);
    const sl_lua_run *run = sl_budget_call(L);
    lua_createtable(L, 0, 4);
    set_left(L, "instructions", run->instructions_max, run->instructions);
    set_left(L, "steps", run->steps_max, run->steps);
    set_left(L, "memory", lua->held_max == SIZE_MAX ? UINT64_MAX : lua->held_max, lua->held_bytes);
    if (run->deadline_us != INT64_MAX) {
        const int64_t left_us = run->deadline_us - sl_clock_monotonic_us();
        lua_pushinteger(L, left_us < 0 ? 0 : left_us / 1000);
        lua_setfield(L, -2, "ms");
    }
    return 1;
}

/* ---- m.rule ---- */

/* Stack: ──▶ array of texts */
static void push_tags(lua_State *L, sl_txn *txn, const sl_rule *rule) {
    lua_createtable(L, (int)rule->tag_count, 0);
    for (size_t i = 0; i < rule->tag_count; i++) {
        sl_lua_push(L, sl_macro_expand(txn, rule->tags[i]));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* A field of the running rule; of a chain, metadata are the starter's. Stack: 1 rule · 2 name ──▶ value or
 * nil */
static int read_rule(lua_State *L) {
    sl_lua_run *run = sl_budget_call(L);
    const sl_slice name = sl_slice_z(luaL_checkstring(L, 2));
    const sl_rule *link = run->rule;
    lua_pushnil(L);
    if (link == NULL) return 1;
    const sl_rule *starter = link->starter == NULL ? link : link->starter;
    if (sl_slice_equal(name, SL_LIT("id"))) {
        lua_pushinteger(L, (lua_Integer)link->id);
    } else if (sl_slice_equal(name, SL_LIT("phase"))) {
        lua_pushinteger(L, link->phase);
    } else if (sl_slice_equal(name, SL_LIT("line"))) {
        lua_pushinteger(L, link->line);
    } else if (sl_slice_equal(name, SL_LIT("file"))) {
        sl_lua_push(L, link->file);
    } else if (sl_slice_equal(name, SL_LIT("severity")) && starter->severity >= 0) {
        lua_pushinteger(L, starter->severity);
    } else if (sl_slice_equal(name, SL_LIT("msg")) && starter->message != NULL) {
        sl_lua_push(L, sl_macro_expand(run->txn, starter->message));
    } else if (sl_slice_equal(name, SL_LIT("tags"))) {
        push_tags(L, run->txn, starter);
    }
    return 1;
}

/* Stack: 1 rule · 2 name · 3 value ──▶ error */
static int refuse_write(lua_State *L) { return luaL_error(L, "m.rule is read-only"); }

void sl_api_set_facts(lua_State *L) {
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, read_rule);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "rule");
    lua_pushfstring(L, "seclua %s", seclua_version());
    lua_setfield(L, -2, "version");
    lua_pushinteger(L, api_level);
    lua_setfield(L, -2, "api");
    lua_pushlightuserdata(L, NULL); /* null of JSON: unlike nil it can stand in a table */
    lua_setfield(L, -2, "null");
}

const sl_api_row sl_api_facts[] = {
    {"now", started_at},
    {"clock", monotonic},
    {"left", budget_left},
    {0},
};
