/* SPDX-License-Identifier: Apache-2.0 */
/* @inspectFile: a Lua script or a program looks at the value and says whether it matches (spec 09, sections 1, 4 and 8). */
#include "base/strbuf.h"
#include "lua/script.h"
#include "operators/families.h"
#include "operators/host.h"

enum { shown_output_max = 200 };

typedef struct sl_inspector {
    const sl_script *script; /* NULL: the program */
    sl_slice program;        /* path */
} sl_inspector;

static bool prepare_inspect(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    sl_inspector *inspector = SL_NEW(prepare->arena, sl_inspector);
    operand->prepared = inspector;
    if (!sl_script_is_named(argument)) return sl_prepare_program(prepare, argument, &inspector->program);
    inspector->script = sl_script_load(prepare, argument);
    return inspector->script != NULL;
}

/* main gets the value as its one argument, also when it is empty; what it returns stands in the log. */
static sl_answer ask_script(const sl_call *call, const sl_script *script, sl_slice value, sl_match *match) {
    sl_run_result result;
    sl_script_run(call->txn, call->rule, script, SL_RUN_INSPECT, &value, &result);
    if (result.failed) return SL_ERROR;
    if (!result.matched) return SL_NO;
    match->text = result.text;
    return SL_YES;
}

static sl_answer cannot(sl_match *match, sl_slice why) {
    match->text = why;
    return SL_ERROR;
}

static sl_answer ask_program(const sl_call *call, sl_slice program, sl_slice value, sl_match *match) {
    if (sl_slice_find_byte(value, '\0') != SIZE_MAX) {
        return cannot(match, SL_LIT("a value with a zero byte cannot be the argument of a program"));
    }
    if (sl_txn_ask_program(call, program, value)) return SL_WAIT;
    return cannot(match, SL_LIT("it cannot wait here"));
}

static sl_answer silent(const sl_call *call, sl_match *match) {
    if (call->given->exit_status == 0) return cannot(match, SL_LIT("the program wrote nothing"));
    if (call->given->exit_status < 0) return cannot(match, SL_LIT("the program was ended by a signal"));
    sl_strbuf text;
    sl_strbuf_init(&text, call->arena, 64);
    sl_strbuf_add_format(&text, "the program ended with status %d", call->given->exit_status);
    return cannot(match, sl_strbuf_slice(&text));
}

/* What begins with 1 is clean; anything else is a match. Nothing at all says nothing. */
static sl_answer read_output(const sl_call *call, sl_match *match) {
    if (call->given->status != SECLUA_ANSWERED) return cannot(match, sl_arena_copy(call->arena, call->given->reason));
    sl_slice output = call->given->output;
    if (output.len == 0) return silent(call, match);
    if (output.ptr[0] == '1') return SL_NO;
    if (output.len > shown_output_max) output.len = shown_output_max;
    match->text = sl_arena_copy(call->arena, output);
    return SL_YES;
}

static sl_answer inspect(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    const sl_inspector *inspector = operand->prepared;
    if (call->txn == NULL) return SL_ERROR;
    if (inspector->script != NULL) return ask_script(call, inspector->script, value, match);
    return call->given == NULL ? ask_program(call, inspector->program, value, match) : read_output(call, match);
}

const sl_operator sl_operators_script[] = {
    {"inspectFile", "InspectFile", SL_ARGUMENT_TEXT, prepare_inspect, inspect, NULL,
     "the Lua script, or the program, says so, given the value", SL_ASK_AGAIN},
    {0},
};
