/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and ageing persistent collections (spec 06, 4.8; spec 07). */
#include "actions/assignment.h"
#include "base/hash.h"
#include "run/host.h"

typedef struct sl_opening {
    sl_collection_id collection;
    const sl_macro *key;
} sl_opening;

static bool opening(sl_prepare *prepare, sl_collection_id collection, sl_slice key, size_t offset, const void **prepared) {
    sl_opening *out = SL_NEW(prepare->arena, sl_opening);
    out->collection = collection;
    out->key = prepare->macro(prepare->context, key, offset);
    *prepared = out;
    prepare->rules->has_persistent = true;
    return true;
}

static bool initcol(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    static const char *const names[] = {"ip", "global", "resource", "session", "user"};
    (void)draft;
    const size_t equals = sl_slice_find_byte(value, '=');
    if (equals == SIZE_MAX || equals + 1 == value.len) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write initcol:ip=%{REMOTE_ADDR}", 0, value.len,
                          "initcol needs a collection and a key");
        return false;
    }
    const sl_slice name = sl_slice_of(value.ptr, equals);
    for (int i = 0; i < SL_OWN; i++) {
        if (sl_slice_equal_fold(sl_slice_z(names[i]), name)) {
            return opening(prepare, (sl_collection_id)i, sl_slice_from(value, equals + 1), equals + 1, prepared);
        }
    }
    for (size_t i = 0; i < prepare->rules->own_collection_count; i++) {
        if (sl_slice_equal_fold(prepare->rules->own_collections[i].name, name)) {
            return opening(prepare, (sl_collection_id)(SL_OWN + i), sl_slice_from(value, equals + 1), equals + 1, prepared);
        }
    }
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE",
                      "use ip, global, resource, session, user, or up to 11 names of your own in letters, digits and _",
                      0, name.len, "\"%.*s\" cannot be a persistent collection", (int)(name.len > 40 ? 40 : name.len),
                      (const char *)name.ptr);
    return false;
}

static bool setsid(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return opening(prepare, SL_SESSION, value, 0, prepared);
}
static bool setuid_prepare(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return opening(prepare, SL_USER, value, 0, prepared);
}
static bool setrsc(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return opening(prepare, SL_RESOURCE, value, 0, prepared);
}

static void run_initcol(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_opening *opening_of = prepared;
    sl_host_open(txn, opening_of->collection, sl_macro_expand(txn, opening_of->key));
}

static void run_setsid(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_opening *opening_of = prepared;
    txn->session_id = sl_arena_copy(&txn->arena, sl_macro_expand(txn, opening_of->key));
    txn->has_session_id = true;
    sl_host_open(txn, SL_SESSION, txn->session_id);
}

static void run_setuid(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_opening *opening_of = prepared;
    txn->user_id = sl_arena_copy(&txn->arena, sl_macro_expand(txn, opening_of->key));
    txn->has_user_id = true;
    sl_host_open(txn, SL_USER, txn->user_id);
}

/* A variable that may age. TX ends with its transaction: ModSecurity 2 loads such a line, says so and does nothing. */
static bool ageing(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    const sl_assignment *assignment = sl_assignment_parse(prepare, value, false);
    if (assignment == NULL) return false;
    *prepared = assignment;
    if (assignment->is_tx) {
        sl_prepare_report(prepare, "SECLUA_W_IGNORED", "age a variable of ip, global, resource, session, user, or what an initcol opens",
                          0, value.len, "TX ends with its transaction: its variables do not age");
    }
    return true;
}

static void run_expirevar(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_assignment *assignment = prepared;
    if (assignment->is_tx) return;
    const int64_t seconds = assignment->value == NULL ? 1 : sl_number_of(sl_macro_expand(txn, assignment->value));
    sl_host_expire(txn, assignment->collection, sl_macro_expand(txn, assignment->key), seconds);
}

static void run_deprecatevar(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_assignment *assignment = prepared;
    if (assignment->is_tx) return;
    const sl_slice value = assignment->value == NULL ? SL_LIT("1/1") : sl_macro_expand(txn, assignment->value);
    const size_t slash = sl_slice_find_byte(value, '/');
    const int64_t amount = sl_number_of(value);
    const int64_t period = slash == SIZE_MAX ? 0 : sl_number_of(sl_slice_from(value, slash + 1));
    if (amount <= 0 || period <= 0) {
        if (sl_host_debugs(txn, 3)) sl_host_debug(txn, 3, "deprecatevar needs amount/period, both above 0");
        return;
    }
    sl_host_deprecate(txn, assignment->collection, sl_macro_expand(txn, assignment->key), amount, period);
}

#define EVERYWHERE (SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE)
#define PERSISTENT(row_name, prepare_function, run_function, text)                                                  \
    {                                                                                                               \
        .name = row_name, .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,           \
        .places = EVERYWHERE, .prepare = prepare_function, .run = run_function, .manual = text                      \
    }

const sl_action_row sl_actions_persistent[] = {
    PERSISTENT("initcol", initcol, run_initcol, "open a persistent collection under a key"),
    PERSISTENT("setsid", setsid, run_setsid, "name the session and open SESSION"),
    PERSISTENT("setuid", setuid_prepare, run_setuid, "name the user and open USER"),
    PERSISTENT("setrsc", setrsc, run_initcol, "open RESOURCE"),
    PERSISTENT("expirevar", ageing, run_expirevar, "let a variable end after some seconds"),
    PERSISTENT("deprecatevar", ageing, run_deprecatevar, "lower a counter by amount for each period since its last update"),
    {0},
};
