/* SPDX-License-Identifier: Apache-2.0 */
/* From a target to its values: the one place that reads a collection for a rule, a macro, a script or the API.
 *
 * What it appends is a snapshot: texts never change, so a rule that sets variables while it runs does not disturb its own
 * loop. */
#include "base/digits.h"
#include "operators/rx.h"
#include "run/host.h"
#include "run/values.h"
#include "variables/variable.h"

static sl_text *scalar_text(sl_txn *txn, const sl_variable *variable) {
    const bool keeps = variable->slot != SL_SLOT_NONE;
    if (keeps && txn->scalars[variable->slot] != NULL) return txn->scalars[variable->slot];
    sl_slice value = SL_EMPTY;
    if (variable->scalar == NULL || !variable->scalar(txn, &value)) return NULL;
    sl_text *text = sl_text_new(&txn->arena, value);
    if (keeps && txn->cursor.phase >= variable->first_phase) txn->scalars[variable->slot] = text;
    return text;
}

static bool in_view(const sl_variable *variable, const sl_member *member) {
    return !member->is_dead && (variable->origins == 0 || (member->origin & variable->origins) != 0);
}

sl_text *sl_variable_shown(const sl_variable *variable, const sl_member *member) {
    return variable->view == SL_VIEW_NAME ? member->name : member->value;
}

static bool is_key(const sl_variable *variable, const sl_member *member, sl_slice key, uint32_t hash) {
    if (member->hash != hash) return false;
    return variable->is_case_sensitive ? sl_slice_equal(member->name->slice, key)
                                       : sl_slice_equal_fold(member->name->slice, key);
}

bool sl_target_selects_key(sl_txn *txn, const sl_target *target, sl_slice key) {
    switch (target->selector) {
        case SL_SELECT_ALL:
            return true;
        case SL_SELECT_KEY:
        case SL_SELECT_XPATH:
            return target->variable->is_case_sensitive || target->selector == SL_SELECT_XPATH
                       ? sl_slice_equal(target->key, key)
                       : sl_slice_equal_fold(target->key, key);
        case SL_SELECT_MACRO:
            return sl_slice_equal_fold(sl_macro_expand(txn, target->macro), key);
        default:
            return sl_regex_search(txn->engine->scratch, target->regex, key);
    }
}

static void add_member(sl_txn *txn, const sl_variable *variable, sl_member *member, sl_values *values) {
    if (member->is_preset) (void)sl_member_value(member, &txn->arena);
    sl_values_add(txn, values, variable, member->name->slice, sl_variable_shown(variable, member));
}

/* Of a long list, few begin like that. */
static void expand_by_pattern(sl_txn *txn, const sl_target *target, const sl_members *members, sl_values *values) {
    const uint8_t initial = sl_ascii_lower(target->first_byte);
    for (size_t i = 0; i < members->count; i++) {
        if (initial != 0) i = sl_members_next(members, initial, i);
        if (i == members->count) return;
        sl_member *member = members->items[i];
        if (!in_view(target->variable, member)) continue;
        if (sl_regex_search(txn->engine->scratch, target->regex, member->name->slice)) add_member(txn, target->variable, member, values);
    }
}

static void expand_members(sl_txn *txn, const sl_target *target, const sl_members *members, sl_values *values) {
    if (target->selector == SL_SELECT_REGEX) {
        expand_by_pattern(txn, target, members, values);
        return;
    }
    const bool is_macro = target->selector == SL_SELECT_MACRO, has_key = is_macro || target->selector == SL_SELECT_KEY;
    const sl_slice key = is_macro ? sl_macro_expand(txn, target->macro) : target->key;
    const uint32_t hash = is_macro ? sl_hash_fold(key) : target->key_hash;
    for (size_t i = 0; i < members->count; i++) {
        sl_member *member = members->items[i];
        if (has_key && !is_key(target->variable, member, key, hash)) continue;
        if (in_view(target->variable, member)) add_member(txn, target->variable, member, values);
    }
}

/* The members themselves, not their count. */
static void expand_plain(sl_txn *txn, const sl_target *target, sl_values *values) {
    const sl_variable *variable = target->variable;
    if (variable->is_inert) return;
    if (variable->kind == SL_SCALAR) {
        sl_text *text = scalar_text(txn, variable);
        if (text != NULL) sl_values_add_scalar(txn, values, variable, text);
        return;
    }
    if (variable->expand != NULL) {
        variable->expand(txn, variable, target, values);
        return;
    }
    const sl_members *members = variable->members(txn);
    if (members != NULL) expand_members(txn, target, members, values);
}

