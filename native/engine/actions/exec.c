/* SPDX-License-Identifier: Apache-2.0 */
/* exec: a Lua script on a match; its return value is ignored (spec 06, 4.10). */
#include "actions/action.h"
#include "lua/script.h"
#include "run/host.h"

static bool exec(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    if (value.len <= 4 || !sl_slice_ends(value, SL_LIT(".lua"))) {
        sl_prepare_report(prepare, "SECLUA_E_UNSUPPORTED",
                          "write the check as a Lua script: it runs inside the engine, without starting a program", 0,
                          value.len, "exec cannot run \"%.*s\": this version runs .lua files only, no external programs",
                          (int)(value.len > 80 ? 80 : value.len), (const char *)value.ptr);
        return false;
    }
    *prepared = sl_script_load(prepare, value);
    return *prepared != NULL;
}

static void run_exec(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    sl_run_result ignored;
    sl_script_run(txn, rule, prepared, SL_RUN_EXEC, NULL, &ignored);
}

const sl_action_row sl_actions_exec[] = {
    {.name = "exec", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .runs_once = true, .prepare = exec, .run = run_exec,
     .manual = "run a Lua script"},
    {0},
};
