/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts write for variables, collections and transformations, turned into what the engine works
 * with. */
#include <stdio.h>

#include "base/strbuf.h"
#include "lua/api.h"
#include "lua/traceback.h"
#include "run/host.h"
#include "variables/variable.h"

enum { shown_name_max = 80 };

/* Stack: unchanged. The caller's place is that of the innermost Lua function. */
void sl_api_note(lua_State *L, unsigned level, const char *text, sl_slice name) {
    sl_txn *txn = sl_lua_of(L)->run.txn;
    if (name.len > shown_name_max) name.len = shown_name_max;
    sl_strbuf message;
    sl_strbuf_init(&message, &txn->arena, 128);
    sl_strbuf_add_z(&message, "Lua: ");
    sl_strbuf_add_z(&message, text);
    sl_strbuf_add(&message, name);
    char place[sl_lua_place_max];
    sl_traceback_place(L, place, sizeof place);
    sl_slice source = sl_slice_z(place);
    if (source.len >= 2) source.len -= 2; /* without ": " */
    sl_host_log(txn, level, false, sl_strbuf_slice(&message), source);
}

static uint64_t mix(uint64_t hash, sl_slice text) {
    for (size_t i = 0; i < text.len; i++) hash = (hash ^ text.ptr[i]) * 0x100000001b3u;
    return hash;
}

bool sl_api_first_time(sl_lua *lua, sl_slice text) {
    const sl_slice name = lua->run.script->name;
    const uint64_t hash = mix(mix(0xcbf29ce484222325u ^ lua->run.script->byte_count, name), text);
    for (size_t i = 0; i < lua->warned_count; i++) {
        if (lua->warned[i] == hash) return false;
    }
    if (lua->warned_count == sl_lua_warned_max) return false;
    lua->warned[lua->warned_count++] = hash;
    return true;
}

/* The earlier of "." and ":"; SIZE_MAX without any. */
static size_t separator_in(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' || text.ptr[i] == ':') return i;
    }
    return SIZE_MAX;
}

/* ---- names that were looked up before ---- */

static sl_lua_name *place_in(sl_lua_name *table, size_t size, sl_slice name) {
    return &table[mix(0xcbf29ce484222325u, name) & (size - 1)];
}

static void keep(sl_lua_name *place, sl_slice name, const void *row) {
    if (name.len == 0 || name.len > sizeof place->text) return;
    place->length = (uint8_t)name.len;
    memcpy(place->text, name.ptr, name.len);
    place->row = row;
}

static const void *kept_at(const sl_lua_name *place, sl_slice name) {
    if (place->length == 0 || !sl_slice_equal(name, sl_slice_of(place->text, place->length))) return NULL;
    return place->row;
}

/* ---- variables ---- */

static bool is_pattern(sl_slice key) {
    return key.len > 2 && key.ptr[0] == '/' && key.ptr[key.len - 1] == '/';
}

/* Only what a second parse would answer alike: all members, or one key. */
static void remember(sl_lua *lua, sl_slice name, const sl_target *target) {
    if (target->selector > SL_SELECT_KEY) return;
    if (sl_slice_starts(name, SL_LIT("HTTP_"))) return; /* an alias: its key is made of the name */
    keep(place_in(lua->names, sl_lua_names, name), name, target->variable);
}

bool sl_api_parse_name(lua_State *L, sl_slice text, sl_target *target) {
    sl_lua *lua = sl_lua_of(L);
    const size_t split = separator_in(text);
    const sl_slice name = split == SIZE_MAX ? text : sl_slice_of(text.ptr, split);
    const sl_slice key = split == SIZE_MAX ? SL_EMPTY : sl_slice_from(text, split + 1);
    const sl_variable *known = kept_at(place_in(lua->names, sl_lua_names, name), name);
    if (known != NULL && !is_pattern(key) && (split == SIZE_MAX || known->kind == SL_COLLECTION)) {
        memset(target, 0, sizeof *target);
        target->variable = known;
        target->written = text;
        target->key = key;
        target->selector = split == SIZE_MAX ? SL_SELECT_ALL : SL_SELECT_KEY;
        if (split != SIZE_MAX) target->key_hash = sl_hash_fold(key);
        return true;
    }
    if (sl_variable_parse(lua->run.txn, text, target)) {
        remember(lua, name, target);
        return true;
    }
    if (sl_api_first_time(lua, text)) sl_api_note(L, 2, "there is no variable ", text);
    return false;
}

