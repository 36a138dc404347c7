/* SPDX-License-Identifier: Apache-2.0 */
/* m.getvar, m.getvars and their kin: what rules can look at, scripts can read. */
#include "lua/api.h"
#include "variables/variable.h"

static sl_slice check_name(lua_State *L) {
    size_t length = 0;
    const char *name = luaL_checklstring(L, 1, &length);
    return sl_slice_of(name, length);
}

/* The first value that a target selects, or NULL. */
static sl_text *first_of(lua_State *L, const sl_target *target) {
    if (target->selector > SL_SELECT_KEY) {
        const sl_values *values = sl_api_values(L, target);
        return values->count == 0 ? NULL : values->items[0].text;
    }
    return sl_variable_first(sl_lua_of(L)->run.txn, target->variable, target->selector == SL_SELECT_KEY,
                             target->key, target->key_hash);
}

/* Stack: ──▶ text */
static void push_text(lua_State *L, sl_text *text, const sl_api_steps *steps) {
    const sl_slice result = sl_api_transformed(sl_lua_of(L)->run.txn, text, steps);
    sl_budget_charge_bytes(L, result.len);
    sl_lua_push(L, result);
}

/* m.getvar(name [, tfns]). Stack: 1 name [· 2 transformations] ──▶ text or nil */
static int get_variable(lua_State *L) {
    sl_budget_call(L);
    const sl_slice name = check_name(L);
    sl_api_steps steps;
    sl_api_check_steps(L, 2, &steps);
    sl_target target;
    sl_text *text = sl_api_parse_name(L, name, &target) ? first_of(L, &target) : NULL;
    if (text == NULL) {
        lua_pushnil(L);
    } else {
        push_text(L, text, &steps);
    }
    return 1;
}

/* m.getvars(name [, tfns]). Stack: 1 name [· 2 transformations] ──▶ array of {name = …, value = …} */
static int get_variables(lua_State *L) {
    sl_budget_call(L);
    const sl_slice name = check_name(L);
    sl_api_steps steps;
    sl_api_check_steps(L, 2, &steps);
    sl_target target;
    if (!sl_api_parse_name(L, name, &target)) {
        lua_newtable(L);
        return 1;
    }
    const sl_values *values = sl_api_values(L, &target);
    lua_createtable(L, (int)values->count, 0);
    for (size_t i = 0; i < values->count; i++) {
        lua_createtable(L, 0, 2); /* … array · element */
        sl_api_push_name(L, &values->items[i]);
        lua_setfield(L, -2, "name");
        push_text(L, values->items[i].text, &steps);
        lua_setfield(L, -2, "value");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* What an iterator of m.each works through; in the arena, like the values. */
typedef struct walk {
    sl_values values;
    sl_api_steps steps;
    size_t next;
} walk;

/* Upvalue: 1 walk. Stack: anything ──▶ name · value, or nothing at the end */
static int next_value(lua_State *L) {
    walk *at = lua_touserdata(L, lua_upvalueindex(1));
    if (at->next == at->values.count) return 0;
    const sl_value *value = &at->values.items[at->next++];
    sl_api_push_name(L, value);
    push_text(L, value->text, &at->steps);
    return 2;
}

/* m.each(name [, tfns]). Stack: 1 name [· 2 transformations] ──▶ iterator */
static int each_value(lua_State *L) {
    sl_lua_run *run = sl_budget_call(L);
    const sl_slice name = check_name(L);
    walk *at = SL_NEW(&run->txn->arena, walk);
    sl_api_check_steps(L, 2, &at->steps);
    sl_target target;
    if (sl_api_parse_name(L, name, &target)) {
        sl_variable_expand(run->txn, &target, &at->values);
        sl_budget_charge(L, at->values.count);
    }
    lua_pushlightuserdata(L, at);
    lua_pushcclosure(L, next_value, 1);
    return 1;
}

static size_t count_of(lua_State *L) {
    sl_target target;
    sl_budget_call(L);
    return sl_api_parse_name(L, check_name(L), &target) ? sl_api_values(L, &target)->count : 0;
}

/* m.count(name). Stack: 1 name ──▶ integer */
static int count_values(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)count_of(L));
    return 1;
}

/* m.exists(name). Stack: 1 name ──▶ boolean */
static int has_values(lua_State *L) {
    lua_pushboolean(L, count_of(L) != 0);
    return 1;
}

const sl_api_row sl_api_variables[] = {
    {"getvar", get_variable}, {"getvars", get_variables}, {"each", each_value},
    {"count", count_values},  {"exists", has_values},     {0},
};
