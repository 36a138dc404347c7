/* SPDX-License-Identifier: Apache-2.0 */
/* @unconditionalMatch, @noMatch and @gsbLookup: the same answer whatever the value. Like all operators they are not asked
 * when no value was selected. */
#include "operators/families.h"

static bool prepare_nothing(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)prepare;
    (void)argument;
    (void)operand;
    return true;
}

/* Loads, so that old rule sets do; nobody can answer it any more. */
static bool prepare_safe_browsing(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)operand;
    sl_prepare_report(prepare, "SECLUA_W_IGNORED", "remove the rule", 0, argument.len,
                      "@gsbLookup never matches: the service behind it was shut down");
    return true;
}

static sl_answer match_all(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)operand;
    (void)value;
    (void)match;
    return SL_YES;
}

static sl_answer match_none(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)operand;
    (void)value;
    (void)match;
    return SL_NO;
}

const sl_operator sl_operators_always[] = {
    {"unconditionalMatch", "UnconditionalMatch", SL_ARGUMENT_NONE, prepare_nothing, match_all, NULL,
     "matches every value", SL_ASK_AGAIN},
    {"noMatch", "NoMatch", SL_ARGUMENT_NONE, prepare_nothing, match_none, NULL, "matches no value", SL_ASK_AGAIN},
    {"gsbLookup", "GsbLookup", SL_ARGUMENT_OPTIONAL, prepare_safe_browsing, match_none, NULL,
     "never: the service behind it was shut down", SL_ASK_AGAIN},
    {0},
};
