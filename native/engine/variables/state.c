/* SPDX-License-Identifier: Apache-2.0 */
/* State of the engine: last matches, the running rule, severities, regex limits (spec 02, section 11). */
#include "base/digits.h"
#include "run/host.h"
#include "run/values.h"
#include "variables/families.h"

static bool highest_severity(sl_txn *txn, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)txn->highest_severity);
    return true;
}

static bool matched_var(sl_txn *txn, sl_slice *value) {
    if (txn->matched_var == NULL) return false;
    *value = txn->matched_var->slice;
    return true;
}

static bool matched_var_name(sl_txn *txn, sl_slice *value) {
    *value = txn->matched_var_name;
    return txn->matched_var != NULL;
}

/* Members are known by the full names under which they matched. */
static void expand_matched(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    for (size_t i = 0; i < txn->matched.count; i++) {
        const sl_matched *match = &txn->matched.items[i];
        if (!sl_target_selects_key(txn, target, match->name)) continue;
        sl_text *text = self->view == SL_VIEW_NAME ? sl_text_new(&txn->arena, match->name) : match->text;
        sl_values_add_named(txn, values, self, match->name, text);
    }
}

static void rule_field(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values,
                       const char *name, bool is_set, sl_slice text) {
    const sl_slice key = sl_slice_z(name);
    if (is_set && sl_target_selects_key(txn, target, key)) {
        sl_values_add(txn, values, self, key, sl_text_new(&txn->arena, text));
    }
}

/* Expansion of msg and logdata may itself ask for RULE: while it does, they are left out, so nothing recurses. */
static void expand_rule(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    const sl_rule *rule = txn->current_rule;
    if (rule == NULL) return;
    txn->current_rule = NULL;
    rule_field(txn, self, target, values, "id", true, sl_digits(&txn->arena, (int64_t)rule->id));
    rule_field(txn, self, target, values, "rev", rule->rev.len != 0, rule->rev);
    rule_field(txn, self, target, values, "ver", rule->ver.len != 0, rule->ver);
    rule_field(txn, self, target, values, "severity", rule->severity >= 0,
               sl_digits(&txn->arena, rule->severity));
    if (rule->message != NULL && sl_target_selects_key(txn, target, SL_LIT("msg"))) {
        rule_field(txn, self, target, values, "msg", true, sl_macro_expand(txn, rule->message));
    }
    if (rule->data != NULL && sl_target_selects_key(txn, target, SL_LIT("logdata"))) {
        rule_field(txn, self, target, values, "logdata", true, sl_macro_expand(txn, rule->data));
    }
    rule_field(txn, self, target, values, "maturity", rule->maturity != 0, sl_digits(&txn->arena, rule->maturity));
    rule_field(txn, self, target, values, "accuracy", rule->accuracy != 0, sl_digits(&txn->arena, rule->accuracy));
    txn->current_rule = rule;
}

static bool pcre_limits(sl_txn *txn, sl_slice *value) {
    *value = txn->pcre_limits_exceeded ? SL_LIT("1") : SL_LIT("0");
    return true;
}
static bool pcre_error(sl_txn *txn, sl_slice *value) {
    *value = txn->pcre_error ? SL_LIT("1") : SL_LIT("0");
    return true;
}
static bool zero(sl_txn *txn, sl_slice *value) {
    (void)txn;
    *value = SL_LIT("0");
    return true;
}

const sl_variable sl_variables_state[] = {
    SL_SCALAR_ROW("HIGHEST_SEVERITY", 0, SL_SLOT_NONE, highest_severity, "lowest severity number matched; 255: none"),
    SL_SCALAR_ROW("MATCHED_VAR", 0, SL_SLOT_NONE, matched_var, "value of the last match, after transformations"),
    SL_SCALAR_ROW("MATCHED_VAR_NAME", 0, SL_SLOT_NONE, matched_var_name, "full name of the last match"),
    {.name = "MATCHED_VARS", .kind = SL_COLLECTION, .expand = expand_matched,
     .manual = "values that matched in this rule or chain, by full name"},
    {.name = "MATCHED_VARS_NAMES", .kind = SL_COLLECTION, .view = SL_VIEW_NAME, .expand = expand_matched,
     .manual = "full names that matched in this rule or chain"},
    {.name = "RULE", .kind = SL_COLLECTION, .expand = expand_rule, .manual = "the running rule: id, rev, severity, msg, …"},
    SL_SCALAR_ROW("MSC_PCRE_LIMITS_EXCEEDED", 0, SL_SLOT_NONE, pcre_limits, "1 after a regular expression hit a limit"),
    SL_SCALAR_ROW("MSC_PCRE_ERROR", 0, SL_SLOT_NONE, pcre_error, "1 after a regular expression failed"),
    SL_SCALAR_ROW("SDBM_DELETE_ERROR", 0, SL_SLOT_NONE, zero, "always 0"),
    {0},
};
