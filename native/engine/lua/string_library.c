/* SPDX-License-Identifier: Apache-2.0 */
/* string: the stock functions with their work charged; searching and repeating are ours, because theirs
 * have no bound. */
#include "lua/budget.h"
#include "lua/pattern.h"
#include "lua/sandbox.h"

/* ---- charges ---- */

/* Wraps what works through its first argument. Stack: 1 string … ──▶ results */
static int over_text(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING) sl_budget_charge_bytes(L, lua_rawlen(L, 1));
    return sl_sandbox_stock(L);
}

/* Wraps what works through all its arguments. Stack: values ──▶ results */
static int over_arguments(lua_State *L) {
    size_t bytes = (size_t)lua_gettop(L);
    for (int i = lua_gettop(L); i >= 1; i--) {
        if (lua_type(L, i) == LUA_TSTRING) bytes += lua_rawlen(L, i);
    }
    sl_budget_charge_bytes(L, bytes);
    return sl_sandbox_stock(L);
}

/* Wraps what makes as many results as it works. Stack: 1 string … ──▶ results */
static int over_results(lua_State *L) {
    const int count = sl_sandbox_stock(L);
    sl_budget_charge_bytes(L, (size_t)count);
    return count;
}

/* byte. One byte of a text, by far the commonest question, is answered here; the rest is the stock function's.
 * Stack: 1 string [· 2 first · 3 last] ──▶ integers */
static int byte_of(lua_State *L) {
    if (lua_gettop(L) != 2 || lua_type(L, 1) != LUA_TSTRING || !lua_isinteger(L, 2)) return over_results(L);
    const sl_slice text = sl_lua_slice(L, 1);
    const lua_Integer given = lua_tointeger(L, 2);
    const lua_Integer place = given >= 0 ? given : (lua_Integer)text.len + given + 1;
    sl_budget_charge(L, 1);
    if (place < 1 || place > (lua_Integer)text.len) return 0;
    lua_pushinteger(L, text.ptr[place - 1]);
    return 1;
}

/* Wraps unpack: a format with z looks for the end of a string. Stack: 1 format · 2 string [· 3 start] ──▶
 * values */
static int over_format(lua_State *L) {
    if (lua_type(L, 1) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING) {
        const sl_slice format = sl_lua_slice(L, 1);
        size_t bytes = format.len;
        if (sl_slice_find_byte(format, 'z') != SIZE_MAX) bytes += lua_rawlen(L, 2);
        sl_budget_charge_bytes(L, bytes);
    }
    return sl_sandbox_stock(L);
}

/* Stack: 1 string · 2 count [· 3 separator] ──▶ string */
static int repeat(lua_State *L) {
    size_t length = 0, separator_length = 0;
    const char *text = luaL_checklstring(L, 1, &length);
    const lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_length);
    if (count <= 0 || (length == 0 && separator_length == 0)) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (count == 1) {
        lua_settop(L, 1);
        return 1;
    }
    const size_t turn = length + separator_length;
    if (turn < length || turn > (size_t)LUA_MAXINTEGER / (uint64_t)count)
        return luaL_error(L, "resulting string too large");
    const size_t total = turn * (size_t)count - separator_length;
    if (!sl_budget_has_memory(sl_lua_of(L), total)) sl_budget_trip(L, SL_BUDGET_MEMORY);
    sl_budget_charge_bytes(L, total);
    luaL_Buffer result;
    char *at = luaL_buffinitsize(L, &result, total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(at, text, length);
        at += length;
        if (i + 1 == count || separator_length == 0) continue;
        memcpy(at, separator, separator_length);
        at += separator_length;
    }
    luaL_pushresultsize(&result, total);
    return 1;
}

/* ---- searching ---- */

/* Where a search starts: from 1, from the end if negative. SIZE_MAX: beyond the text. */
static size_t start_of(lua_Integer position, size_t length) {
    if (position > 0) return (size_t)position - 1 > length ? SIZE_MAX : (size_t)position - 1;
    if (position == 0 || position < -(lua_Integer)length) return 0;
    return length - (size_t)(-position);
}

