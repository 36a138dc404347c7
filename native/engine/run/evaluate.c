/* SPDX-License-Identifier: Apache-2.0 */
/* The rule loop: units of a phase, links of a chain, values of a link, stages of a value (spec 03, section 3).
 *
 * Everything the loop stands on is in txn->cursor and txn->values, never only on the C stack, so that a rule that has to
 * wait can leave and be resumed at the very value. Nothing here knows text or names: rows and indexes only. */
#include "run/evaluate.h"

#include "base/bits.h"
#include "lua/script.h"
#include "run/candidates.h"
#include "run/clock.h"
#include "run/commit.h"
#include "run/host.h"
#include "run/trace.h"
#include "run/values.h"
#include "run/verdict.h"
#include "actions/action.h"
#include "variables/variable.h"

static bool is_removed(const sl_txn *txn, const sl_rule *starter) {
    return txn->removed != NULL && (txn->removed[starter->ordinal / 64] >> (starter->ordinal % 64) & 1) != 0;
}

static bool takes_in(const sl_rule_set_bits *rules, uint32_t ordinal) {
    return (rules->words[ordinal / 64] >> (ordinal % 64) & 1) != 0;
}

/* ---- the values of a link ---- */

static bool is_excluded_by(sl_txn *txn, const sl_target *exclusion, const sl_value *value) {
    if (exclusion->variable != value->variable || value->is_count) return false;
    if (!value->has_key) return exclusion->selector == SL_SELECT_ALL;
    return sl_target_selects_key(txn, exclusion, value->key);
}

static bool is_excluded(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    for (size_t i = 0; i < link->exclusion_count; i++) {
        if (is_excluded_by(txn, &link->exclusions[i], value)) return true;
    }
    for (const sl_target_removal *removal = txn->cursor.removals; removal != NULL; removal = removal->next) {
        if (!takes_in(removal->rules, link->ordinal)) continue;
        for (size_t i = 0; i < removal->target_count; i++) {
            if (is_excluded_by(txn, &removal->targets[i], value)) return true;
        }
    }
    return false;
}

static bool has_removed_targets(const sl_txn *txn, const sl_rule *link) {
    for (const sl_target_removal *removal = txn->cursor.removals; removal != NULL; removal = removal->next) {
        if (takes_in(removal->rules, link->ordinal)) return true;
    }
    return false;
}

/* The text alone says that the operator cannot match it: cheaper to ask than what an exclusion's pattern costs. */
static bool is_hopeless(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    return !link->is_multi_match && !sl_candidates_text(txn, link, sl_values_apply(txn, value->text, link->pipeline));
}

/* Of one target, at the moment it is its turn: what earlier targets set is seen, what this one sets is not. */
static void collect_values(sl_txn *txn, const sl_rule *link, const sl_target *target) {
    sl_values *values = &txn->values;
    const bool is_traced = sl_host_debugs(txn, 9); /* a trace names every value, also those that cannot match */
    values->count = 0;
    if (!is_traced && !sl_candidates_target(txn, link, target)) return;
    sl_variable_expand(txn, target, values);
    if (values->count == 0 || (link->exclusion_count == 0 && !has_removed_targets(txn, link))) return;
    size_t kept = 0;
    for (size_t i = 0; i < values->count; i++) {
        const sl_value *value = &values->items[i];
        if (!is_traced && is_hopeless(txn, link, value)) continue;
        if (!is_excluded(txn, link, value)) values->items[kept++] = *value;
    }
    values->count = kept;
}

/* ---- one match ---- */

static void set_captures(sl_txn *txn, const sl_match *match) {
    for (int i = 0; i < sl_captures_max; i++) txn->captures[i] = NULL;
    for (int i = 0; i < match->capture_count; i++) {
        txn->captures[i] = sl_text_new(&txn->arena, match->captures[i]);
        if (sl_host_debugs(txn, 9)) sl_trace_capture(txn, i, match->captures[i]);
    }
}

