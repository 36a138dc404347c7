/* SPDX-License-Identifier: Apache-2.0 */
/* Environments and overlays: what a run sees is its own, what is shared it cannot write to.
 *
 * An environment is an empty table; its metatable, shared and protected, finds base functions, and makes
 * an overlay when a library is first named. So the smallest script pays for one table, not for copies of
 * the libraries (measured: 0.3 µs against 2 µs for copies of the base functions alone). */
#include "lua/sandbox.h"

typedef struct library {
    const char *name;
    void (*push)(lua_State *L);
} library;

static const library libraries[] = {
    {"string", sl_sandbox_string},       {"table", sl_sandbox_table}, {"math", sl_sandbox_math},
    {"utf8", sl_sandbox_utf8},           {"os", sl_sandbox_os},       {"io", sl_sandbox_io},
    {"coroutine", sl_sandbox_coroutine}, {"m", sl_sandbox_api},       {"debug", sl_sandbox_debug},
    {"package", sl_sandbox_package},
};

enum { library_count = sizeof libraries / sizeof libraries[0] };

/* Stack: unchanged. The string methods follow the run's own string table from now on. */
static void redirect_strings(lua_State *L, int overlay) {
    sl_lua_push_slot(L, SL_LUA_STRING_META);
    lua_pushvalue(L, overlay);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    sl_lua_of(L)->run.string_is_overlaid = true;
}

/* __index of every environment. Upvalues: 1 base functions · 2 overlay metatables by name.
 * Stack: 1 environment · 2 name ──▶ value */
static int find_global(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    const int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TBOOLEAN) lua_pushvalue(L, 1); /* _G */
    if (type != LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL) return 1;
    lua_newtable(L); /* … 4 metatable · 5 overlay */
    lua_pushvalue(L, 4);
    lua_setmetatable(L, 5);
    if (strcmp(lua_tostring(L, 2), "string") == 0) redirect_strings(L, 5);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 5);
    lua_rawset(L, 1);
    return 1;
}

/* Adds the pairs of a table to another one. Stack: unchanged */
static void copy_pairs(lua_State *L, int from, int to) {
    lua_pushnil(L);
    while (lua_next(L, from)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

/* __pairs of an overlay: a copy of the library with the run's own changes on it. Upvalues: 1 library · 2
 * next.
 * Stack: 1 overlay ──▶ next · copy · nil */
static int overlay_pairs(lua_State *L) {
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1)); /* 2 */
    lua_pushvalue(L, lua_upvalueindex(2)); /* 3 */
    lua_newtable(L);                       /* 4 */
    copy_pairs(L, 2, 4);
    copy_pairs(L, 1, 4);
    lua_pushnil(L);
    return 3;
}

/* Stack: library ──▶ metatable of its overlays */
static void make_overlay_meta(lua_State *L) {
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, -2);
    lua_getglobal(L, "next");
    lua_pushcclosure(L, overlay_pairs, 2);
    lua_setfield(L, -2, "__pairs");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_remove(L, -2);
}

void sl_sandbox_set(lua_State *L, const sl_lua_function *rows) {
    for (; rows->name != NULL; rows++) {
        if (rows->function == NULL) {
            lua_pushnil(L);
        } else if (rows->wraps) {
            lua_getfield(L, -1, rows->name);
            lua_pushcclosure(L, rows->function, 1);
        } else {
            lua_pushcfunction(L, rows->function);
        }
        lua_setfield(L, -2, rows->name);
    }
}

/* Stack: arguments ──▶ results, as the stock function leaves them. It runs in this very frame: error texts
 * name it. */
int sl_sandbox_stock(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

/* Upvalues: 1 "io.open" · 2 option or nil. Stack: anything ──▶ error */
static int refuse_call(lua_State *L) {
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    const char *option = lua_tostring(L, lua_upvalueindex(2));
    sl_lua_note_door(L);
    if (option == NULL) return luaL_error(L, "lua: %s is not allowed", name);
    return luaL_error(L, "lua: %s is not allowed here (option %s)", name, option);
}

void sl_sandbox_refuse(lua_State *L, const char *library_name, const char *const *names, const char *option) {
    for (; *names != NULL; names++) {
        if (library_name[0] == '\0') {
            lua_pushstring(L, *names);
        } else {
            lua_pushfstring(L, "%s.%s", library_name, *names);
        }
        lua_pushstring(L, option); /* NULL pushes nil */
        lua_pushcclosure(L, refuse_call, 2);
        lua_setfield(L, -2, *names);
    }
}

/* Builds the libraries, and names them in Lua's table of loaded modules: nobody but its error texts reads
 * that one.
 * Stack: ──▶ table of overlay metatables */
static void make_libraries(lua_State *L) {
    lua_createtable(L, 0, library_count);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    for (size_t i = 0; i < library_count; i++) {
        libraries[i].push(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, libraries[i].name); /* loaded[name] = library */
        make_overlay_meta(L);
        lua_setfield(L, -3, libraries[i].name);
    }
    lua_pop(L, 1);
}

/* A function that Lua 5.1 had elsewhere, into the base table. Stack: unchanged */
static void set_old_name(lua_State *L, int base, const char *library_name, const char *field,
                         const char *old_name) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, library_name);
    lua_getfield(L, -1, field);
    lua_setfield(L, base, old_name);
    lua_pop(L, 2);
}

/* string's methods must be out of a script's reach, and must find the shared library between runs. */
static void protect_strings(lua_State *L) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "string");
    lua_pushvalue(L, -1);
    sl_lua_set_slot(L, SL_LUA_STRING);
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1); /* loaded · string · "" · metatable */
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    sl_lua_set_slot(L, SL_LUA_STRING_META);
    lua_pop(L, 3);
}

void sl_sandbox_open(lua_State *L) {
    sl_sandbox_base(L);
    const int base = lua_gettop(L);
    make_libraries(L);
    lua_pushvalue(L, -1);
    sl_lua_set_slot(L, SL_LUA_LIBRARIES);
    protect_strings(L);
    set_old_name(L, base, "table", "unpack", "unpack");
    lua_createtable(L, 0, 2); /* base · libraries · metatable */
    lua_pushvalue(L, base);
    lua_pushvalue(L, base + 1);
    lua_pushcclosure(L, find_global, 2);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    sl_lua_set_slot(L, SL_LUA_ENVIRONMENT_META);
    lua_newtable(L);
    sl_lua_set_slot(L, SL_LUA_MODULES);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    sl_lua_set_slot(L, SL_LUA_NO_GLOBALS);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_settop(L, base - 1);
}

void sl_sandbox_enter(lua_State *L) {
    lua_newtable(L);
    sl_lua_push_slot(L, SL_LUA_ENVIRONMENT_META);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); /* load without an environment finds this one */
}

void sl_sandbox_leave(lua_State *L) {
    lua_settop(L, 0); /* room: the slots of the failed frames are free */
    sl_lua_run *run = &sl_lua_of(L)->run;
    if (run->has_files) sl_sandbox_close_files(L);
    if (run->string_is_overlaid) {
        sl_lua_push_slot(L, SL_LUA_STRING_META);
        sl_lua_push_slot(L, SL_LUA_STRING);
        lua_setfield(L, -2, "__index"); /* the key exists: nothing is allocated */
    }
    sl_lua_push_slot(L, SL_LUA_NO_GLOBALS);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushnil(L);
    sl_lua_set_slot(L, SL_LUA_RUN);
    lua_settop(L, 0);
}
