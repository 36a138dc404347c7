/* SPDX-License-Identifier: Apache-2.0 */
/* m.setvar, counters, and the proxies m.tx, m.ip …: what scripts may write. Literally, unless the option
 * luaSetvar says v2. */
#include <stdio.h>

#include "lua/api.h"
#include "lua/text.h"
#include "run/host.h"
#include "variables/variable.h"

enum { value_max = 1 << 20 };

bool sl_api_was_set(lua_State *L, int result, sl_slice collection, sl_slice key) {
    switch ((sl_set_result)result) {
    case SL_SET_DONE:
        return true;
    case SL_SET_NO_COLLECTION:
        sl_api_note(L, 3, "scripts cannot write to ", collection);
        return false;
    case SL_SET_NOT_OPEN:
        sl_api_note(L, 3, "nothing was stored: no initcol or set… has opened ", collection);
        return false;
    case SL_SET_READ_ONLY:
        sl_api_note(L, 3, "the engine keeps this variable itself: ", key);
        return false;
    }
    return false;
}

/* ---- assignment ---- */

static sl_slice expand(sl_txn *txn, sl_slice text) {
    if (sl_slice_find_byte(text, '%') == SIZE_MAX) return text;
    return sl_macro_expand(txn, sl_macro_parse(txn->rules, &txn->arena, sl_arena_copy(&txn->arena, text), NULL, NULL));
}

static bool is_number(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!sl_ascii_is_digit(text.ptr[i])) return false;
    }
    return text.len != 0;
}

/* ModSecurity 2's reading: macros everywhere, +N and -N count, never below 0. */
static int assign_v2(sl_txn *txn, sl_slice collection, sl_slice key, sl_slice value) {
    key = expand(txn, key);
    value = expand(txn, value);
    const bool counts =
        value.len > 1 && (value.ptr[0] == '+' || value.ptr[0] == '-') && is_number(sl_slice_from(value, 1));
    if (!counts) return sl_host_set(txn, collection, key, value);
    int64_t sum = 0;
    const int64_t amount = sl_number_of(sl_slice_from(value, 1));
    const int result = sl_host_add(txn, collection, key, value.ptr[0] == '-' ? -amount : amount, &sum);
    if (result == SL_SET_DONE && sum < 0) return sl_host_set(txn, collection, key, SL_LIT("0"));
    return result;
}

bool sl_api_assign(lua_State *L, sl_slice collection, sl_slice key, int index) {
    sl_txn *txn = sl_lua_of(L)->run.txn;
    if (lua_isnil(L, index)) return sl_api_was_set(L, sl_host_unset(txn, collection, key), collection, key);
    char digits[sl_number_text_max];
    const sl_slice value = sl_lua_check_value(L, index, digits);
    if (value.len > value_max)
        luaL_error(L, "value of %d bytes is too long, %d at most", (int)value.len, (int)value_max);
    sl_budget_charge_bytes(L, value.len);
    const int result = txn->rules->options.lua.setvar_v2 ? assign_v2(txn, collection, key, value)
                                                         : (int)sl_host_set(txn, collection, key, value);
    return sl_api_was_set(L, result, collection, key);
}

/* Stack: ──▶ boolean */
static int push_outcome(lua_State *L, bool outcome) {
    lua_pushboolean(L, outcome);
    return 1;
}

static sl_slice check_name(lua_State *L) {
    size_t length = 0;
    const char *name = luaL_checklstring(L, 1, &length);
    return sl_slice_of(name, length);
}

/* m.setvar("collection.key", value). Stack: 1 name · 2 value ──▶ boolean */
static int set_variable(lua_State *L) {
    sl_budget_call(L);
    if (lua_gettop(L) != 2) {
        sl_api_note(L, 2, "m.setvar takes a name and a value", SL_EMPTY);
        return push_outcome(L, false);
    }
    sl_slice name = check_name(L);
    const bool deletes = name.len != 0 && name.ptr[0] == '!';
    if (deletes) name = sl_slice_from(name, 1);
    sl_slice collection, key;
    if (!sl_api_split(L, "setvar", name, &collection, &key)) return push_outcome(L, false);
    if (deletes) {
        lua_pushnil(L);
        lua_replace(L, 2);
    }
    return push_outcome(L, sl_api_assign(L, collection, key, 2));
}

