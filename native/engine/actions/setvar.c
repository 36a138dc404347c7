/* SPDX-License-Identifier: Apache-2.0 */
/* setvar and setenv (spec 06, 4.7 and 4.11). The sign is read from the written text, so user data is never arithmetic. */
#include "actions/assignment.h"
#include "base/hash.h"
#include "run/host.h"

static bool is_collection(const sl_ruleset *rules, sl_slice name) {
    static const char *const names[] = {"tx", "ip", "global", "resource", "session", "user"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sl_slice_equal(name, sl_slice_z(names[i]))) return true;
    }
    for (size_t i = 0; i < rules->own_collection_count; i++) {
        if (sl_slice_equal(name, rules->own_collections[i].name)) return true;
    }
    return false;
}

static sl_slice lower(sl_arena *arena, sl_slice text) {
    uint8_t *copy = sl_arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) copy[i] = sl_ascii_lower(text.ptr[i]);
    return sl_slice_of(copy, text.len);
}

/* "=" that ends the name: not inside a macro. */
static size_t find_equals(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' && i + 1 < text.len && text.ptr[i + 1] == '{') {
            while (i < text.len && text.ptr[i] != '}') i++;
        } else if (text.ptr[i] == '=') {
            return i;
        }
    }
    return SIZE_MAX;
}

const sl_assignment *sl_assignment_parse(sl_prepare *prepare, sl_slice text, bool with_arithmetic) {
    sl_assignment *out = SL_NEW(prepare->arena, sl_assignment);
    const sl_slice whole = text;
    if (text.len != 0 && text.ptr[0] == '!') {
        out->is_unset = true;
        text = sl_slice_from(text, 1);
    }
    const size_t equals = find_equals(text);
    const sl_slice name = equals == SIZE_MAX ? text : sl_slice_of(text.ptr, equals);
    size_t dot = 0;
    while (dot < name.len && name.ptr[dot] != '.' && name.ptr[dot] != ':') dot++;
    if (dot == 0 || dot + 1 >= name.len) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write collection.name, as in tx.score", 0, whole.len,
                          "\"%.*s\" does not name a variable of a collection", (int)(whole.len > 80 ? 80 : whole.len),
                          (const char *)whole.ptr);
        return NULL;
    }
    out->collection = lower(prepare->arena, sl_slice_of(name.ptr, dot));
    if (!is_collection(prepare->rules, out->collection)) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE",
                          "use tx, ip, global, resource, session, user, or what an initcol opens",
                          (size_t)(name.ptr - whole.ptr), dot, "\"%.*s\" is not a collection that rules can change here",
                          (int)(dot > 40 ? 40 : dot), (const char *)name.ptr);
        return NULL;
    }
    out->key = prepare->macro(prepare->context, sl_slice_from(name, dot + 1), (size_t)(name.ptr + dot + 1 - whole.ptr));
    out->is_tx = sl_slice_equal(out->collection, SL_LIT("tx"));
    out->key_hash = sl_hash_fold(out->key->source);
    if (equals == SIZE_MAX) return out;
    sl_slice value = sl_slice_from(text, equals + 1);
    if (with_arithmetic) {
        size_t at = 0;
        while (at < value.len && (value.ptr[at] == ' ' || value.ptr[at] == '\t')) at++;
        if (at < value.len && (value.ptr[at] == '+' || value.ptr[at] == '-')) {
            out->sign = value.ptr[at] == '+' ? 1 : -1;
            value = sl_slice_from(value, at + 1);
        } else if (at < value.len && sl_ascii_is_digit(value.ptr[at])) {
            value = sl_slice_from(value, at);
        }
    }
    out->value = prepare->macro(prepare->context, value, (size_t)(value.ptr - whole.ptr));
    return out;
}

static bool setvar(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    *prepared = sl_assignment_parse(prepare, value, true);
    return *prepared != NULL;
}

