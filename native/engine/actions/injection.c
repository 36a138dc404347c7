/* SPDX-License-Identifier: Apache-2.0 */
/* append and prepend: text for the end and the beginning of the response's body (spec 06, 4.13). The engine expands and
 * keeps it; the caller puts it there. */
#include "actions/action.h"
#include "run/host.h"

static bool injection(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    if (!prepare->rules->config.content_injection) {
        sl_prepare_report(prepare, "SECLUA_W_IGNORED", "set SecContentInjection On", 0, value.len,
                          "append and prepend have no effect: SecContentInjection is Off");
    }
    *prepared = prepare->macro(prepare->context, value, 0);
    return true;
}

static void run_append(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    sl_host_inject(txn, &txn->changes.append, sl_macro_expand(txn, prepared));
}

static void run_prepend(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    sl_host_inject(txn, &txn->changes.prepend, sl_macro_expand(txn, prepared));
}

const sl_action_row sl_actions_injection[] = {
    {.name = "append", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .prepare = injection, .run = run_append,
     .manual = "add text at the end of the response's body"},
    {.name = "prepend", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .prepare = injection, .run = run_prepend,
     .manual = "add text before the body of the response"},
    {0},
};