/* ---- counters ---- */

/* m.incr("collection.key" [, delta [, seconds]]). Stack: 1 name [· 2 delta · 3 seconds] ──▶ new value, or
 * nil */
static int increment(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const lua_Integer delta = luaL_optinteger(L, 2, 1);
    const lua_Integer seconds = luaL_optinteger(L, 3, 0);
    sl_slice collection, key;
    int64_t sum = 0;
    if (!sl_api_split(L, "incr", check_name(L), &collection, &key) ||
        !sl_api_was_set(L, sl_host_add(txn, collection, key, delta, &sum), collection, key)) {
        lua_pushnil(L);
        return 1;
    }
    const bool is_tx =
        sl_slice_equal_fold(collection, SL_LIT("tx")); /* it ends with the transaction anyway */
    if (seconds > 0 && !is_tx) sl_host_expire(txn, collection, key, seconds);
    lua_pushinteger(L, sum);
    return 1;
}

/* m.expire("collection.key", seconds). Stack: 1 name · 2 seconds ──▶ boolean */
static int expire(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const lua_Integer seconds = luaL_checkinteger(L, 2);
    sl_slice collection, key;
    if (!sl_api_split(L, "expire", check_name(L), &collection, &key)) return push_outcome(L, false);
    return push_outcome(L, sl_api_was_set(L, sl_host_expire(txn, collection, key, seconds), collection, key));
}

/* m.del("collection.key"). Stack: 1 name ──▶ boolean */
static int delete_variable(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    sl_slice collection, key;
    if (!sl_api_split(L, "del", check_name(L), &collection, &key)) return push_outcome(L, false);
    return push_outcome(L, sl_api_was_set(L, sl_host_unset(txn, collection, key), collection, key));
}

/* ---- proxies ---- */

static const char *const proxy_names[] = {"tx", "ip", "global", "resource", "session", "user", NULL};

/* Upvalues: 1 collection name · 2 its variable. Stack: 1 proxy · 2 key ──▶ text or nil */
static int read_proxy(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    size_t length = 0;
    const char *text = luaL_checklstring(L, 2, &length);
    const sl_slice key = sl_slice_of(text, length);
    const sl_variable *variable = lua_touserdata(L, lua_upvalueindex(2));
    sl_text *value = sl_variable_first(txn, variable, true, key, sl_hash_fold(key));
    if (value == NULL) {
        lua_pushnil(L);
        return 1;
    }
    sl_budget_charge_bytes(L, value->slice.len);
    sl_lua_push(L, value->slice);
    return 1;
}

/* Upvalues: 1 collection name · 2 its variable. Stack: 1 proxy · 2 key · 3 value ──▶ nothing */
static int write_proxy(lua_State *L) {
    sl_budget_call(L);
    size_t length = 0;
    const char *key = luaL_checklstring(L, 2, &length);
    if (length == 0) return luaL_argerror(L, 2, "the key is empty");
    sl_api_assign(L, sl_lua_slice(L, lua_upvalueindex(1)), sl_slice_of(key, length), 3);
    return 0;
}

/* Userdata, not tables: rawset must find nothing to write to. */
void sl_api_set_proxies(lua_State *L) {
    for (const char *const *name = proxy_names; *name != NULL; name++) {
        lua_newuserdatauv(L, 0, 0);
        lua_createtable(L, 0, 3); /* m · proxy · metatable */
        const lua_CFunction functions[] = {read_proxy, write_proxy};
        const char *const events[] = {"__index", "__newindex"};
        for (int i = 0; i < 2; i++) {
            lua_pushstring(L, *name);
            lua_pushlightuserdata(L, (void *)(uintptr_t)sl_variable_find(sl_slice_z(*name)));
            lua_pushcclosure(L, functions[i], 2);
            lua_setfield(L, -2, events[i]);
        }
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, *name);
    }
}

const sl_api_row sl_api_collections[] = {
    {"setvar", set_variable}, {"incr", increment}, {"expire", expire}, {"del", delete_variable}, {0},
};
