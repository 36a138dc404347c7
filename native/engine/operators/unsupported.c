/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that ModSecurity has and seclua has not.
 *
 * They have rows so that a rule set that uses one is told what is missing and what to do, instead of "unknown
 * operator"; nothing here ever runs on a request. */
#include "operators/families.h"

static bool refuse(sl_prepare *prepare, sl_slice argument, const char *message, const char *hint) {
    sl_prepare_report(prepare, "SECLUA_E_UNSUPPORTED", hint, 0, argument.len, "%s", message);
    return false;
}

static bool refuse_fuzzy_hash(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)operand;
    return refuse(prepare, argument, "@fuzzyHash is not offered: seclua is built without ssdeep",
                  "use @inspectFile with a Lua script that compares the content");
}

static bool refuse_validate_hash(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)operand;
    return refuse(prepare, argument,
                  "@validateHash is not offered: seclua does not sign the links of responses",
                  "remove the rule, or sign links in the application");
}

static sl_answer cannot_match(const sl_call *call, const sl_operand *operand, sl_slice value,
                              sl_match *match) {
    (void)call;
    (void)operand;
    (void)value;
    (void)match;
    return SL_ERROR;
}

const sl_operator sl_operators_unsupported[] = {
    {"fuzzyHash", "FuzzyHash", SL_ARGUMENT_OPTIONAL, refuse_fuzzy_hash, cannot_match, NULL,
     "not offered: similarity to ssdeep hashes", SL_ASK_AGAIN},
    {"validateHash", "ValidateHash", SL_ARGUMENT_OPTIONAL, refuse_validate_hash, cannot_match, NULL,
     "not offered: signed links", SL_ASK_AGAIN},
    {0},
};
