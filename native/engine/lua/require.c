/* SPDX-License-Identifier: Apache-2.0 */
/* require, package, dofile and loadfile: Lua files as text, looked for beside the script and in the
 * engine's folder.
 *
 * A module is compiled once per thread and run once per run: no state of it survives. There are no C
 * modules: this Lua is built without dynamic loading. */
#include <stdio.h>
#include <sys/stat.h>

#include "lua/budget.h"
#include "lua/sandbox.h"
#include "ruleset/ruleset.h"

enum { path_max = 1024 };

static const char *const places[] = {"?.lua", "?/init.lua", NULL};
static const char *const library_names[] = {"string", "table",     "math",  "utf8", "os",
                                            "io",     "coroutine", "debug", NULL};

static const sl_ruleset *rules_of(lua_State *L) { return sl_lua_of(L)->engine->rules; }

/* ---- files ---- */

static bool is_file(const char *path, size_t *size) {
    struct stat status;
    if (stat(path, &status) != 0 || (status.st_mode & S_IFMT) != S_IFREG || status.st_size < 0) return false;
    *size = (size_t)status.st_size;
    return true;
}

/* Nothing raises while the file is open: the room is made before. Stack: ──▶ text, or message (false) */
static bool push_file(lua_State *L, const char *path) {
    size_t size = 0;
    if (!is_file(path, &size)) {
        lua_pushfstring(L, "cannot open %s", path);
        return false;
    }
    if (size > sl_source_bytes_max) {
        lua_pushfstring(L, "%s is longer than 1 MiB", path);
        return false;
    }
    char *room = lua_newuserdatauv(L, size + 1, 0);
    FILE *file = fopen(path, "rb");
    const size_t count = file == NULL ? 0 : fread(room, 1, size + 1, file);
    const bool is_complete = file != NULL && count <= size && ferror(file) == 0;
    if (file != NULL) fclose(file);
    if (is_complete) {
        lua_pushlstring(L, room, count);
    } else {
        lua_pushfstring(L, "cannot read %s", path);
    }
    lua_remove(L, -2);
    return is_complete;
}

/* Stack: text ──▶ function, or message (false) */
static bool compile_text(lua_State *L, const char *path) {
    sl_slice text = sl_lua_slice(L, -1);
    if (text.len != 0 && text.ptr[0] == LUA_SIGNATURE[0]) {
        lua_pushfstring(L, "%s: binary chunks are not allowed", path);
        lua_remove(L, -2);
        return false;
    }
    if (sl_slice_starts(text, sl_slice_z("\xEF\xBB\xBF"))) text = sl_slice_from(text, 3);
    if (text.len != 0 && text.ptr[0] == '#') { /* the line feed stays: line numbers are right */
        const size_t end = sl_slice_find_byte(text, '\n');
        text = end == SIZE_MAX ? SL_EMPTY : sl_slice_from(text, end);
    }
    sl_budget_charge(L, 1 + text.len / 8);
    lua_pushfstring(L, "@%s", path);
    const int status = luaL_loadbufferx(L, (const char *)text.ptr, text.len, lua_tostring(L, -1), "t");
    sl_budget_check(L, status);
    lua_replace(L, -3);
    lua_pop(L, 1);
    return status == LUA_OK;
}

/* Stack: ──▶ function, or message (false) */
static bool push_compiled_file(lua_State *L, const char *path) {
    if (!push_file(L, path)) return false;
    return compile_text(L, path);
}

/* ---- modules ---- */

static bool is_listed(const seclua_lua_options *options, sl_slice name) {
    if (options->require_names == NULL) return true;
    for (size_t i = 0; i < options->require_name_count; i++) {
        if (sl_slice_equal(options->require_names[i], name)) return true;
    }
    return false;
}

/* Dots are folders; a name cannot climb out of the folder it is looked for in. */
static bool is_module_name(sl_slice name) {
    if (name.len == 0 || name.len > 200 || name.ptr[0] == '/' || name.ptr[0] == '.') return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '\0' || name.ptr[i] == '\\' || name.ptr[i] == ':') return false;
        if (name.ptr[i] == '.' && i + 1 < name.len && name.ptr[i + 1] == '.') return false;
    }
    return true;
}

/* folder/name in the shape of a place, into path. False: it does not fit. */
static bool make_path(char path[path_max], sl_slice folder, const char *place, sl_slice name) {
    if (folder.len + name.len + strlen(place) + 2 > path_max) return false;
    char *at = path;
    memcpy(at, folder.ptr, folder.len);
    at += folder.len;
    if (folder.len != 0 && at[-1] != '/') *at++ = '/';
    for (; *place != '\0'; place++) {
        if (*place != '?') {
            *at++ = *place;
            continue;
        }
        for (size_t i = 0; i < name.len; i++) *at++ = name.ptr[i] == '.' ? '/' : (char)name.ptr[i];
    }
    *at = '\0';
    return true;
}

