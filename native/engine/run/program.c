/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments and the environment of a program: these few variables and what setenv has made, nothing of the server's
 * own.
 *
 * Arguments are a list, not a line: no shell takes part, so nothing in a value can be more than a value. */
#include "run/program.h"

#include "run/host.h"
#include "run/suspend.h"

static const struct {
    const char *name, *macro;
} passed_on[] = {
    {"REMOTE_ADDR", "%{REMOTE_ADDR}"}, {"REQUEST_METHOD", "%{REQUEST_METHOD}"}, {"REQUEST_URI", "%{REQUEST_URI}"},
    {"SERVER_NAME", "%{SERVER_NAME}"}, {"UNIQUE_ID", "%{UNIQUE_ID}"},
};

enum { passed_on_count = sizeof passed_on / sizeof *passed_on };

static sl_slice expanded(sl_txn *txn, const char *macro) {
    return sl_macro_expand(txn, sl_macro_parse(txn->rules, &txn->arena, sl_slice_z(macro), NULL, NULL));
}

/* What holds a zero byte cannot be passed on. */
static void add(seclua_header *list, size_t *count, sl_slice name, sl_slice value) {
    if (sl_slice_find_byte(name, '\0') != SIZE_MAX || sl_slice_find_byte(value, '\0') != SIZE_MAX) return;
    for (size_t i = 0; i < *count; i++) {
        if (!sl_slice_equal(list[i].name, name)) continue;
        list[i].value = value;
        return;
    }
    list[(*count)++] = (seclua_header){name, value};
}

static void fill_environment(sl_txn *txn, seclua_wait *wait) {
    seclua_header *list = SL_NEW_ARRAY(&txn->arena, seclua_header, 1 + passed_on_count + txn->env.count);
    size_t count = 0;
    const sl_member *path = sl_members_find(&txn->engine->environment, SL_LIT("PATH"));
    add(list, &count, SL_LIT("PATH"), path == NULL ? SL_LIT("/usr/local/bin:/usr/bin:/bin") : path->value->slice);
    for (size_t i = 0; i < passed_on_count; i++) {
        add(list, &count, sl_slice_z(passed_on[i].name), expanded(txn, passed_on[i].macro));
    }
    for (size_t i = 0; i < txn->env.count; i++) {
        const sl_member *member = txn->env.items[i];
        if (!member->is_dead) add(list, &count, member->name->slice, member->value->slice);
    }
    wait->of.program.environment = list;
    wait->of.program.environment_count = count;
}

void sl_program_run(sl_txn *txn, sl_slice path, const sl_slice *argument,
                    void (*settle)(sl_txn *txn, const seclua_answer *answer)) {
    seclua_wait *wait = sl_suspend(txn, SECLUA_WAIT_PROGRAM, settle);
    seclua_slice *arguments = SL_NEW_ARRAY(&txn->arena, seclua_slice, 2);
    arguments[0] = path;
    if (argument != NULL) arguments[1] = sl_arena_copy(&txn->arena, *argument);
    wait->of.program.arguments = arguments;
    wait->of.program.argument_count = argument == NULL ? 1 : 2;
    fill_environment(txn, wait);
}
