/* SPDX-License-Identifier: Apache-2.0 */
/* exec: a Lua script or a program on a match; what it returns or writes is ignored (spec 06, 4.10). */
#include "actions/action.h"
#include "base/strbuf.h"
#include "lua/script.h"
#include "run/host.h"
#include "run/program.h"

typedef struct sl_exec {
    const sl_script *script; /* NULL: the program */
    sl_slice program;        /* path */
} sl_exec;

static bool exec(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    sl_exec *out = SL_NEW(prepare->arena, sl_exec);
    *prepared = out;
    if (!sl_script_is_named(value)) return sl_prepare_program(prepare, value, &out->program);
    out->script = sl_script_load(prepare, value);
    return out->script != NULL;
}

static void log_failure(sl_txn *txn, sl_slice program, sl_slice reason) {
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 128);
    sl_strbuf_add_z(&text, "exec: ");
    sl_strbuf_add(&text, program);
    sl_strbuf_add_z(&text, ": ");
    sl_strbuf_add(&text, reason);
    sl_host_log(txn, 1, false, sl_strbuf_slice(&text), SL_LIT("exec"));
}

static void ended(sl_txn *txn, const seclua_answer *answer) {
    const sl_slice program = txn->suspension.request.of.program.arguments[0];
    if (answer->status != SECLUA_ANSWERED) {
        log_failure(txn, program, answer->reason);
    } else if (answer->exit_status < 0) {
        log_failure(txn, program, SL_LIT("it was ended by a signal"));
    } else if (answer->exit_status > 0) {
        sl_strbuf text;
        sl_strbuf_init(&text, &txn->arena, 32);
        sl_strbuf_add_format(&text, "it ended with status %d", answer->exit_status);
        log_failure(txn, program, sl_strbuf_slice(&text));
    }
}

static void run_exec(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    const sl_exec *exec = prepared;
    if (exec->script == NULL) {
        sl_program_run(txn, exec->program, NULL, ended);
        return;
    }
    sl_run_result ignored;
    sl_script_run(txn, rule, exec->script, SL_RUN_EXEC, NULL, &ignored);
}

const sl_action_row sl_actions_exec[] = {
    {.name = "exec",
     .action_class = SL_NON_DISRUPTIVE,
     .value = SL_VALUE_REQUIRED,
     .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE,
     .runs_once = true,
     .prepare = exec,
     .run = run_exec,
     .manual = "run a Lua script, or a program where that is allowed"},
    {0},
};
