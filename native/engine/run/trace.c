/* SPDX-License-Identifier: Apache-2.0 */
/* Debug lines of the evaluator. */
#include "run/trace.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "run/host.h"
#include "variables/variable.h"

static const char *const phase_names[SL_PHASES] = {"CONNECTION",       "REQUEST_HEADERS", "REQUEST_BODY",
                                                   "RESPONSE_HEADERS", "RESPONSE_BODY",   "LOGGING"};

#define TEXT(slice) (int)(slice).len, (const char *)(slice).ptr

void sl_trace_phase(sl_txn *txn, unsigned phase, size_t unit_count) {
    sl_host_debug(txn, 4, "Starting phase %s.  (SecRules %u)", phase_names[phase], phase);
    sl_host_debug(txn, 9, "This phase consists of %zu rule(s).", unit_count);
}

static sl_slice target_list(sl_txn *txn, const sl_rule *link) {
    sl_strbuf list;
    sl_strbuf_init(&list, &txn->arena, 64);
    for (size_t i = 0; i < link->target_count; i++) {
        if (i != 0) sl_strbuf_add_byte(&list, '|');
        sl_strbuf_add(&list, link->targets[i].written);
    }
    return sl_strbuf_slice(&list);
}

void sl_trace_rule(sl_txn *txn, const sl_rule *link) {
    if (link->link_index != 0) sl_host_debug(txn, 4, "Executing chained rule.");
    const unsigned long long id = link->link_index == 0 ? link->id : 0;
    if (link->kind == SL_RULE_UNCONDITIONAL) {
        sl_host_debug(txn, 4, "(Rule: %llu) Executing unconditional rule...", id);
        return;
    }
    if (link->kind == SL_RULE_SCRIPT) {
        sl_host_debug(txn, 4, "(Rule: %llu) Executing script.", id);
        return;
    }
    const sl_slice parameter = link->operand.macro != NULL ? link->operand.macro->source : link->operand.text;
    const sl_slice targets = target_list(txn, link);
    sl_host_debug(txn, 4, "(Rule: %llu) Executing operator \"%s\" with param \"%.*s\" against %.*s.", id,
                  link->op->log_name, TEXT(parameter), TEXT(targets));
}

void sl_trace_result(sl_txn *txn, const sl_rule *link, bool matched) {
    (void)link;
    sl_host_debug(txn, 4, "Rule returned %d.", matched ? 1 : 0);
    sl_host_debug(txn, 9, matched ? "Matched vars updated." : "Matched vars cleaned.");
}

void sl_trace_value(sl_txn *txn, const sl_value *value, const sl_text *text) {
    const sl_slice name = sl_value_name(txn, value);
    sl_host_debug(txn, 9, "Target value: \"%.*s\" (Variable: %.*s)", TEXT(text->slice), TEXT(name));
}

void sl_trace_pipeline(sl_txn *txn, const sl_pipeline *pipeline, sl_text *from) {
    sl_text *text = from;
    for (size_t i = 0; i < pipeline->step_count; i++) {
        if (pipeline->steps[i]->own != NULL) { /* not computed again for the log */
            sl_host_debug(txn, 9, " T (%zu) t:%s", i, pipeline->steps[i]->name);
            return;
        }
        text = sl_values_transform(txn, text, pipeline->steps[i]);
        sl_host_debug(txn, 9, " T (%zu) t:%s: \"%.*s\"", i, pipeline->steps[i]->name, TEXT(text->slice));
    }
}

void sl_trace_capture(sl_txn *txn, int index, sl_slice text) {
    sl_host_debug(txn, 9, "Added regex subexpression TX.%d: %.*s", index, TEXT(text));
}

/* v3 has words of its own for what runs with each match, whatever becomes of the chain. */
void sl_trace_action(sl_txn *txn, const char *name) {
    const bool is_setvar = strcmp(name, "setvar") == 0;
    sl_host_debug(txn, 9, "Running %saction: %s", is_setvar ? "[independent] (non-disruptive) " : "", name);
}

void sl_trace_jump(sl_txn *txn, const sl_rule *starter) {
    const sl_program *program = txn->cursor.program;
    if (starter->jump_label.len == 0) return; /* skip */
    for (size_t i = txn->cursor.unit + 1; i < program->jumps[txn->cursor.unit]; i++) {
        sl_host_debug(txn, 9, "Skipped rule id '%llu' due to a SecMarker: %.*s",
                      (unsigned long long)program->units[i]->id, TEXT(starter->jump_label));
    }
}

void sl_trace_finish(sl_txn *txn, const sl_rule *starter) {
    static const char *const names[] = {"pass", "deny", "drop", "redirect", "proxy", "allow", "allow", "allow", "pause"};
    sl_trace_action(txn, starter->log ? "log" : "nolog");
    sl_trace_action(txn, starter->audit ? "auditlog" : "noauditlog");
    sl_host_debug(txn, 9, "Running (disruptive)     action: %s.", names[starter->disruptive]);
}

void sl_trace_slow_rule(sl_txn *txn, const sl_rule *starter, int64_t taken_us) {
    sl_strbuf id, taken;
    sl_strbuf_init(&id, &txn->arena, 24);
    sl_strbuf_add_int(&id, (int64_t)starter->id);
    sl_strbuf_init(&taken, &txn->arena, 24);
    sl_strbuf_add_int(&taken, taken_us);
    sl_members_add(&txn->slow_rules, &txn->arena, sl_strbuf_slice(&id), sl_strbuf_slice(&taken));
}

void sl_trace_failed(sl_txn *txn, const sl_rule *link, sl_slice variable, bool is_limit, sl_slice why) {
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 128);
    sl_strbuf_add_format(&text, "(Rule: %llu) @%s %s at ", (unsigned long long)link->id, link->op->name,
                         is_limit ? "gave up: the match limit was reached" : "could not answer");
    sl_strbuf_add(&text, variable);
    if (why.len != 0) {
        sl_strbuf_add_z(&text, ": ");
        sl_strbuf_add(&text, why);
    }
    sl_strbuf source;
    sl_strbuf_init(&source, &txn->arena, 128);
    sl_strbuf_add(&source, link->file);
    sl_strbuf_add_format(&source, ":%u", (unsigned)link->line);
    sl_host_log(txn, is_limit ? 3 : 1, false, sl_strbuf_slice(&text), sl_strbuf_slice(&source));
}

void sl_trace_add_stopwatch(sl_strbuf *out, const sl_txn *txn) {
    long long combined = 0;
    for (int phase = 1; phase < SL_PHASES; phase++) combined += (long long)txn->phase_us[phase];
    sl_strbuf_add_format(out, "combined=%lld", combined);
    for (int phase = 1; phase < SL_PHASES; phase++) {
        sl_strbuf_add_format(out, ", p%d=%lld", phase, (long long)txn->phase_us[phase]);
    }
    /* Logs are written by another thread, ended records taken away by stores: neither costs a request anything. */
    sl_strbuf_add_format(out, ", sr=%lld, sw=%lld, l=0, gc=0", (long long)txn->store_read_us,
                         (long long)txn->store_write_us);
}
