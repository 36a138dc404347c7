/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts see: a fresh environment per run over shared libraries, and doors that say why they are
 * closed.
 *
 *     environment (per run) ──__index──▶ base functions (shared)
 *        string, table, m … on first use ▶ overlay (per run) ──__index──▶ library (shared)
 *
 * Nothing that a script can name is shared and writable; so what it changes ends with the run. */
#ifndef SL_LUA_SANDBOX_H
#define SL_LUA_SANDBOX_H

#include "lua/state.h"

/* Builds the shared libraries of a new state. Called once, protected. Stack: unchanged. */
void sl_sandbox_open(lua_State *L);
/* A new environment, made the global table of the state. Stack: ──▶ environment */
void sl_sandbox_enter(lua_State *L);
/* Undoes what a run may have redirected. Never raises. Stack: unchanged. */
void sl_sandbox_leave(lua_State *L);

/* One function of a library that replaces, wraps or refuses. */
typedef struct sl_lua_function {
    const char *name;
    lua_CFunction function; /* NULL: the stock function is taken out */
    bool wraps;             /* upvalue 1 is the stock function */
} sl_lua_function;

/* Sets the rows, which end with a row without a name. Stack: library ──▶ library */
void sl_sandbox_set(lua_State *L, const sl_lua_function *rows);
/* Calls the stock function that this closure wraps, on the same arguments. */
int sl_sandbox_stock(lua_State *L);
/* Puts functions that refuse into the library: option is "lua.allow.io", NULL = never allowed. Names end
 * with NULL.
 * Stack: library ──▶ library */
void sl_sandbox_refuse(lua_State *L, const char *library, const char *const *names, const char *option);

/* The families. Each pushes its library. Stack: ──▶ library */
void sl_sandbox_base(lua_State *L);
void sl_sandbox_string(lua_State *L);
void sl_sandbox_table(lua_State *L);
void sl_sandbox_math(lua_State *L);
void sl_sandbox_utf8(lua_State *L);
void sl_sandbox_coroutine(lua_State *L);
void sl_sandbox_os(lua_State *L);
void sl_sandbox_io(lua_State *L);
void sl_sandbox_debug(lua_State *L);
void sl_sandbox_package(lua_State *L);
void sl_sandbox_api(lua_State *L); /* m */

/* require, dofile and loadfile into the base table, open or refusing. Stack: base ──▶ base */
void sl_sandbox_require(lua_State *L);
/* Closes the files that the run left open. Never raises. Stack: unchanged. */
void sl_sandbox_close_files(lua_State *L);
/* print, warn, io.write: a line of the debug log. Takes the text on top. Stack: text ──▶ */
void sl_sandbox_print(lua_State *L);

#endif
