/* SPDX-License-Identifier: Apache-2.0 */
/* What we set in the vendored Lua, by way of its own LUA_USER_H: every file of the library and every one
 * of ours that includes lua.h sees it. It must stay so, since the place of the registry depends on the
 * stack limit. */
#ifndef SL_LUA_LIMITS_H
#define SL_LUA_LIMITS_H

/* Slots of a value stack: endless recursion ends with "stack overflow", long before it has used up the
 * memory of a run. */
#undef LUAI_MAXSTACK
#define LUAI_MAXSTACK 100000

/* Scripts use names from requests as table keys, so nobody may guess the seed of the string hash. Stock
 * Lua takes the clock and addresses; where the system has random bytes at hand, we take those. */
#if defined(LUA_CORE) && !defined(_WIN32)
#include <sys/random.h>
#include <unistd.h>

static inline unsigned int sl_lua_make_seed(const void *state) {
    unsigned int seed = 0;
    if (getentropy(&seed, sizeof seed) == 0) return seed;
    return (unsigned int)((unsigned long long)(size_t)state >> 4);
}
#define luai_makeseed(L) sl_lua_make_seed(L)
#endif

#endif
