/* SPDX-License-Identifier: Apache-2.0 */
/* math and utf8. Random numbers are ours: the stock generator would be one state for all runs of a thread,
 * and a script that seeds it would decide what the next request gets. */
#include "lua/budget.h"
#include "lua/sandbox.h"

static uint64_t rotate(uint64_t word, unsigned bits) { return (word << bits) | (word >> (64 - bits)); }

/* xoshiro256** of Blackman and Vigna, the generator that the Lua manual names. */
static uint64_t next_word(uint64_t state[4]) {
    const uint64_t result = rotate(state[1] * 5, 7) * 9;
    const uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

static void seed(sl_lua_run *run, uint64_t first, uint64_t second) {
    enum { discarded = 16 };
    run->random[0] = first;
    run->random[1] = 0xff; /* never all zero */
    run->random[2] = second;
    run->random[3] = 0;
    for (int i = 0; i < discarded; i++) next_word(run->random);
    run->has_random = true;
}

static uint64_t random_word(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    if (!lua->run.has_random) seed(&lua->run, sl_lua_random(lua), sl_lua_random(lua));
    return next_word(lua->run.random);
}

/* A number from 0 to last, each as likely: words beyond the mask of last are drawn again. */
static uint64_t random_up_to(lua_State *L, uint64_t last) {
    uint64_t mask = last;
    for (unsigned shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    for (;;) {
        const uint64_t word = random_word(L) & mask;
        if (word <= last) return word;
    }
}

/* Stack: nothing, or 1 last, or 1 first · 2 last ──▶ number */
static int random_number(lua_State *L) {
    lua_Integer first = 1;
    lua_Integer last = 0;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(random_word(L) >> 11) * 0x1p-53);
        return 1;
    case 1:
        last = luaL_checkinteger(L, 1);
        if (last == 0) { /* all bits */
            lua_pushinteger(L, (lua_Integer)random_word(L));
            return 1;
        }
        break;
    case 2:
        first = luaL_checkinteger(L, 1);
        last = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, first <= last, lua_gettop(L), "interval is empty");
    lua_pushinteger(L, (lua_Integer)(random_up_to(L, (uint64_t)last - (uint64_t)first) + (uint64_t)first));
    return 1;
}

/* Stack: [1 number [· 2 integer]] ──▶ both parts of the seed; only this run feels it */
static int seed_random(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    uint64_t first, second = 0;
    if (lua_isnone(L, 1)) {
        first = sl_lua_random(lua);
        second = sl_lua_random(lua);
    } else {
        lua_Integer whole;
        const lua_Number number = luaL_checknumber(L, 1);
        if (lua_numbertointeger(number, &whole) || lua_isinteger(L, 1)) {
            first = (uint64_t)lua_tointeger(L, 1);
        } else {
            memcpy(&first, &number, sizeof first);
        }
        second = (uint64_t)luaL_optinteger(L, 2, 0);
    }
    seed(&lua->run, first, second);
    lua_pushinteger(L, (lua_Integer)first);
    lua_pushinteger(L, (lua_Integer)second);
    return 2;
}

/* pow of Lua 5.2. Stack: 1 base · 2 exponent ──▶ number */
static int power(lua_State *L) {
    luaL_checknumber(L, 1);
    luaL_checknumber(L, 2);
    lua_settop(L, 2);
    lua_arith(L, LUA_OPPOW);
    return 1;
}

static const sl_lua_function math_functions[] = {
    {"random", random_number, false},
    {"randomseed", seed_random, false},
    {"pow", power, false},
    {0},
};

void sl_sandbox_math(lua_State *L) {
    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1);
    sl_sandbox_set(L, math_functions);
    lua_getfield(L, -1, "fmod"); /* mod of Lua 5.0 */
    lua_setfield(L, -2, "mod");
}

/* Wraps what reads through its text. Stack: 1 string … ──▶ results */
static int over_text(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING) sl_budget_charge_bytes(L, lua_rawlen(L, 1));
    return sl_sandbox_stock(L);
}

/* Wraps what makes as many results as it works. Stack: … ──▶ results */
static int over_results(lua_State *L) {
    const int count = sl_sandbox_stock(L);
    sl_budget_charge_bytes(L, (size_t)count);
    return count;
}

static const sl_lua_function utf8_functions[] = {
    {"len", over_text, true},
    {"offset", over_text, true},
    {"codepoint", over_results, true},
    {"char", over_results, true},
    {0},
};

void sl_sandbox_utf8(lua_State *L) {
    lua_pushcfunction(L, luaopen_utf8);
    lua_call(L, 0, 1);
    sl_sandbox_set(L, utf8_functions);
}
