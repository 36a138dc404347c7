/* SPDX-License-Identifier: Apache-2.0 */
/* m.op, m.rx, m.pm, m.ipmatch: the operators of the rule language on texts of the script.
 *
 * What an operator prepares is kept per thread, by operator and parameter, in a rule set of its own that
 * holds nothing else. When it is full it is thrown away as a whole: parameters made from requests must not
 * pile up. */
#include "lua/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/engine.h"
#include "run/host.h"

enum { kept_max = 256, kept_bytes_max = 8 * 1024 * 1024, parameter_max = 256 * 1024, prepare_charge = 1000 };

typedef struct kept_operator {
    const sl_operator *row;
    sl_slice parameter;
    sl_operand operand;
} kept_operator;

struct sl_lua_operators {
    sl_ruleset *home; /* arena and resources of what is prepared */
    kept_operator items[kept_max];
    size_t count;
    char error[256]; /* of the last prepare */
};

/* ---- preparing ---- */

static void note_error(void *context, const char *code, const char *message, const char *hint, size_t offset,
                       size_t length) {
    (void)hint;
    (void)offset;
    (void)length;
    struct sl_lua_operators *kept = context;
    if (strncmp(code, "SECLUA_E", 8) == 0) snprintf(kept->error, sizeof kept->error, "%s", message);
}

/* A script that runs reads no files by way of an operator. */
static bool read_nothing(void *context, sl_slice name, sl_slice *path, sl_slice *content) {
    (void)context;
    (void)name;
    (void)path;
    (void)content;
    errno = EACCES;
    return false;
}

/* A parameter is taken literally: m.expand is there for macros. */
static const struct sl_macro *no_macro(void *context, sl_slice text, size_t offset) {
    (void)offset;
    struct sl_lua_operators *kept = context;
    sl_macro *macro = SL_NEW(&kept->home->arena, sl_macro);
    macro->source = text;
    macro->is_literal = true;
    return macro;
}

static void out_of_memory(void *context) {
    sl_lua *lua = context;
    lua->run.refused = SL_BUDGET_MEMORY;
    sl_budget_trip(lua->current, SL_BUDGET_MEMORY);
}

void sl_api_free_operators(sl_lua *lua) {
    if (lua->operators == NULL) return;
    seclua_ruleset_release((seclua_ruleset *)lua->operators->home);
    free(lua->operators);
    lua->operators = NULL;
}

static struct sl_lua_operators *kept_of(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    struct sl_lua_operators *kept = lua->operators;
    if (kept != NULL && (kept->count == kept_max || kept->home->arena.used_bytes > kept_bytes_max)) {
        sl_api_free_operators(lua);
        kept = NULL;
    }
    if (kept != NULL) return kept;
    kept = calloc(1, sizeof *kept);
    if (kept != NULL) kept->home = sl_ruleset_new(out_of_memory, lua);
    if (kept == NULL || kept->home == NULL) {
        free(kept);
        sl_budget_trip(L, SL_BUDGET_MEMORY);
    }
    kept->home->config = lua->engine->rules->config;
    kept->home->options = lua->engine->rules->options;
    kept->home->geo_database = lua->engine->rules->geo_database;
    lua->operators = kept;
    return kept;
}

/* The operator with this parameter, prepared; raises what is wrong with it. */
static const kept_operator *prepared(lua_State *L, sl_slice name, sl_slice parameter) {
    const sl_operator *row = sl_operator_find(name);
    if (row == NULL)
        luaL_error(L, "there is no operator %s", lua_pushlstring(L, (const char *)name.ptr, name.len));
    if (parameter.len > parameter_max) luaL_error(L, "the parameter of @%s is too long", row->name);
    struct sl_lua_operators *kept = kept_of(L);
    for (size_t i = 0; i < kept->count; i++) {
        if (kept->items[i].row == row && sl_slice_equal(kept->items[i].parameter, parameter))
            return &kept->items[i];
    }
    sl_budget_charge(L, prepare_charge + parameter.len);
    sl_prepare prepare = {.rules = kept->home,
                          .arena = &kept->home->arena,
                          .report = note_error,
                          .read_file = read_nothing,
                          .macro = no_macro,
                          .context = kept,
                          .directive_file = sl_lua_of(L)->run.script->name};
    kept_operator *item = &kept->items[kept->count];
    memset(item, 0, sizeof *item);
    item->row = row;
    item->parameter = item->operand.text = sl_arena_copy(prepare.arena, parameter);
    snprintf(kept->error, sizeof kept->error, "the parameter is not accepted");
    if (row->prepare != NULL && !row->prepare(&prepare, item->parameter, &item->operand)) {
        luaL_error(L, "@%s: %s", row->name, kept->error);
    }
    kept->count++;
    sl_budget_charge(L, sl_hook_interval); /* looks at the clock */
    return item;
}

/* ---- matching ---- */

static sl_slice check_text(lua_State *L, int index) {
    size_t length = 0;
    const char *text = luaL_checklstring(L, index, &length);
    sl_budget_charge_bytes(L, length);
    return sl_slice_of(text, length);
}