void sl_variable_expand(sl_txn *txn, const sl_target *target, sl_values *values) {
    if (!target->is_count) {
        expand_plain(txn, target, values);
        return;
    }
    const size_t before = values->count;
    expand_plain(txn, target, values);
    const size_t counted = values->count - before;
    values->count = before;
    sl_text *text = sl_text_new(&txn->arena, sl_digits(&txn->arena, (int64_t)counted));
    sl_values_add_count(txn, values, target, text);
}

void sl_variable_expand_members(sl_txn *txn, const sl_target *target, const sl_members *members, sl_values *values) {
    expand_members(txn, target, members, values);
}

sl_text *sl_variable_first(sl_txn *txn, const sl_variable *variable, bool has_key, sl_slice key, uint32_t key_hash) {
    if (variable->is_inert) return NULL;
    if (variable->kind == SL_SCALAR) return scalar_text(txn, variable);
    if (variable->expand == NULL) {
        const sl_members *members = variable->members(txn);
        for (size_t i = 0; members != NULL && i < members->count; i++) {
            const sl_member *member = members->items[i];
            if (in_view(variable, member) && (!has_key || is_key(variable, member, key, key_hash))) {
                return sl_variable_shown(variable, member);
            }
        }
        return NULL;
    }
    if (has_key && variable->find != NULL) return variable->find(txn, key, key_hash);
    sl_target target;
    memset(&target, 0, sizeof target);
    target.variable = variable;
    target.selector = has_key ? SL_SELECT_KEY : SL_SELECT_ALL;
    target.key = key;
    target.key_hash = key_hash;
    sl_values found = {0};
    variable->expand(txn, variable, &target, &found);
    return found.count == 0 ? NULL : found.items[0].text;
}

sl_slice sl_value_name(sl_txn *txn, const sl_value *value) {
    if (value->is_count) return value->target->written;
    const sl_slice name = sl_slice_z(value->variable->name);
    if (!value->has_key) return name;
    if (value->has_own_name) return value->key;
    uint8_t *at = sl_arena_alloc(&txn->arena, name.len + 1 + value->key.len);
    memcpy(at, name.ptr, name.len);
    at[name.len] = ':';
    if (value->key.len != 0) memcpy(at + name.len + 1, value->key.ptr, value->key.len);
    return sl_slice_of(at, name.len + 1 + value->key.len);
}

/* The earlier of '.' and ':' splits name and selector. */
static size_t delimiter_of(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' || text.ptr[i] == ':') return i;
    }
    return SIZE_MAX;
}

bool sl_variable_parse(sl_txn *txn, sl_slice text, sl_target *target) {
    memset(target, 0, sizeof *target);
    target->written = text;
    const size_t split = delimiter_of(text);
    const sl_slice name = split == SIZE_MAX ? text : sl_slice_of(text.ptr, split);
    if (name.len > 5 && memcmp(name.ptr, "HTTP_", 5) == 0) { /* alias of REQUEST_HEADERS, as in ModSecurity 2 */
        target->variable = sl_variable_find(SL_LIT("REQUEST_HEADERS"));
        target->selector = SL_SELECT_KEY;
        target->key = sl_slice_from(text, 5);
        target->key_hash = sl_hash_fold(target->key);
        return true;
    }
    target->variable = sl_variable_of(txn->rules, name);
    if (target->variable == NULL) return false;
    if (split == SIZE_MAX) return true;
    if (target->variable->kind == SL_SCALAR) return false;
    target->key = sl_slice_from(text, split + 1);
    target->key_hash = sl_hash_fold(target->key);
    const bool is_xml = target->variable == sl_variable_find(SL_LIT("XML"));
    if (is_xml) {
        char error[128];
        target->selector = SL_SELECT_XPATH;
        if (sl_slice_equal(target->key, SL_LIT("/*"))) return true; /* the whole text needs no expression */
        target->xpath = sl_txn_xpath(txn, target->key, error, sizeof error);
        return target->xpath != NULL;
    }
    if (target->key.len > 2 && target->key.ptr[0] == '/' && target->key.ptr[target->key.len - 1] == '/') {
        target->selector = SL_SELECT_REGEX;
        target->key = sl_slice_of(target->key.ptr + 1, target->key.len - 2);
        target->regex = sl_scratch_regex(txn->engine->scratch, target->key);
        return target->regex != NULL;
    }
    target->selector = SL_SELECT_KEY;
    return true;
}