/* The first match from start on. Stack: unchanged */
static const uint8_t *search_from(sl_pattern *search, const uint8_t **start) {
    for (const uint8_t *at = *start;; at++) {
        if (!search->is_anchored) at = sl_pattern_candidate(search, at);
        if (at == NULL) return NULL;
        const uint8_t *end = sl_pattern_match_at(search, at);
        if (end != NULL) {
            *start = at;
            return end;
        }
        if (search->is_anchored || at == search->text_end) return NULL;
    }
}

static int push_plain(lua_State *L, sl_slice text, sl_slice wanted, size_t start) {
    sl_budget_charge_bytes(L, text.len - start);
    const size_t at = sl_slice_find(sl_slice_from(text, start), wanted);
    if (at == SIZE_MAX) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)(start + at) + 1);
    lua_pushinteger(L, (lua_Integer)(start + at + wanted.len));
    return 2;
}

static sl_slice check_text(lua_State *L, int index) {
    size_t length = 0;
    const char *text = luaL_checklstring(L, index, &length);
    return sl_slice_of(text, length);
}

/* Stack: 1 text · 2 pattern [· 3 start · 4 plain] ──▶ first · last · captures, or captures (match), or nil */
static int find_or_match(lua_State *L, bool finds) {
    const sl_slice text = check_text(L, 1);
    const sl_slice pattern = check_text(L, 2);
    const size_t start = start_of(luaL_optinteger(L, 3, 1), text.len);
    if (start == SIZE_MAX) {
        lua_pushnil(L);
        return 1;
    }
    if (finds && (lua_toboolean(L, 4) || sl_pattern_is_plain(pattern)))
        return push_plain(L, text, pattern, start);
    sl_pattern search;
    sl_pattern_begin(&search, L, text, pattern, true);
    const uint8_t *first = text.ptr + start;
    const uint8_t *const end = search_from(&search, &first);
    if (end == NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (!finds) return sl_pattern_push_captures(&search, true, first, end);
    lua_pushinteger(L, (lua_Integer)(first - text.ptr) + 1);
    lua_pushinteger(L, (lua_Integer)(end - text.ptr));
    return 2 + sl_pattern_push_captures(&search, false, first, end);
}

static int find(lua_State *L) { return find_or_match(L, true); }
static int match(lua_State *L) { return find_or_match(L, false); }

/* The iterator of gmatch. Upvalues: 1 text · 2 pattern · 3 where to go on · 4 end of the last match, or -1.
 * Stack: anything ──▶ captures, or nothing */
static int next_match(lua_State *L) {
    const sl_slice text = sl_lua_slice(L, lua_upvalueindex(1));
    sl_pattern search;
    sl_pattern_begin(&search, L, text, sl_lua_slice(L, lua_upvalueindex(2)), false);
    const lua_Integer last_end = lua_tointeger(L, lua_upvalueindex(4));
    for (size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(3)); at <= text.len; at++) {
        const uint8_t *const end = sl_pattern_match_at(&search, text.ptr + at);
        /* An empty match right behind the last one is not a new one. */
        if (end == NULL || end - text.ptr == last_end) continue;
        lua_pushinteger(L, (lua_Integer)(end - text.ptr));
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return sl_pattern_push_captures(&search, true, text.ptr + at, end);
    }
    lua_pushinteger(L, (lua_Integer)text.len + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

/* Stack: 1 text · 2 pattern [· 3 start] ──▶ iterator */
static int match_all(lua_State *L) {
    const sl_slice text = check_text(L, 1);
    check_text(L, 2);
    size_t start = start_of(luaL_optinteger(L, 3, 1), text.len);
    if (start == SIZE_MAX) start = text.len + 1;
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* ---- gsub ---- */

/* A replacement text with %0 … %9 in it, appended to the result. */
static void add_expanded(sl_pattern *search, luaL_Buffer *result, sl_slice replacement, const uint8_t *start,
                         const uint8_t *end) {
    lua_State *L = search->L;
    while (replacement.len != 0) {
        const size_t literal = sl_slice_find_byte(replacement, '%');
        if (literal == SIZE_MAX) break;
        luaL_addlstring(result, (const char *)replacement.ptr, literal);
        const uint8_t kind = literal + 1 < replacement.len ? replacement.ptr[literal + 1] : 0;
        if (kind == '%') {
            luaL_addchar(result, '%');
        } else if (kind == '0') {
            luaL_addlstring(result, (const char *)start, (size_t)(end - start));
        } else if (sl_ascii_is_digit(kind)) {
            sl_pattern_push_capture(search, kind - '1', start, end);
            luaL_tolstring(L, -1, NULL); /* a position is a number */
            lua_remove(L, -2);
            luaL_addvalue(result);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
        replacement = sl_slice_from(replacement, literal + 2);
    }
    luaL_addlstring(result, (const char *)replacement.ptr, replacement.len);
}

/* Stack: 1 text · 2 pattern · 3 replacement … ──▶ the same; the replacement of one match goes into the
 * result. */
static void add_replacement(sl_pattern *search, luaL_Buffer *result, int type, const uint8_t *start,
                            const uint8_t *end) {
    lua_State *L = search->L;
    switch (type) {
    case LUA_TFUNCTION: {
        lua_pushvalue(L, 3);
        const int count = sl_pattern_push_captures(search, true, start, end);
        lua_call(L, count, 1);
        break;
    }
    case LUA_TTABLE:
        sl_pattern_push_capture(search, 0, start, end);
        lua_gettable(L, 3);
        break;
    default:
        add_expanded(search, result, sl_lua_slice(L, 3), start, end);
        return;
    }
    if (!lua_toboolean(L, -1)) { /* nil and false keep the text */
        lua_pop(L, 1);
        luaL_addlstring(result, (const char *)start, (size_t)(end - start));
        return;
    }
    if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(result);
}

/* Stack: 1 text · 2 pattern · 3 replacement [· 4 at most] ──▶ text · count */
static int replace(lua_State *L) {
    const sl_slice text = check_text(L, 1);
    const sl_slice pattern = check_text(L, 2);
    const int type = lua_type(L, 3);
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
        "string/function/table");
    const lua_Integer count_max = luaL_optinteger(L, 4, (lua_Integer)text.len + 1);
    if (type == LUA_TNUMBER) lua_tostring(L, 3);
    sl_pattern search;
    sl_pattern_begin(&search, L, text, pattern, true);
    sl_budget_charge_bytes(L, text.len);
    luaL_Buffer result;
    luaL_buffinit(L, &result);
    const uint8_t *at = text.ptr;
    const uint8_t *last_end = NULL;
    lua_Integer count = 0;
    while (count < count_max) {
        const uint8_t *const end = sl_pattern_match_at(&search, at);
        if (end != NULL && end != last_end) {
            count++;
            add_replacement(&search, &result, type, at, end);
            at = last_end = end;
        } else if (at < search.text_end) {
            luaL_addchar(&result, (char)*at++);
        } else {
            break;
        }
        if (search.is_anchored) break;
    }
    luaL_addlstring(&result, (const char *)at, (size_t)(search.text_end - at));
    luaL_pushresult(&result);
    lua_pushinteger(L, count);
    return 2;
}

static const sl_lua_function functions[] = {
    {"find", find, false},
    {"match", match, false},
    {"gmatch", match_all, false},
    {"gfind", match_all, false}, /* its name in Lua 5.0 */
    {"gsub", replace, false},
    {"rep", repeat, false},
    {"upper", over_text, true},
    {"lower", over_text, true},
    {"reverse", over_text, true},
    {"byte", byte_of, true},
    {"char", over_arguments, true},
    {"format", over_arguments, true},
    {"pack", over_arguments, true},
    {"packsize", over_text, true},
    {"unpack", over_format, true},
    {0},
};

static const char *const closed[] = {"dump", NULL};

void sl_sandbox_string(lua_State *L) {
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1);
    sl_sandbox_set(L, functions);
    sl_sandbox_refuse(L, "string", closed, NULL);
}