static sl_answer ask(lua_State *L, const kept_operator *item, sl_slice text, sl_match *match) {
    sl_lua *lua = sl_lua_of(L);
    memset(match, 0, sizeof *match);
    match->want_captures = true;
    const sl_call call = {.txn = lua->run.txn,
                          .rule = lua->run.rule,
                          .arena = &lua->run.txn->arena,
                          .scratch = lua->engine->scratch};
    const sl_answer answer = item->row->match(&call, &item->operand, text, match);
    sl_budget_charge(L, sl_hook_interval + text.len / 16); /* looks at the clock */
    return answer;
}

/* True on a match; a limit or an error of the operator is one of the script. */
static bool run_operator(lua_State *L, const kept_operator *item, sl_slice text, sl_match *match) {
    const sl_answer answer = ask(L, item, text, match);
    if (answer == SL_LIMIT) luaL_error(L, "@%s: the match limit was exceeded", item->row->name);
    if (answer == SL_ERROR) luaL_error(L, "@%s could not answer", item->row->name);
    return answer == SL_YES;
}

/* m.op(name, parameter, text). Stack: 1 name · 2 parameter · 3 text ──▶ boolean [· match text] */
static int run_any(lua_State *L) {
    sl_budget_call(L);
    const sl_slice name = check_text(L, 1);
    const kept_operator *item = prepared(L, name, check_text(L, 2));
    sl_match match;
    if (!run_operator(L, item, check_text(L, 3), &match)) {
        lua_pushboolean(L, 0);
        return 1;
    }
    lua_pushboolean(L, 1);
    if (match.text.len != 0) {
        sl_lua_push(L, match.text);
    } else if (match.capture_count != 0) {
        sl_lua_push(L, match.captures[0]);
    } else {
        sl_lua_push(L, SL_EMPTY);
    }
    return 2;
}

/* Flags stand in front of the pattern, in PCRE2's own notation. Stack: … pattern ──▶ … pattern · pattern
 * with flags */
static sl_slice with_flags(lua_State *L, int pattern, int flags) {
    if (lua_isnoneornil(L, flags)) return check_text(L, pattern);
    const sl_slice letters = check_text(L, flags);
    for (size_t i = 0; i < letters.len; i++) {
        if (memchr("imsxn", letters.ptr[i], 5) == NULL) luaL_argerror(L, flags, "flags are letters of imsxn");
    }
    if (letters.len == 0) return check_text(L, pattern);
    lua_pushfstring(L, "(?%s)", lua_tostring(L, flags));
    lua_pushvalue(L, pattern);
    lua_concat(L, 2);
    return sl_lua_slice(L, -1);
}

/* m.rx(text, pattern [, flags]). Stack: 1 text · 2 pattern [· 3 flags] ──▶ {[0] = whole, captures …}, or
 * nil */
static int match_regex(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const sl_slice text = check_text(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 3);
    const kept_operator *item = prepared(L, SL_LIT("rx"), with_flags(L, 2, 3));
    const sl_arena_mark mark = sl_arena_save(&txn->arena);
    sl_match match;
    if (!run_operator(L, item, text, &match)) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, match.capture_count, 1);
    for (int i = 0; i < match.capture_count; i++) {
        sl_lua_push(L, match.captures[i]);
        lua_rawseti(L, -2, i);
    }
    sl_arena_rollback(&txn->arena, mark);
    return 1;
}

/* Stack: words, or array of words, at index ──▶ the same, as one string */
static sl_slice check_words(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE) return check_text(L, index);
    luaL_Buffer words;
    luaL_buffinit(L, &words);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&words, ' ');
        if (lua_rawgeti(L, index, i) != LUA_TSTRING)
            luaL_argerror(L, index, "an array of words holds something else");
        luaL_addvalue(&words);
        sl_budget_charge(L, 1);
    }
    luaL_pushresult(&words);
    lua_replace(L, index);
    return check_text(L, index);
}

/* m.pm(text, words). Stack: 1 text · 2 words ──▶ first word found, or nil */
static int match_phrases(lua_State *L) {
    sl_budget_call(L);
    const sl_slice text = check_text(L, 1);
    lua_settop(L, 2);
    const kept_operator *item = prepared(L, SL_LIT("pm"), check_words(L, 2));
    sl_match match;
    if (!run_operator(L, item, text, &match) || match.capture_count == 0) {
        lua_pushnil(L);
    } else {
        sl_lua_push(L, match.captures[0]);
    }
    return 1;
}

/* m.ipmatch(address, list). What is no address is in no list: scripts ask about texts of clients.
 * Stack: 1 address · 2 list ──▶ boolean */
static int match_address(lua_State *L) {
    sl_budget_call(L);
    const sl_slice address = check_text(L, 1);
    const kept_operator *item = prepared(L, SL_LIT("ipMatch"), check_text(L, 2));
    sl_match match;
    lua_pushboolean(L, ask(L, item, address, &match) == SL_YES);
    return 1;
}

const sl_api_row sl_api_operators[] = {
    {"op", run_any}, {"rx", match_regex}, {"pm", match_phrases}, {"ipmatch", match_address}, {0},
};