static void remember(sl_txn *txn, sl_slice name, sl_text *text, uint32_t link_index) {
    sl_matched_list *list = &txn->matched;
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        sl_matched *items = sl_arena_alloc(&txn->arena, capacity * sizeof *items);
        if (list->count != 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (sl_matched){name, text, link_index};
    txn->matched_var = text;
    txn->matched_var_name = name;
}

static void run_actions(sl_txn *txn, const sl_rule *link, bool is_first_match) {
    for (size_t i = 0; i < link->action_count; i++) {
        const sl_action *action = &link->actions[i];
        const bool repeats = !action->row->runs_once ||
                             (txn->rules->options.exec_per_match && action->row == sl_actions_exec);
        if (!is_first_match && !repeats) continue;
        if (sl_host_debugs(txn, 9)) sl_trace_action(txn, action->row->name);
        action->row->run(txn, link, action->prepared);
    }
}

static void operator_failed(sl_txn *txn, const sl_rule *link, const sl_value *value, sl_answer answer) {
    if (answer == SL_LIMIT) {
        txn->pcre_limits_exceeded = txn->pcre_error = true;
        sl_host_set(txn, SL_LIT("tx"), SL_LIT("MSC_PCRE_LIMITS_EXCEEDED"), SL_LIT("1"));
    } else if (link->op->argument == SL_ARGUMENT_MACRO && sl_slice_starts(sl_slice_z(link->op->name), SL_LIT("rx"))) {
        txn->pcre_error = true;
    }
    sl_trace_failed(txn, link, sl_value_name(txn, value), answer == SL_LIMIT);
    if (answer == SL_ERROR && txn->rules->config.intercept_on_error) {
        sl_verdict_engine_intervenes(txn, 500, SL_LIT("An operator could not answer (SecInterceptOnError)"));
    }
}

/* Tests one stage of a value; true when it matched. */
static bool test(sl_txn *txn, const sl_rule *link, const sl_operand *operand, const sl_value *value, sl_text *text,
                 sl_last_match *last) {
    const sl_call call = {.txn = txn, .rule = link, .arena = &txn->arena, .scratch = txn->engine->scratch};
    sl_match match;
    match.want_captures = link->has_capture && !link->is_negated;
    match.want_ranges = !link->is_negated && (link->starter->log || link->starter->audit);
    match.capture_count = 0;
    match.range_count = 0;
    match.text = SL_EMPTY;
    if (sl_host_debugs(txn, 9)) sl_trace_value(txn, value, text);
    if (!sl_candidates_text(txn, link, text)) return false;
    const sl_answer answer = link->op->match(&call, operand, text->slice, &match);
    if (answer == SL_LIMIT || answer == SL_ERROR) {
        operator_failed(txn, link, value, answer);
        return false;
    }
    if ((answer == SL_YES) == link->is_negated) return false;
    if (match.want_captures) set_captures(txn, &match);
    const bool repeats = txn->rules->options.log_every_match && link->next == NULL && txn->cursor.matches != 0;
    if (repeats) sl_event_add(txn, link->starter, last); /* the match before this one */
    const sl_slice name = sl_value_name(txn, value);
    remember(txn, name, text, link->link_index);
    last->link = link;
    last->name = name;
    last->raw_value = value->text->slice;
    last->parameter = operand->text;
    last->text = match.text;
    if (match.want_ranges) sl_trace_place(txn, link, &match, value, last);
    return true;
}

static const sl_operand *operand_for(sl_txn *txn, const sl_rule *link, sl_operand *expanded) {
    if (link->operand.macro == NULL) return &link->operand;
    *expanded = link->operand;
    expanded->text = sl_macro_expand(txn, link->operand.macro);
    expanded->number = sl_number_of(expanded->text);
    return expanded;
}

static void on_match(sl_txn *txn, const sl_rule *link) {
    run_actions(txn, link, txn->cursor.matches == 0);
    txn->cursor.matches++;
}

/* All stages of one value: the final one, or with multiMatch the original and each change. */
static void evaluate_value(sl_txn *txn, const sl_rule *link, const sl_operand *operand, const sl_value *value,
                           sl_last_match *last) {
    if (!link->is_multi_match) {
        sl_text *text = sl_values_apply(txn, value->text, link->pipeline);
        if (sl_host_debugs(txn, 9)) sl_trace_pipeline(txn, link->pipeline, value->text);
        if (test(txn, link, operand, value, text, last)) on_match(txn, link);
        return;
    }
    sl_text *text = value->text;
    if (test(txn, link, operand, value, text, last)) on_match(txn, link);
    for (size_t i = 0; i < link->pipeline->step_count; i++) {
        sl_text *changed = sl_values_transform(txn, text, link->pipeline->steps[i]);
        if (changed == text) continue;
        text = changed;
        if (test(txn, link, operand, value, text, last)) on_match(txn, link);
    }
}

/* Nothing further is looked at. The logging phase runs in full after an intervention. */
static bool is_over(const sl_txn *txn) {
    return txn->engine_mode == SL_OFF || (txn->is_intervened && txn->cursor.phase != 5);
}

static void evaluate_operator(sl_txn *txn, const sl_rule *link, sl_last_match *last) {
    sl_cursor *cursor = &txn->cursor;
    sl_operand expanded;
    const sl_operand *operand = NULL;
    const bool stops = link->next == NULL && sl_verdict_stops_at_first(txn, link->starter);
    for (; cursor->target < link->target_count; cursor->target++) {
        collect_values(txn, link, &link->targets[cursor->target]);
        for (cursor->value = 0; cursor->value < txn->values.count;) {
            const sl_value value = txn->values.items[cursor->value++];
            if (operand == NULL || link->operand_per_value) operand = operand_for(txn, link, &expanded);
            evaluate_value(txn, link, operand, &value, last);
            if (cursor->matches != 0 && stops) return;
            if (is_over(txn)) return;
        }
    }
    if (operand == NULL) txn->engine->stats.rules_skipped_absent++; /* there was nothing to look at */
}

static void evaluate_script(sl_txn *txn, const sl_rule *link, sl_last_match *last) {
    sl_run_result result;
    sl_script_run(txn, link, link->script, SL_RUN_RULE, NULL, &result);
    if (result.failed && txn->rules->config.intercept_on_error) {
        sl_verdict_engine_intervenes(txn, 500, SL_LIT("A script failed (SecInterceptOnError)"));
    }
    if (!result.matched) return;
    last->link = link;
    last->name = last->raw_value = last->parameter = SL_EMPTY;
    last->places = NULL;
    last->place_count = 0;
    last->text = result.text;
    last->alert = result.match;
    if (result.match != NULL && result.match->has_variable) {
        remember(txn, result.match->variable, sl_text_new(&txn->arena, result.match->value), link->link_index);
    }
    on_match(txn, link);
}

static void evaluate_link(sl_txn *txn, const sl_rule *link, sl_last_match *last) {
    txn->engine->stats.rules_evaluated++;
    if (sl_host_debugs(txn, 4)) sl_trace_rule(txn, link);
    switch (link->kind) {
        case SL_RULE_UNCONDITIONAL:
            last->link = link;
            on_match(txn, link);
            break;
        case SL_RULE_SCRIPT: evaluate_script(txn, link, last); break;
        default:
            evaluate_operator(txn, link, last);
    }
    if (sl_host_debugs(txn, 4)) sl_trace_result(txn, link, txn->cursor.matches != 0);
}

/* ---- one unit: a rule or a whole chain ---- */

static void finish(sl_txn *txn, const sl_rule *starter, const sl_last_match *last) {
    const bool has_own_severity = last->alert != NULL && last->alert->severity >= 0;
    const int severity = has_own_severity ? last->alert->severity : starter->severity;
    if (severity >= 0 && severity < txn->highest_severity) txn->highest_severity = severity;
    txn->engine->stats.matches++;
    seclua_event *event = sl_event_add(txn, starter, last);
    sl_verdict_apply(txn, starter, event);
    if (sl_host_debugs(txn, 9)) sl_trace_finish(txn, starter);
}

/* True when every link matched. */
static bool evaluate_unit(sl_txn *txn, const sl_rule *starter) {
    sl_cursor *cursor = &txn->cursor;
    sl_last_match last;
    memset(&last, 0, sizeof last);
    txn->current_rule = starter;
    txn->matched.count = 0;
    cursor->removals = txn->target_removals; /* what this chain removes itself is for later units */
    for (cursor->link = starter; cursor->link != NULL; cursor->link = cursor->link->next) {
        cursor->target = 0;
        cursor->matches = 0;
        evaluate_link(txn, cursor->link, &last);
        if (txn->engine_mode == SL_OFF) return false;
        if (cursor->matches == 0) {
            txn->matched.count = 0;
            return false;
        }
    }
    finish(txn, starter, &last);
    return true;
}

/* With SecRulePerfTime the rule's time is taken; what passes the limit is kept for PERF_RULES. */
static bool evaluate_timed(sl_txn *txn, const sl_rule *starter) {
    const uint32_t limit_us = txn->rules->config.rule_perf_time_us;
    if (limit_us == 0) return evaluate_unit(txn, starter);
    const int64_t started_us = sl_clock_monotonic_us();
    const bool matched = evaluate_unit(txn, starter);
    const int64_t taken_us = sl_clock_monotonic_us() - started_us;
    if (taken_us > limit_us) sl_trace_slow_rule(txn, starter, taken_us);
    return matched;
}

static bool allow_ends_phase(const sl_txn *txn, const sl_rule *starter) {
    const bool is_allow = starter->disruptive == SL_ACT_ALLOW || starter->disruptive == SL_ACT_ALLOW_PHASE ||
                          starter->disruptive == SL_ACT_ALLOW_REQUEST;
    return is_allow && txn->engine_mode == SL_ON;
}

/* The first unit from here on that could match. A trace names every rule, so it gets every rule. */
static size_t next_candidate(sl_txn *txn, const sl_program *program, size_t unit) {
    sl_cursor *cursor = &txn->cursor;
    if (program->blocks == NULL || sl_host_debugs(txn, 4)) return unit;
    while (unit < program->count) {
        const sl_block *block = &program->blocks[program->block_of[unit]];
        if (cursor->block != block) {
            cursor->candidates = sl_candidates_block(txn, block);
            cursor->block = block;
        }
        const uint64_t ahead = cursor->candidates >> (unit - block->first);
        if (ahead != 0) return unit + sl_bits_first(ahead);
        unit = block->first + block->count;
    }
    return unit;
}

static void run_units(sl_txn *txn, const sl_program *program) {
    sl_cursor *cursor = &txn->cursor;
    for (;;) {
        cursor->unit = next_candidate(txn, program, cursor->unit);
        if (cursor->unit >= program->count) return;
        const sl_rule *starter = program->units[cursor->unit];
        if (is_removed(txn, starter)) {
            cursor->unit++;
            continue;
        }
        const bool matched = evaluate_timed(txn, starter);
        if (is_over(txn)) return;
        if (matched && allow_ends_phase(txn, starter)) return;
        cursor->unit = matched && starter->has_jump ? starter->jump : cursor->unit + 1;
    }
}

void sl_evaluate_phase(sl_txn *txn, unsigned phase) {
    if (txn->phase_done[phase]) return;
    txn->phase_done[phase] = true;
    txn->cursor = (sl_cursor){.phase = (uint8_t)phase, .running = true};
    if (!sl_verdict_lets_phase(txn, phase)) return;
    const int64_t started_us = sl_clock_monotonic_us();
    txn->now_epoch = sl_clock_wall_us() / 1000000;
    txn->matched.count = 0;
    const sl_program *program = &txn->rules->phases[phase];
    if (sl_host_debugs(txn, 4)) sl_trace_phase(txn, phase, program->count);
    run_units(txn, program);
    txn->current_rule = NULL;
    txn->cursor.running = false;
    if (txn->rules->options.commit == SECLUA_COMMIT_PHASE) sl_commit_all(txn);
    txn->phase_us[phase] = sl_clock_monotonic_us() - started_us;
}
