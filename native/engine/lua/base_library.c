/* SPDX-License-Identifier: Apache-2.0 */
/* The base functions: stock ones where they are harmless, ours where they could outlive a limit or leave
 * the sandbox. */
#include "lua/budget.h"
#include "lua/sandbox.h"
#include "run/host.h"

/* ---- protected calls: a limit passes through them ---- */

/* What remains when a protected call is over, also after a yield inside it. extra: values below its results.
 * Stack: … true · results, or … error ──▶ the same as results */
static int finish_call(lua_State *L, int status, lua_KContext extra) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)extra;
    sl_budget_check(L, status);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* Stack: 1 function · arguments ──▶ true · results, or false · error */
static int protected_call(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return finish_call(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_call), 0);
}

/* Stands before a script's handler. An error of the hook calls its handler inside the hook, where no
 * further hook fires: an endless handler could never be stopped there. So after a limit the handler is
 * left out.
 * Upvalue: 1 handler. Stack: 1 error ──▶ what the handler returns */
static int call_handler(lua_State *L) {
    if (sl_lua_of(L)->run.tripped != SL_BUDGET_NONE) return 1;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* Stack: 1 function · 2 handler · arguments ──▶ true · results, or false · what the handler returned */
static int protected_call_handled(lua_State *L) {
    luaL_checktype(L, 2, LUA_TFUNCTION);
    const int arguments = lua_gettop(L) - 2;
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, call_handler, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* 1 function · 2 handler · 3 true · 4 function · arguments */
    return finish_call(L, lua_pcallk(L, arguments, LUA_MULTRET, 2, 2, finish_call), 2);
}

/* ---- what a script could use against the next run ---- */

/* Wraps setmetatable: no finalizers, since no limit reaches them. Stack: 1 table · 2 metatable ──▶ table */
static int set_metatable(lua_State *L) {
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "lua: a __gc metamethod is not allowed");
        lua_pop(L, 1);
    }
    return sl_sandbox_stock(L);
}

/* Stack: 1 option ──▶ number or boolean. What would change the collector's mode is accepted, without
 * effect. */
static int collect_garbage(lua_State *L) {
    static const char *const options[] = {"collect",      "stop",        "restart",    "count",
                                          "step",         "setpause",    "setstepmul", "isrunning",
                                          "generational", "incremental", NULL};
    const int option = luaL_checkoption(L, 1, "collect", options);
    switch (option) {
    case 3: {
        const int kilobytes = lua_gc(L, LUA_GCCOUNT);
        lua_pushnumber(L, kilobytes + lua_gc(L, LUA_GCCOUNTB) / 1024.0);
        return 1;
    }
    case 0:
        sl_budget_charge_bytes(L, sl_lua_of(L)->held_bytes);
        lua_gc(L, LUA_GCCOLLECT);
        lua_pushinteger(L, 0);
        return 1;
    case 4:
        sl_budget_charge_bytes(L, sl_lua_of(L)->held_bytes / 4);
        lua_pushboolean(L, lua_gc(L, LUA_GCSTEP, 0));
        return 1;
    case 7:
        lua_pushboolean(L, 1);
        return 1;
    case 8:
    case 9:
        lua_pushliteral(L, "incremental");
        return 1;
    default:
        lua_pushinteger(L, 0);
        return 1;
    }
}

/* Wraps tonumber: digits are read in a loop that no hook sees. Stack: 1 value [· 2 base] ──▶ number or nil */
static int to_number(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING) sl_budget_charge_bytes(L, lua_rawlen(L, 1));
    return sl_sandbox_stock(L);
}

/* ---- load: text only ---- */

/* Collects what a reader function returns. Stack: 1 reader ──▶ source, in place of it */
static void read_pieces(lua_State *L) {
    luaL_Buffer source;
    luaL_buffinit(L, &source);
    size_t total = 0;
    for (;;) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        size_t length = 0;
        if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "reader function must return a string");
        lua_tolstring(L, -1, &length);
        total += length;
        if (total > sl_source_bytes_max)
            luaL_error(L, "lua: source is longer than %d bytes", (int)sl_source_bytes_max);
        if (length == 0) {
            lua_pop(L, 1);
            break;
        }
        luaL_addvalue(&source);
    }
    luaL_pushresult(&source);
    lua_replace(L, 1);
}

