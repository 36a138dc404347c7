/* SPDX-License-Identifier: Apache-2.0 */
/* m.log: what a script has to say. Levels 1 to 3 reach the error log; all of them the debug log, if its
 * level admits them. */
#include <stdio.h>

#include "lua/api.h"
#include "run/host.h"

enum { text_max = 8192, records_max = 100, level_max = 9 };

/* "s.lua:3" of the caller. */
static sl_slice caller(lua_State *L, char *text, size_t size) {
    lua_Debug frame;
    if (!lua_getstack(L, 1, &frame) || lua_getinfo(L, "Sl", &frame) == 0)
        return sl_lua_of(L)->run.script->name;
    const int length = snprintf(text, size, "%s:%d", frame.short_src, frame.currentline);
    return sl_slice_of(text, (size_t)length < size ? (size_t)length : size - 1);
}

static unsigned level_of(lua_Number number) {
    if (!(number >= 1)) return 1; /* NaN, too */
    return number >= level_max + 1 ? level_max + 1 : (unsigned)number;
}

/* m.log(level, text). Stack: 1 level · 2 text ──▶ nothing */
static int write_log(lua_State *L) {
    sl_lua_run *run = sl_budget_call(L);
    const unsigned level = level_of(luaL_checknumber(L, 1));
    size_t length = 0;
    const char *text = luaL_checklstring(L, 2, &length);
    if (level > level_max || (level > 3 && !sl_host_debugs(run->txn, level))) return 0;
    if (run->log_records >= records_max) {
        if (run->log_records++ == records_max) {
            sl_host_log(run->txn, level, true, SL_LIT("further records of this run are suppressed"),
                        run->script->name);
        }
        return 0;
    }
    run->log_records++;
    char place[sl_lua_place_max];
    sl_host_log(run->txn, level, true, sl_slice_of(text, length < text_max ? length : text_max),
                caller(L, place, sizeof place));
    return 0;
}

const sl_api_row sl_api_log[] = {
    {"log", write_log},
    {0},
};
