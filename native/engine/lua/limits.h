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

/* Numbers become keys and texts all the time ("ARGS.a" .. i), and stock Lua asks snprintf: in a script that does so for 20
 * arguments that was a fifteenth of all instructions. The digits are the same. */
#if defined(LUA_CORE)
static inline int sl_lua_integer_text(char *out, LUA_INTEGER value) {
    char digits[20]; /* of 2^64 */
    int count = 0, length = 0;
    LUA_UNSIGNED rest = value < 0 ? 0u - (LUA_UNSIGNED)value : (LUA_UNSIGNED)value;
    do {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) out[length++] = '-';
    while (count > 0) out[length++] = digits[--count];
    out[length] = '\0';
    return length;
}
#undef lua_integer2str
#define lua_integer2str(s, sz, n) ((void)(sz), sl_lua_integer_text((s), (n)))
#endif

#endif
