/* SPDX-License-Identifier: Apache-2.0 */
/* io: files behind the door lua.allow.io, processes behind lua.allow.os. The standard streams belong to
 * the server: what is written to them goes to the debug log, reading them finds their end. Files that a
 * run leaves open are closed after it. */
#include "lua/budget.h"
#include "lua/sandbox.h"
#include "ruleset/ruleset.h"

static const char stream_type[] = "seclua.stream"; /* of the three standard streams */

/* ---- the standard streams ---- */

/* Stack: values from first on ──▶ nothing; their texts go to the debug log */
static void write_debug(lua_State *L, int first) {
    sl_budget_call(L);
    const int last = lua_gettop(L);
    for (int i = first; i <= last; i++) luaL_checkstring(L, i);
    if (last < first) return;
    lua_concat(L, last - first + 1);
    sl_sandbox_print(L);
}

/* Stack: 1 stream · values ──▶ stream */
static int stream_write(lua_State *L) {
    write_debug(L, 2);
    lua_settop(L, 1);
    return 1;
}

/* Stack: anything ──▶ nil: the end is reached */
static int at_end(lua_State *L) {
    lua_pushnil(L);
    return 1;
}

/* Stack: anything ──▶ iterator that ends at once */
static int no_lines(lua_State *L) {
    lua_pushcfunction(L, at_end);
    return 1;
}

/* Stack: 1 stream … ──▶ stream; flush, close and setvbuf have nothing to do */
static int stream_stays(lua_State *L) {
    lua_settop(L, 1);
    return 1;
}

static const sl_lua_function stream_functions[] = {
    {"write", stream_write, false}, {"read", at_end, false},        {"lines", no_lines, false},
    {"flush", stream_stays, false}, {"close", stream_stays, false}, {"setvbuf", stream_stays, false},
    {"seek", at_end, false},        {0},
};

/* Stack: io ──▶ io; stdin, stdout and stderr are one and the same */
static void set_streams(lua_State *L) {
    lua_newuserdatauv(L, 0, 0);
    luaL_newmetatable(L, stream_type);
    lua_createtable(L, 0, 7);
    sl_sandbox_set(L, stream_functions);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    for (int i = 0; i < 3; i++) {
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, names[i]);
    }
    lua_pop(L, 1);
}

/* ---- files of the run ---- */

/* Keeps the file at index, so that it is closed at the end. Stack: unchanged */
static void keep_file(lua_State *L, int index) {
    if (luaL_testudata(L, index, LUA_FILEHANDLE) == NULL) return;
    sl_lua_push_run_table(L);
    luaL_getsubtable(L, -1, "files");
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
    sl_lua_of(L)->run.has_files = true;
}

/* Wraps open, popen and tmpfile. Stack: arguments ──▶ file, or nil · message · number */
static int open_file(lua_State *L) {
    sl_budget_call(L);
    const int count = sl_sandbox_stock(L);
    keep_file(L, lua_gettop(L) - count + 1);
    return count;
}

/* Wraps lines with a file name. Stack: [1 name …] ──▶ iterator · nil · nil · file */
static int lines(lua_State *L) {
    sl_budget_call(L);
    if (lua_isnoneornil(L, 1)) return no_lines(L);
    const int count = sl_sandbox_stock(L);
    keep_file(L, lua_gettop(L));
    return count;
}

/* Stack: 1 file ──▶ "file", "closed file" or nil */
static int type_of(lua_State *L) {
    luaL_checkany(L, 1);
    const luaL_Stream *stream = luaL_testudata(L, 1, LUA_FILEHANDLE);
    if (stream != NULL) {
        lua_pushstring(L, stream->closef == NULL ? "closed file" : "file");
    } else if (luaL_testudata(L, 1, stream_type) != NULL) {
        lua_pushliteral(L, "file");
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* Stack: ──▶ this run's default file, or nil */
static bool push_default(lua_State *L, const char *which) {
    if (sl_lua_push_slot(L, SL_LUA_RUN) != LUA_TTABLE) return false;
    lua_getfield(L, -1, which);
    lua_remove(L, -2);
    return !lua_isnil(L, -1);
}

/* io.output and io.input. Upvalues: 1 open · 2 the standard stream. Stack: [1 file or name] ──▶ file */
static int change_default(lua_State *L, const char *which, const char *mode) {
    if (lua_isnoneornil(L, 1)) {
        if (!push_default(L, which)) lua_pushvalue(L, lua_upvalueindex(2));
        return 1;
    }
    if (lua_type(L, 1) == LUA_TSTRING) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        lua_pushstring(L, mode);
        lua_call(L, 2, 2);
        if (lua_isnil(L, -2)) return luaL_error(L, "%s", lua_tostring(L, -1));
        lua_pop(L, 1);
    } else {
        if (luaL_testudata(L, 1, stream_type) == NULL) luaL_checkudata(L, 1, LUA_FILEHANDLE);
        lua_pushvalue(L, 1);
    }
    sl_lua_push_run_table(L);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, which);
    lua_pop(L, 1);
    return 1;
}

