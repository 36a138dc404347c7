/* SPDX-License-Identifier: Apache-2.0 */
/* Our pattern matcher against its twin, the one of stock Lua: random patterns over random texts, through
 * find, match, gmatch and gsub. Results, captures and error messages must be equal. The seed is printed
 * when they are not. */
#include <stdio.h>
#include <stdlib.h>

#include "lua/budget.h"
#include "lua/sandbox.h"

enum { rounds = 60000, text_max = 12, pattern_max = 8 };

static const char *const pieces[] = {
    "a",  "b",  ".", "%a", "%d",  "%s",   "%w", "[ab]", "[^a]",   "[a-c]", "%W",     "[%d_]",   "(",
    ")",  "()", "*", "+",  "-",   "?",    "^",  "$",    "%1",     "%b()",  "%f[%w]", "%f[^%w]", "%%",
    "[]", "[",  "%", "%z", "(a)", "%bab", "]",  "[a-]", "[%a-z]", "1",     "%x",     "%p"};
static const char letters[] = "ab(1)_ c%]-";

static uint64_t state;

static unsigned pick(unsigned count) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % count;
}

/* The same questions to both libraries: one text that holds all answers. */
static const char script[] =
    "local lib, text, pattern, replacement, start = ...\n"
    "local function show(...)\n"
    "  local out = {}\n"
    "  for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end\n"
    "  return table.concat(out, ',')\n"
    "end\n"
    "local function all()\n"
    "  local out, n = {}, 0\n"
    "  for a, b in lib.gmatch(text, pattern) do out[#out + 1] = show(a, b) n = n + 1 if n > 50 then break "
    "end end\n"
    "  return table.concat(out, ';')\n"
    "end\n"
    "return table.concat({\n"
    "  show(pcall(lib.find, text, pattern)), show(pcall(lib.match, text, pattern, start)),\n"
    "  show(pcall(lib.find, text, pattern, start)), show(pcall(all)), show(pcall(lib.gsub, text, pattern, "
    "replacement)),\n"
    "  show(pcall(lib.gsub, text, pattern, function(a, b) return b end, 2)),\n"
    "  show(pcall(lib.gsub, text, pattern, {a = 'T', b = false}))}, '|')\n";

/* Stack: 1 script · 2 library … ──▶ 1 script; the answers are copied out */
static void ask(lua_State *L, int library, const char *text, const char *pattern, const char *replacement,
                int start, char *answer, size_t size) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, library);
    lua_pushstring(L, text);
    lua_pushstring(L, pattern);
    lua_pushstring(L, replacement);
    lua_pushinteger(L, start);
    if (lua_pcall(L, 5, 1, 0) != LUA_OK) {
        snprintf(answer, size, "failed: %s", lua_tostring(L, -1));
    } else {
        snprintf(answer, size, "%s", lua_tostring(L, -1));
    }
    lua_settop(L, 3);
}

static void make(char *text, char *pattern) {
    unsigned length = pick(text_max);
    for (unsigned i = 0; i < length; i++) text[i] = letters[pick(sizeof letters - 1)];
    text[length] = '\0';
    pattern[0] = '\0';
    for (unsigned i = pick(pattern_max); i > 0; i--)
        strcat(pattern, pieces[pick(sizeof pieces / sizeof pieces[0])]);
}

int main(int argc, char **argv) {
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20260726;
    state = seed;
    sl_lua *lua = calloc(1, sizeof *lua);
    lua_State *L = luaL_newstate();
    *(sl_lua **)lua_getextraspace(L) = lua;
    lua->L = lua->current = L;
    lua->run.instructions_max = lua->run.steps_max = UINT64_MAX;
    lua->run.deadline_us = INT64_MAX;
    luaL_openlibs(L);
    if (luaL_loadstring(L, script) != LUA_OK) return 2;
    lua_getglobal(L, "string"); /* 2 */
    sl_sandbox_string(L);       /* 3 */
    int failures = 0;
    static const char *const replacements[] = {"x", "<%0>", "%1", "%%", "%2%1", "%"};
    for (int i = 0; i < rounds && failures < 10; i++) {
        char text[text_max + 1];
        char pattern[pattern_max * 8];
        make(text, pattern);
        const char *replacement = replacements[pick(sizeof replacements / sizeof replacements[0])];
        const int start = (int)pick(16) - 6;
        static char stock[8192], ours[8192];
        ask(L, 2, text, pattern, replacement, start, stock, sizeof stock);
        ask(L, 3, text, pattern, replacement, start, ours, sizeof ours);
        if (strcmp(stock, ours) == 0) continue;
        failures++;
        fprintf(stderr,
                "seed %llu round %d: text %s pattern %s replacement %s start %d\n stock %s\n ours  %s\n",
                (unsigned long long)seed, i, text, pattern, replacement, start, stock, ours);
    }
    lua_close(L);
    free(lua);
    return failures == 0 ? 0 : 1;
}