const sl_values *sl_api_values(lua_State *L, const sl_target *target) {
    sl_lua_run *run = &sl_lua_of(L)->run;
    run->values.count = 0;
    sl_variable_expand(run->txn, target, &run->values);
    sl_budget_charge(L, run->values.count);
    return &run->values;
}

/* Stack: ──▶ name */
void sl_api_push_name(lua_State *L, const sl_value *value) {
    if (!value->has_key || value->has_own_name || value->is_count) {
        sl_lua_push(L, sl_value_name(sl_lua_of(L)->run.txn, value));
        return;
    }
    const sl_slice name = sl_slice_z(value->variable->name);
    luaL_Buffer text;
    char *at = luaL_buffinitsize(L, &text, name.len + 1 + value->key.len);
    memcpy(at, name.ptr, name.len);
    at[name.len] = ':';
    if (value->key.len != 0) memcpy(at + name.len + 1, value->key.ptr, value->key.len);
    luaL_pushresultsize(&text, name.len + 1 + value->key.len);
}

bool sl_api_split(lua_State *L, const char *function, sl_slice text, sl_slice *collection, sl_slice *key) {
    size_t split = sl_slice_find_byte(text, '.');
    if (split == SIZE_MAX) split = sl_slice_find_byte(text, ':');
    if (split == SIZE_MAX || split + 1 == text.len) {
        char message[64];
        snprintf(message, sizeof message, "m.%s needs COLLECTION.KEY, not ", function);
        sl_api_note(L, 2, message, text);
        return false;
    }
    *collection = sl_slice_of(text.ptr, split);
    *key = sl_slice_from(text, split + 1);
    return true;
}

/* ---- transformations ---- */

static void add_step(lua_State *L, sl_api_steps *steps, sl_slice name) {
    if (name.len == 0) return;
    sl_lua_name *const place = place_in(sl_lua_of(L)->steps, sl_lua_steps, name);
    const sl_transformation *row = kept_at(place, name);
    if (row == NULL) {
        if (sl_slice_equal_fold(name, SL_LIT("none"))) {
            steps->count = 0;
            return;
        }
        row = sl_transformation_of(sl_lua_of(L)->run.txn->rules, name);
        if (row == NULL) {
            if (sl_api_first_time(sl_lua_of(L), name)) sl_api_note(L, 2, "there is no transformation ", name);
            return;
        }
        if (row->own != NULL) {
            if (sl_api_first_time(sl_lua_of(L), name)) sl_api_note(L, 2, "only rules can use the transformation ", name);
            return;
        }
        keep(place, name, row);
    }
    if (steps->count == steps->capacity) {
        sl_arena *arena = &sl_lua_of(L)->run.txn->arena;
        const sl_transformation **grown = sl_arena_alloc(arena, 2 * steps->capacity * sizeof *grown);
        memcpy(grown, steps->items, steps->count * sizeof *grown);
        steps->items = grown;
        steps->capacity *= 2;
    }
    steps->items[steps->count++] = row;
}

/* Stack: … name, or array of names, at index ──▶ the same */
void sl_api_check_steps(lua_State *L, int index, sl_api_steps *steps) {
    steps->items = steps->first;
    steps->count = 0;
    steps->capacity = sizeof steps->first / sizeof steps->first[0];
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return;
    case LUA_TSTRING:
        add_step(L, steps, sl_lua_slice(L, index));
        return;
    case LUA_TTABLE:
        break;
    default:
        sl_api_note(L, 2, "transformations are a name or an array of names, not a ",
                    sl_slice_z(luaL_typename(L, index)));
        return;
    }
    for (lua_Integer i = 1;; i++) {
        const int type = lua_geti(L, index, i);
        if (type == LUA_TNIL) {
            lua_pop(L, 1);
            return;
        }
        if (type != LUA_TSTRING)
            luaL_argerror(L, index, "an array of transformation names holds something else");
        sl_budget_charge(L, 1);
        add_step(L, steps, sl_lua_slice(L, -1));
        lua_pop(L, 1);
    }
}

sl_slice sl_api_transformed(sl_txn *txn, sl_text *text, const sl_api_steps *steps) {
    for (size_t i = 0; i < steps->count; i++) text = sl_values_transform(txn, text, steps->items[i]);
    return text->slice;
}