static bool find_module(lua_State *L, sl_slice name, char path[path_max]) {
    const sl_slice folders[] = {sl_lua_of(L)->run.script->folder, rules_of(L)->options.cwd};
    for (size_t f = 0; f < 2; f++) {
        for (const char *const *place = places; *place != NULL; place++) {
            size_t size;
            if (make_path(path, folders[f], *place, name) && is_file(path, &size)) return true;
        }
    }
    return false;
}

/* The main function of a module, compiled by the first run that needs it, with this run's globals.
 * Stack: ──▶ function */
static void push_module(lua_State *L, const char *path) {
    sl_lua_push_slot(L, SL_LUA_MODULES);
    if (lua_getfield(L, -1, path) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        if (!push_compiled_file(L, path)) lua_error(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, path);
    }
    lua_remove(L, -2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_setupvalue(L, -2, 1);
}

static bool is_library(const char *name) {
    for (size_t i = 0; library_names[i] != NULL; i++) {
        if (strcmp(library_names[i], name) == 0) return true;
    }
    return false;
}

/* require(name). Stack: 1 name ──▶ module [· path] */
static int require(lua_State *L) {
    sl_budget_call(L);
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    if (is_library(name)) { /* the run's own overlay */
        lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
        lua_getfield(L, -1, name);
        return 1;
    }
    const seclua_lua_options *options = &rules_of(L)->options.lua;
    if (!options->allow_require) {
        sl_lua_note_door(L);
        return luaL_error(L, "lua: require is not allowed here (option lua.allow.require)");
    }
    sl_lua_push_run_table(L);
    luaL_getsubtable(L, -1, "loaded"); /* 3 */
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 3) != LUA_TNIL) return 1;
    const sl_slice text = sl_lua_slice(L, 1);
    char path[path_max];
    if (!is_listed(options, text))
        return luaL_error(L, "lua: module '%s' is not in the list of option lua.allow.require", name);
    if (!is_module_name(text) || !find_module(L, text, path)) {
        return luaL_error(
            L, "module '%s' not found: no %s.lua or %s/init.lua beside the script or in the engine's folder",
            name, name, name);
    }
    push_module(L, path); /* 4 nil · 5 function */
    lua_pushvalue(L, 1);
    lua_pushstring(L, path);
    lua_call(L, 2, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 3);
    lua_pushstring(L, path);
    return 2;
}

/* ---- package ---- */

/* package.loaded is the run's own. Stack: 1 package · 2 key ──▶ value */
static int read_package(lua_State *L) {
    luaL_checkstring(L, 2);
    if (strcmp(lua_tostring(L, 2), "loaded") != 0) {
        lua_pushnil(L);
        return 1;
    }
    sl_lua_push_run_table(L);
    luaL_getsubtable(L, -1, "loaded");
    return 1;
}

static const char *const package_never[] = {"loadlib", "searchpath", NULL};

void sl_sandbox_package(lua_State *L) {
    lua_createtable(L, 0, 5);
    lua_pushliteral(L, "?.lua;?/init.lua");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_pushliteral(L, "/\n;\n?\n!\n-\n");
    lua_setfield(L, -2, "config");
    sl_sandbox_refuse(L, "package", package_never, NULL);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, read_package);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* ---- dofile, loadfile ---- */

/* loadfile(name [, mode [, env]]). Stack: 1 name … ──▶ function, or nil · message */
static int load_file(lua_State *L) {
    sl_budget_call(L);
    const bool has_environment = !lua_isnone(L, 3);
    lua_settop(L, 3);
    if (!push_compiled_file(L, luaL_checkstring(L, 1))) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, 3);
        lua_setupvalue(L, -2, 1);
    }
    return 1;
}

/* dofile(name). Stack: 1 name ──▶ results */
static int do_file(lua_State *L) {
    sl_budget_call(L);
    lua_settop(L, 1);
    if (!push_compiled_file(L, luaL_checkstring(L, 1))) return lua_error(L);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

static const sl_lua_function functions[] = {
    {"require", require, false}, {"loadfile", load_file, false}, {"dofile", do_file, false}, {0}};
static const char *const io_door[] = {"loadfile", "dofile", NULL};

void sl_sandbox_require(lua_State *L) {
    sl_sandbox_set(L, functions);
    if (!rules_of(L)->options.lua.allow_io) sl_sandbox_refuse(L, "", io_door, "lua.allow.io");
}