static void report(sl_txn *txn, const sl_rule *rule, const sl_assignment *assignment, sl_set_result result) {
    if (result == SL_SET_DONE || !sl_host_debugs(txn, 3)) return;
    sl_host_debug(txn, 3, "(Rule: %llu) setvar on %.*s has no effect: %s", (unsigned long long)rule->id,
                  (int)assignment->collection.len, (const char *)assignment->collection.ptr,
                  result == SL_SET_NOT_OPEN ? "the collection is not open" : "the variable is read-only");
}

static int64_t signed_number(const sl_assignment *assignment, sl_slice value) {
    const int64_t number = sl_number_of(value);
    if (assignment->sign > 0) return number;
    return number == INT64_MIN ? INT64_MAX : -number;
}

/* Most rules count in TX under a name that was known at load. */
static void set_tx(sl_txn *txn, const sl_assignment *assignment, sl_slice expanded_key, sl_slice value) {
    const sl_slice key = sl_macro_keep(txn, assignment->key, expanded_key);
    const uint32_t hash = assignment->key->is_literal ? assignment->key_hash : sl_hash_fold(key);
    if (assignment->sign == 0) {
        sl_host_set_tx(txn, key, hash, assignment->value == NULL ? value : sl_macro_keep(txn, assignment->value, value));
        return;
    }
    int64_t result = 0;
    sl_host_add_tx(txn, key, hash, signed_number(assignment, value), &result);
}

static void run_setvar(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    const sl_assignment *assignment = prepared;
    const sl_slice key = sl_macro_expand(txn, assignment->key);
    if (assignment->is_unset) {
        report(txn, rule, assignment, sl_host_unset(txn, assignment->collection, key));
        return;
    }
    const sl_slice value = assignment->value == NULL ? SL_LIT("1") : sl_macro_expand(txn, assignment->value);
    if (assignment->is_tx) {
        set_tx(txn, assignment, key, value);
        return;
    }
    if (assignment->sign == 0) {
        report(txn, rule, assignment, sl_host_set(txn, assignment->collection, key, value));
        return;
    }
    int64_t result = 0;
    report(txn, rule, assignment,
           sl_host_add(txn, assignment->collection, key, signed_number(assignment, value), &result));
}

typedef struct sl_environment {
    const sl_macro *name, *value; /* value NULL: "1" */
    bool is_unset;
} sl_environment;

static bool setenv_prepare(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    sl_environment *out = SL_NEW(prepare->arena, sl_environment);
    const sl_slice whole = value;
    if (value.len != 0 && value.ptr[0] == '!') {
        out->is_unset = true;
        value = sl_slice_from(value, 1);
    }
    const size_t equals = find_equals(value);
    const sl_slice name = equals == SIZE_MAX ? value : sl_slice_of(value.ptr, equals);
    if (name.len == 0) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write setenv:NAME=value", 0, whole.len, "setenv names no variable");
        return false;
    }
    out->name = prepare->macro(prepare->context, name, (size_t)(name.ptr - whole.ptr));
    if (equals != SIZE_MAX) {
        out->value = prepare->macro(prepare->context, sl_slice_from(value, equals + 1),
                                    (size_t)(value.ptr + equals + 1 - whole.ptr));
    }
    *prepared = out;
    return true;
}

static void run_setenv(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_environment *environment = prepared;
    const sl_slice name = sl_arena_copy(&txn->arena, sl_macro_expand(txn, environment->name));
    if (environment->is_unset) {
        sl_members_unset(&txn->env, name);
        return;
    }
    const sl_slice value = environment->value == NULL ? SL_LIT("1") : sl_macro_expand(txn, environment->value);
    sl_members_set(&txn->env, &txn->arena, name, sl_arena_copy(&txn->arena, value));
}

#define EVERYWHERE (SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE)

const sl_action_row sl_actions_setvar[] = {
    {.name = "setvar", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = EVERYWHERE, .prepare = setvar, .run = run_setvar,
     .manual = "set, add to (=+N), subtract from (=-N) or unset (!) a variable"},
    {.name = "setenv", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = EVERYWHERE, .prepare = setenv_prepare, .run = run_setenv,
     .manual = "set ENV:NAME for this transaction"},
    {0},
};
