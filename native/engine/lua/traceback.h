/* SPDX-License-Identifier: Apache-2.0 */
/* Where a script stands: for log records and error texts. Writes into fixed room, allocates nothing. */
#ifndef SL_LUA_TRACEBACK_H
#define SL_LUA_TRACEBACK_H

#include "lua/state.h"

/* "s.lua:3: " of the innermost Lua function, or "". */
void sl_traceback_place(lua_State *L, char *text, size_t size);
/* "s.lua:3 in f, s.lua:9 in main chunk": at most 20 frames, innermost first. */
void sl_traceback_frames(lua_State *L, char *text, size_t size);

#endif
