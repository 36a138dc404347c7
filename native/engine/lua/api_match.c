/* SPDX-License-Identifier: Apache-2.0 */
/* m.match: a match with more to say than a text: which variable, data, severity and tags for the alert.
 *
 * The result is a userdata whose content lies in the transaction's arena, so that main can return it and
 * nothing else can be mistaken for it. Making one decides nothing: only what main returns counts. */
#include "lua/api.h"
#include "run/host.h"
#include "variables/variable.h"

enum { tags_max = 64 };

static const char *const severities[] = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
                                         "WARNING",   "NOTICE", "INFO",     "DEBUG"};

/* Stack: … value ──▶ … value. A copy in the arena. */
static sl_slice check_field(lua_State *L, const char *name) {
    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
        luaL_error(L, "m.match: %s must be a string, not a %s", name, luaL_typename(L, -1));
    }
    const sl_slice text = sl_lua_slice(L, -1);
    sl_budget_charge_bytes(L, text.len);
    return sl_arena_copy(&sl_lua_of(L)->run.txn->arena, text);
}

/* Stack: … options ──▶ … options. False: the field is nil. */
static bool read_text(lua_State *L, const char *name, sl_slice *out) {
    const bool is_there = lua_getfield(L, 2, name) != LUA_TNIL;
    if (is_there) *out = check_field(L, name);
    lua_pop(L, 1);
    return is_there;
}

static int8_t check_severity(lua_State *L) {
    int is_number = 0;
    const lua_Integer number = lua_tointegerx(L, -1, &is_number);
    if (is_number && number >= 0 && number <= 7) return (int8_t)number;
    const sl_slice text = lua_type(L, -1) == LUA_TSTRING ? sl_lua_slice(L, -1) : SL_EMPTY;
    for (int i = 0; i < 8; i++) {
        if (sl_slice_equal_fold(text, sl_slice_z(severities[i]))) return (int8_t)i;
    }
    luaL_error(L, "m.match: severity is 0 to 7 or its name");
    return -1;
}

/* Stack: … tags ──▶ … tags */
static void read_tags(lua_State *L, sl_script_match *match) {
    if (lua_type(L, -1) != LUA_TTABLE) luaL_error(L, "m.match: tags must be an array of strings");
    const size_t count = lua_rawlen(L, -1);
    if (count > tags_max) luaL_error(L, "m.match: more than %d tags", (int)tags_max);
    sl_slice *tags = sl_arena_alloc(&sl_lua_of(L)->run.txn->arena, (count + 1) * sizeof *tags);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        tags[i] = check_field(L, "each of the tags");
        lua_pop(L, 1);
    }
    match->tags = tags;
    match->tag_count = count;
}

/* The value that a rule would have seen under that name. */
static sl_slice value_of(lua_State *L, sl_slice name) {
    sl_target target;
    if (!sl_api_parse_name(L, name, &target)) return SL_EMPTY;
    const sl_values *values = sl_api_values(L, &target);
    return values->count == 0 ? SL_EMPTY : values->items[0].text->slice;
}

/* Stack: 1 text · 2 options ──▶ the same */
static void read_options(lua_State *L, sl_script_match *match) {
    match->has_variable = read_text(L, "var", &match->variable);
    if (!read_text(L, "value", &match->value) && match->has_variable) {
        match->value = value_of(L, match->variable);
    }
    match->has_data = read_text(L, "logdata", &match->data);
    if (lua_getfield(L, 2, "severity") != LUA_TNIL) match->severity = check_severity(L);
    if (lua_getfield(L, 2, "tags") != LUA_TNIL) read_tags(L, match);
    lua_pop(L, 2);
}

/* m.match(text [, {var =, value =, logdata =, severity =, tags =}]). Stack: 1 text [· 2 options] ──▶ result */
static int make_match(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    luaL_checkstring(L, 1);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    sl_script_match *match = SL_NEW(&txn->arena, sl_script_match);
    match->severity = -1;
    match->text = sl_arena_copy(&txn->arena, sl_lua_slice(L, 1));
    sl_budget_charge_bytes(L, match->text.len);
    if (!lua_isnil(L, 2)) read_options(L, match);
    const sl_script_match **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = match;
    sl_lua_push_slot(L, SL_LUA_MATCH);
    lua_setmetatable(L, -2);
    return 1;
}

/* Stack: … userdata … ──▶ the same */
const sl_script_match *sl_api_match_at(lua_State *L, int index) {
    const sl_script_match *const *box = lua_touserdata(L, index);
    if (!lua_getmetatable(L, index)) return NULL;
    sl_lua_push_slot(L, SL_LUA_MATCH);
    const bool is_match = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    return is_match ? *box : NULL;
}

void sl_api_open_match(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "match");
    lua_setfield(L, -2, "__name");
    sl_lua_set_slot(L, SL_LUA_MATCH);
}

const sl_api_row sl_api_match[] = {
    {"match", make_match},
    {0},
};
