/* SPDX-License-Identifier: Apache-2.0 */
/* table: the stock functions move elements in loops that no hook sees; each element is charged here. Those
 * that ask __len themselves, a second time, are ours: the answer may have changed. */
#include "lua/budget.h"
#include "lua/sandbox.h"

enum { move_max = 10000000, unpack_max = 1000000 };

static bool is_table_like(lua_State *L, int index) {
    if (lua_istable(L, index)) return true;
    return luaL_getmetafield(L, index, "__index") != LUA_TNIL && (lua_pop(L, 1), true);
}

static lua_Integer check_length(lua_State *L) {
    if (!is_table_like(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_len(L, 1);
}

static uint64_t range(lua_Integer first, lua_Integer last) {
    return first > last ? 0 : (uint64_t)last - (uint64_t)first + 1;
}

/* Stack: 1 table · 2 value, or 1 table · 2 position · 3 value ──▶ nothing */
static int insert(lua_State *L) {
    const lua_Integer end = (lua_Integer)((lua_Unsigned)check_length(L) + 1);
    lua_Integer position = end;
    switch (lua_gettop(L)) {
    case 2:
        break;
    case 3:
        position = luaL_checkinteger(L, 2);
        /* One comparison for 1 ≤ position ≤ end that no overflow can fool. */
        luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2, "position out of bounds");
        sl_budget_charge(L, range(position, end));
        for (lua_Integer i = end; i > position; i--) {
            lua_geti(L, 1, i - 1);
            lua_seti(L, 1, i);
        }
        break;
    default:
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    lua_seti(L, 1, position);
    return 0;
}

/* Stack: 1 table [· 2 position] ──▶ removed value */
static int take_out(lua_State *L) {
    const lua_Integer size = check_length(L);
    lua_Integer position = luaL_optinteger(L, 2, size);
    if (position != size) {
        luaL_argcheck(L, (lua_Unsigned)position - 1u <= (lua_Unsigned)size, 2, "position out of bounds");
    }
    sl_budget_charge(L, 1 + range(position, size));
    lua_geti(L, 1, position);
    for (; position < size; position++) {
        lua_geti(L, 1, position + 1);
        lua_seti(L, 1, position);
    }
    lua_pushnil(L);
    lua_seti(L, 1, position);
    return 1;
}

/* Wraps move. Stack: 1 from · 2 first · 3 last · 4 position [· 5 to] ──▶ to */
static int move(lua_State *L) {
    const uint64_t count = range(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    luaL_argcheck(L, count <= move_max, 3, "range is too long");
    sl_budget_charge(L, count);
    return sl_sandbox_stock(L);
}

/* Wraps concat. Stack: 1 table [· 2 separator · 3 first · 4 last] ──▶ string */
static int concat(lua_State *L) {
    const lua_Integer length = check_length(L);
    lua_settop(L, 4);
    const lua_Integer first = luaL_optinteger(L, 3, 1);
    const lua_Integer last = luaL_optinteger(L, 4, length);
    sl_budget_charge(L, 1 + range(first, last));
    lua_pushinteger(L, last); /* settled: a second question to __len changes nothing */
    lua_replace(L, 4);
    return sl_sandbox_stock(L);
}

/* Wraps unpack. Stack: 1 table [· 2 first · 3 last] ──▶ values */
static int unpack(lua_State *L) {
    lua_settop(L, 3);
    const lua_Integer first = luaL_optinteger(L, 2, 1);
    const lua_Integer last = lua_isnil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    const uint64_t count = range(first, last);
    if (count >= unpack_max) return luaL_error(L, "too many results to unpack");
    sl_budget_charge(L, 1 + count);
    lua_pushinteger(L, last);
    lua_replace(L, 3);
    return sl_sandbox_stock(L);
}

/* Wraps pack. Stack: values ──▶ table */
static int pack(lua_State *L) {
    sl_budget_charge(L, 1 + (uint64_t)lua_gettop(L));
    return sl_sandbox_stock(L);
}

static unsigned log2_of(uint64_t number) {
    unsigned bits = 0;
    while (number >>= 1) bits++;
    return bits;
}

/* Wraps sort. A comparison in Lua is counted by the hook, one in C is charged. Stack: 1 table [· 2 less]
 * ──▶ nothing */
static int sort(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        return luaL_error(L, "lua: table.sort takes no table with __len");
    const uint64_t count = lua_rawlen(L, 1);
    const bool counts_itself = lua_isfunction(L, 2) && !lua_iscfunction(L, 2);
    sl_budget_charge(L, 1 + count * (counts_itself ? 1 : 1 + log2_of(count)));
    return sl_sandbox_stock(L);
}

/* getn of Lua 5.1. Stack: 1 table ──▶ its length */
static int length_of(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushinteger(L, luaL_len(L, 1));
    return 1;
}

/* maxn of Lua 5.1. Stack: 1 table ──▶ largest positive numeric key, or 0 */
static int largest_key(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushinteger(L, 0); /* 2: the largest so far */
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        sl_budget_charge(L, 1);
        if (lua_type(L, -1) == LUA_TNUMBER && lua_compare(L, 2, -1, LUA_OPLT)) lua_copy(L, -1, 2);
    }
    lua_settop(L, 2);
    return 1;
}

static const sl_lua_function functions[] = {
    {"insert", insert, false},    {"remove", take_out, false},
    {"move", move, true},         {"concat", concat, true},
    {"unpack", unpack, true},     {"pack", pack, true},
    {"sort", sort, true},         {"getn", length_of, false},
    {"maxn", largest_key, false}, {0},
};

void sl_sandbox_table(lua_State *L) {
    lua_pushcfunction(L, luaopen_table);
    lua_call(L, 0, 1);
    sl_sandbox_set(L, functions);
}
