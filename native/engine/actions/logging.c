/* SPDX-License-Identifier: Apache-2.0 */
/* Which matches are written where. Flags are read left to right (spec 06, 4.5). */
#include "actions/action.h"

static bool log_on(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->log = true;
    if (!draft->has_explicit_noauditlog) draft->rule->audit = true;
    return true;
}

static bool log_off(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->log = false;
    draft->rule->audit = false;
    return true;
}

static bool audit_on(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->audit = true;
    draft->has_explicit_noauditlog = false;
    return true;
}

static bool audit_off(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->audit = false;
    draft->has_explicit_noauditlog = true;
    return true;
}

#define EVERYWHERE (SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE)

/* Many: each word acts where it stands, so a repeat is no conflict. */
const sl_action_row sl_actions_logging[] = {
    {.name = "log", .action_class = SL_NON_DISRUPTIVE, .is_many = true, .places = EVERYWHERE, .prepare = log_on,
     .manual = "write a line to the error log"},
    {.name = "nolog", .action_class = SL_NON_DISRUPTIVE, .is_many = true, .places = EVERYWHERE, .prepare = log_off,
     .manual = "write nothing, neither line nor audit entry"},
    {.name = "auditlog", .action_class = SL_NON_DISRUPTIVE, .is_many = true, .places = EVERYWHERE, .prepare = audit_on,
     .manual = "a match makes the transaction relevant for the audit log"},
    {.name = "noauditlog", .action_class = SL_NON_DISRUPTIVE, .is_many = true, .places = EVERYWHERE, .prepare = audit_off,
     .manual = "a match does not make the transaction relevant"},
    {0},
};