/* Stack: 1 reader ──▶ source; protected, since the errors of a reader are load's to report */
static int read_protected(lua_State *L) {
    read_pieces(L);
    lua_settop(L, 1);
    return 1;
}

/* Stack: message ──▶ nil · message */
static int load_failed(lua_State *L) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/* Stack: 1 source or reader · 2 chunk name · 3 mode · 4 environment ──▶ function, or nil · message */
static int load_text(lua_State *L) {
    const bool has_environment = !lua_isnone(L, 4);
    lua_settop(L, 4);
    const char *mode = luaL_optstring(L, 3, "t");
    const char *name = luaL_optstring(L, 2, lua_type(L, 1) == LUA_TSTRING ? NULL : "=(load)");
    if (lua_type(L, 1) != LUA_TSTRING) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        lua_pushcfunction(L, read_protected);
        lua_pushvalue(L, 1);
        const int status = lua_pcall(L, 1, 1, 0);
        sl_budget_check(L, status);
        if (status != LUA_OK) return load_failed(L);
        lua_replace(L, 1);
    }
    const sl_slice source = sl_lua_slice(L, 1);
    if (source.len > sl_source_bytes_max) {
        lua_pushfstring(L, "lua: source is longer than %d bytes", (int)sl_source_bytes_max);
        return load_failed(L);
    }
    if (source.len != 0 && source.ptr[0] == LUA_SIGNATURE[0]) {
        lua_pushliteral(L, "binary chunks are not allowed");
        return load_failed(L);
    }
    if (strchr(mode, 't') == NULL) {
        lua_pushfstring(L, "attempt to load a text chunk (mode is '%s')", mode);
        return load_failed(L);
    }
    sl_budget_charge(L,
                     1 + source.len / 8); /* the compiler takes about 8 bytes in the time of an instruction */
    const char *text = (const char *)source.ptr;
    const int status = luaL_loadbufferx(L, text, source.len, name == NULL ? text : name, "t");
    sl_budget_check(L, status);
    if (status != LUA_OK) return load_failed(L);
    if (has_environment) {
        lua_pushvalue(L, 4);
        lua_setupvalue(L, -2, 1);
    }
    return 1;
}

/* ---- output: the debug log ---- */

void sl_sandbox_print(lua_State *L) {
    sl_txn *txn = sl_lua_of(L)->run.txn;
    if (sl_host_debugs(txn, 4)) {
        const sl_slice text = sl_lua_slice(L, -1);
        const int shown = text.len > 4000 ? 4000 : (int)text.len;
        sl_host_debug(txn, 4, "%.*s", shown, (const char *)text.ptr);
    }
    lua_pop(L, 1);
}

/* Stack: values ──▶ nothing */
static int print(lua_State *L) {
    sl_budget_call(L);
    const int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    sl_sandbox_print(L);
    return 0;
}

/* Stack: strings ──▶ nothing; control messages ("@on") have no meaning here */
static int warn(lua_State *L) {
    luaL_checkstring(L, 1);
    const int count = lua_gettop(L);
    for (int i = 2; i <= count; i++) luaL_checkstring(L, i);
    if (count == 1 && *lua_tostring(L, 1) == '@') return 0;
    sl_budget_call(L);
    lua_concat(L, count);
    sl_sandbox_print(L);
    return 0;
}

static const sl_lua_function functions[] = {
    {"pcall", protected_call, false},
    {"xpcall", protected_call_handled, false},
    {"setmetatable", set_metatable, true},
    {"collectgarbage", collect_garbage, false},
    {"tonumber", to_number, true},
    {"load", load_text, false},
    {"loadstring", load_text, false},
    {"print", print, false},
    {"warn", warn, false},
    {0},
};

void sl_sandbox_base(lua_State *L) {
    lua_pushcfunction(L, luaopen_base); /* fills the state's first table of globals and returns it */
    lua_call(L, 0, 1);
    sl_sandbox_set(L, functions);
    sl_sandbox_require(L);
    lua_pushboolean(L, 1); /* stands for the environment itself: find_global */
    lua_setfield(L, -2, "_G");
}
