/* SPDX-License-Identifier: Apache-2.0 */
/* @inspectFile: a Lua script looks at the value and says whether it matches (spec 09, sections 1 and 4). */
#include "lua/script.h"
#include "operators/families.h"

static bool prepare_inspect(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    if (argument.len <= 4 || !sl_slice_ends(argument, SL_LIT(".lua"))) {
        sl_prepare_report(
            prepare, "SECLUA_E_UNSUPPORTED",
            "write the check as a Lua script: function main(value) … end, with a name that ends in .lua", 0,
            argument.len,
            "@inspectFile cannot run \"%.*s\": this version runs .lua files only, no external programs",
            (int)(argument.len > 80 ? 80 : argument.len), (const char *)argument.ptr);
        return false;
    }
    operand->prepared = sl_script_load(prepare, argument);
    return operand->prepared != NULL;
}

/* main gets the value as its one argument, also when it is empty; what it returns stands in the log. */
static sl_answer inspect(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    if (call->txn == NULL) return SL_ERROR;
    sl_run_result result;
    sl_script_run(call->txn, call->rule, operand->prepared, SL_RUN_INSPECT, &value, &result);
    if (result.failed) return SL_ERROR;
    if (!result.matched) return SL_NO;
    match->text = result.text;
    return SL_YES;
}

const sl_operator sl_operators_script[] = {
    {"inspectFile", "InspectFile", SL_ARGUMENT_TEXT, prepare_inspect, inspect, NULL,
     "the Lua script says so, given the value"},
    {0},
};
