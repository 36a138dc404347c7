/* SPDX-License-Identifier: Apache-2.0 */
/* os and debug: clocks and tracebacks for everybody, the rest behind the doors lua.allow.os and
 * lua.allow.debug. */
#include "lua/budget.h"
#include "lua/sandbox.h"
#include "ruleset/ruleset.h"

static const seclua_lua_options *options_of(lua_State *L) {
    return &sl_lua_of(L)->engine->rules->options.lua;
}

/* Wraps date. Stack: [1 format · 2 time] ──▶ text or table */
static int date(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING)
        sl_budget_charge(L, 1 + lua_rawlen(L, 1)); /* each letter is a strftime */
    return sl_sandbox_stock(L);
}

/* The locale is that of the process: it can be asked for, not set. Stack: [1 locale] ──▶ "C" or nil */
static int set_locale(lua_State *L) {
    const char *locale = luaL_optstring(L, 1, NULL);
    if (locale != NULL && *locale != '\0' && strcmp(locale, "C") != 0) {
        lua_pushnil(L);
    } else {
        lua_pushliteral(L, "C");
    }
    return 1;
}

static const char *const os_door[] = {"execute", "getenv", "remove", "rename", "tmpname", NULL};
static const char *const os_never[] = {"exit", NULL};
static const sl_lua_function os_functions[] = {{"date", date, true}, {"setlocale", set_locale, false}, {0}};

void sl_sandbox_os(lua_State *L) {
    lua_pushcfunction(L, luaopen_os);
    lua_call(L, 0, 1);
    sl_sandbox_set(L, os_functions);
    if (!options_of(L)->allow_os) sl_sandbox_refuse(L, "os", os_door, "lua.allow.os");
    sl_sandbox_refuse(L, "os", os_never, NULL);
}

/* ---- debug ---- */

/* Wraps what takes a function and touches its upvalues: those of C functions lead to what all runs share.
 * Stack: 1 function … ──▶ results */
static int of_lua_function(lua_State *L) {
    luaL_argcheck(L, !lua_iscfunction(L, 1), 1, "Lua function expected");
    return sl_sandbox_stock(L);
}

/* Wraps upvaluejoin. Stack: 1 function · 2 index · 3 function · 4 index ──▶ nothing */
static int join_upvalues(lua_State *L) {
    luaL_argcheck(L, !lua_iscfunction(L, 1), 1, "Lua function expected");
    luaL_argcheck(L, !lua_iscfunction(L, 3), 3, "Lua function expected");
    return sl_sandbox_stock(L);
}

/* Metatables that hide themselves stay hidden. Stack: 1 value ──▶ metatable, what it shows instead, or nil */
static int visible_metatable(lua_State *L) {
    luaL_checkany(L, 1);
    if (!lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    luaL_getmetafield(L, 1, "__metatable");
    return 1;
}

/* Wraps setmetatable: only tables have a metatable of their own. Stack: 1 table · 2 metatable ──▶ table */
static int set_own_metatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (lua_istable(L, 2) && (lua_pushliteral(L, "__gc"), lua_rawget(L, 2)) != LUA_TNIL) {
        return luaL_error(L, "lua: a __gc metamethod is not allowed");
    }
    lua_settop(L, 2);
    return sl_sandbox_stock(L);
}

static const char *const debug_door[] = {"gethook",    "getinfo",     "getlocal",     "getmetatable",
                                         "getupvalue", "setlocal",    "setmetatable", "setupvalue",
                                         "upvalueid",  "upvaluejoin", "getuservalue", NULL};
static const char *const debug_never[] = {"sethook", "getregistry",    "setuservalue",
                                          "debug",   "setcstacklimit", NULL};
static const sl_lua_function debug_functions[] = {
    {"getupvalue", of_lua_function, true},   {"setupvalue", of_lua_function, true},
    {"upvalueid", of_lua_function, true},    {"upvaluejoin", join_upvalues, true},
    {"getmetatable", visible_metatable, false}, {"setmetatable", set_own_metatable, true},
    {0},
};

void sl_sandbox_debug(lua_State *L) {
    lua_pushcfunction(L, luaopen_debug);
    lua_call(L, 0, 1);
    if (options_of(L)->allow_debug) {
        sl_sandbox_set(L, debug_functions);
    } else {
        sl_sandbox_refuse(L, "debug", debug_door, "lua.allow.debug");
    }
    sl_sandbox_refuse(L, "debug", debug_never, NULL);
}