static int output(lua_State *L) { return change_default(L, "output", "w"); }
static int input(lua_State *L) { return change_default(L, "input", "r"); }

/* A method of a default file, on the arguments. Stack: arguments ──▶ results. False: there is no such
 * file; unchanged. */
static bool call_default(lua_State *L, const char *which, const char *method) {
    const int arguments = lua_gettop(L);
    if (!push_default(L, which)) {
        lua_settop(L, arguments);
        return false;
    }
    lua_getfield(L, -1, method);
    lua_insert(L, 1);
    lua_insert(L, 2); /* 1 method · 2 file · arguments */
    lua_call(L, arguments + 1, LUA_MULTRET);
    return true;
}

/* Stack: values ──▶ file */
static int write_values(lua_State *L) {
    if (call_default(L, "output", "write")) return lua_gettop(L);
    write_debug(L, 1);
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(2));
    return 1;
}

/* Stack: formats ──▶ values */
static int read_values(lua_State *L) {
    if (call_default(L, "input", "read")) return lua_gettop(L);
    return at_end(L);
}

/* Stack: [1 file] ──▶ what its close returns */
static int close_file(lua_State *L) {
    if (lua_isnone(L, 1)) {
        if (!push_default(L, "output")) return at_end(L);
    }
    lua_settop(L, 1);
    lua_getfield(L, 1, "close");
    lua_insert(L, 1);
    lua_call(L, 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* Stack: 1 files ──▶ nothing; protected */
static int close_all(lua_State *L) {
    const lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        const luaL_Stream *stream = luaL_testudata(L, -1, LUA_FILEHANDLE);
        if (stream != NULL && stream->closef != NULL) {
            lua_getfield(L, -1, "close");
            lua_pushvalue(L, -2);
            lua_call(L, 1, 0);
        }
        lua_settop(L, 1);
    }
    return 0;
}

/* What a failed close leaves open, the collector closes. */
void sl_sandbox_close_files(lua_State *L) {
    if (sl_lua_push_slot(L, SL_LUA_RUN) == LUA_TTABLE && lua_getfield(L, -1, "files") == LUA_TTABLE) {
        lua_pushcfunction(L, close_all);
        lua_insert(L, -2);
        (void)lua_pcall(L, 1, 0, 0);
    }
    lua_settop(L, 0);
}

/* ---- the library ---- */

static const sl_lua_function file_functions[] = {
    {"open", open_file, true}, {"tmpfile", open_file, true}, {"lines", lines, true}, {0},
};
static const sl_lua_function process_functions[] = {{"popen", open_file, true}, {0}};
static const sl_lua_function always_functions[] = {
    {"type", type_of, false}, {"close", close_file, false}, {0}};
static const char *const io_door[] = {"open", "lines", "tmpfile", "input", "output", "close", NULL};
static const char *const os_door[] = {"popen", NULL};

/* Functions that need open and the standard stream. Stack: io ──▶ io */
static void set_defaults(lua_State *L) {
    static const sl_lua_function rows[] = {{"output", output, false},
                                           {"input", input, false},
                                           {"write", write_values, false},
                                           {"read", read_values, false},
                                           {0}};
    for (const sl_lua_function *row = rows; row->name != NULL; row++) {
        lua_getfield(L, -1, "open");
        lua_getfield(L, -2, "stdout");
        lua_pushcclosure(L, row->function, 2);
        lua_setfield(L, -2, row->name);
    }
}

void sl_sandbox_io(lua_State *L) {
    const seclua_lua_options *options = &sl_lua_of(L)->engine->rules->options.lua;
    lua_pushcfunction(L, luaopen_io);
    lua_call(L, 0, 1);
    /* The stock defaults are the server's streams. */
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    set_streams(L);
    sl_sandbox_set(L, file_functions);
    sl_sandbox_set(L, process_functions);
    sl_sandbox_set(L, always_functions);
    set_defaults(L);
    if (!options->allow_io) sl_sandbox_refuse(L, "io", io_door, "lua.allow.io");
    if (!options->allow_os) sl_sandbox_refuse(L, "io", os_door, "lua.allow.os");
}
