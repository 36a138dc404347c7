/* SPDX-License-Identifier: Apache-2.0 */
/* The rule loop: units of a phase, links of a chain, values of a link, stages of a value (spec 03, section 3).
 *
 * Everything the loop stands on is in txn->cursor and txn->values, never only on the C stack: what has to wait leaves
 * through all levels, and sl_evaluate_resume enters them again where they were left (design.md section 6). So each level
 * comes in two parts: what begins it, and a loop that goes on from the cursor, which both ways in share. Nothing here knows
 * text or names: rows and indexes only. */
#include "run/evaluate.h"

#include "base/bits.h"
#include "lua/script.h"
#include "run/candidates.h"
#include "run/clock.h"
#include "run/commit.h"
#include "run/host.h"
#include "run/suspend.h"
#include "run/trace.h"
#include "run/values.h"
#include "run/verdict.h"
#include "actions/action.h"
#include "variables/variable.h"

static bool has(const uint64_t *starters, uint32_t ordinal) { return (starters[ordinal / 64] >> (ordinal % 64) & 1) != 0; }

static bool is_removed(const sl_txn *txn, const sl_rule *starter) { return txn->removed != NULL && has(txn->removed, starter->ordinal); }

/* A ctl took targets away. */
static bool is_narrowed(const sl_txn *txn, const sl_rule *link) { return txn->narrowed != NULL && has(txn->narrowed, link->ordinal); }

/* What a level says to the one around it. */
typedef enum sl_flow {
    SL_GO_ON,
    SL_LEAVE,     /* this level is done before its end */
    SL_SUSPENDED, /* the cursor stands where the answer is needed */
} sl_flow;

static sl_flow suspended_at(sl_txn *txn, sl_point point) {
    txn->cursor.point = (uint8_t)point;
    return SL_SUSPENDED;
}

/* After whatever may have asked for something outside. */
static bool has_to_wait(sl_txn *txn) {
    if (txn->is_flush_due) sl_commit_flush(txn);
    return sl_suspend_is_due(txn);
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
    if (!is_narrowed(txn, link)) return false;
    for (const sl_target_removal *removal = txn->cursor.removals; removal != NULL; removal = removal->next) {
        if (!has(removal->rules->words, link->ordinal)) continue;
        for (size_t i = 0; i < removal->target_count; i++) {
            if (is_excluded_by(txn, &removal->targets[i], value)) return true;
        }
    }
    return false;
}

/* The text alone says that the operator cannot match it: cheaper to ask than what an exclusion's pattern costs. */
static bool is_hopeless(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    if (link->is_multi_match || link->pipeline->has_own || value->seen != NULL) return false;
    return !sl_candidates_text(txn, link, sl_values_apply(txn, value->text, link->pipeline));
}

/* Of one target, at the moment it is its turn: what earlier targets set is seen, what this one sets is not. */
static void collect_values(sl_txn *txn, const sl_rule *link, const sl_target *target) {
    sl_values *values = &txn->values;
    const bool is_traced = sl_host_debugs(txn, 9); /* a trace names every value, also those that cannot match */
    values->count = 0;
    if (is_traced) {
        sl_variable_expand(txn, target, values);
    } else {
        sl_candidates_values(txn, link, target, values);
    }
    if (values->count == 0 || (link->exclusion_count == 0 && !is_narrowed(txn, link))) return;
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

/* From the cursor's action on; then the match counts. */
static sl_flow run_actions(sl_txn *txn, const sl_rule *link) {
    sl_cursor *cursor = &txn->cursor;
    while (cursor->action < link->action_count) {
        const sl_action *action = &link->actions[cursor->action++];
        const bool repeats = !action->row->runs_once ||
                             (txn->rules->options.exec_per_match && action->row == sl_actions_exec);
        if (cursor->matches != 0 && !repeats) continue;
        if (sl_host_debugs(txn, 9)) sl_trace_action(txn, action->row->name);
        action->row->run(txn, link, action->prepared);
        if (has_to_wait(txn)) return suspended_at(txn, SL_AT_ACTION);
    }
    cursor->matches++;
    return SL_GO_ON;
}

static sl_flow on_match(sl_txn *txn, const sl_rule *link) {
    txn->cursor.action = 0;
    return run_actions(txn, link);
}

static void operator_failed(sl_txn *txn, const sl_rule *link, const sl_value *value, sl_answer answer, sl_slice why) {
    if (answer == SL_LIMIT) {
        txn->pcre_limits_exceeded = txn->pcre_error = true;
        sl_host_set(txn, SL_LIT("tx"), SL_LIT("MSC_PCRE_LIMITS_EXCEEDED"), SL_LIT("1"));
    } else if (link->op->argument == SL_ARGUMENT_MACRO && sl_slice_starts(sl_slice_z(link->op->name), SL_LIT("rx"))) {
        txn->pcre_error = true;
    }
    sl_trace_failed(txn, link, sl_value_name(txn, value), answer == SL_LIMIT, why);
    if (answer == SL_ERROR && txn->rules->config.intercept_on_error) {
        sl_verdict_engine_intervenes(txn, 500, SL_LIT("An operator could not answer (SecInterceptOnError)"));
    }
}

static void keep_match(sl_txn *txn, const sl_rule *link, const sl_value *value, sl_text *text, const sl_match *match) {
    sl_cursor *cursor = &txn->cursor;
    if (match->want_captures) set_captures(txn, match);
    const bool repeats = txn->rules->options.log_every_match && link->next == NULL && cursor->matches != 0;
    if (repeats) sl_event_add(txn, link->starter, &cursor->last); /* the match before this one */
    const sl_slice name = sl_value_name(txn, value);
    remember(txn, name, text, link->link_index);
    sl_last_match *last = &cursor->last;
    last->link = link;
    last->name = name;
    last->raw_value = value->text->slice;
    last->parameter = cursor->operand->text;
    last->text = match->text;
    if (match->want_ranges) sl_trace_place(txn, link, match, value, last);
}

/* Asks the operator about one stage of a value. given: what it said it had to wait for; NULL: nothing yet. */
static sl_flow ask(sl_txn *txn, const sl_rule *link, const sl_value *value, sl_text *text, const seclua_answer *given) {
    const sl_call call = {.txn = txn, .rule = link, .arena = &txn->arena, .scratch = txn->engine->scratch, .given = given, .can_wait = true};
    sl_match match;
    match.want_captures = link->has_capture && !link->is_negated;
    match.want_ranges = !link->is_negated && (link->starter->log || link->starter->audit);
    match.capture_count = 0;
    match.range_count = 0;
    match.text = SL_EMPTY;
    const bool is_refused = link->is_negated && sl_candidates_refuses(txn, link, text);
    const sl_answer answer = is_refused ? SL_NO : link->op->match(&call, txn->cursor.operand, text->slice, &match);
    if (answer == SL_WAIT) return suspended_at(txn, SL_AT_OPERATOR);
    if (answer == SL_LIMIT || answer == SL_ERROR) {
        operator_failed(txn, link, value, answer, match.text);
        return SL_GO_ON;
    }
    if ((answer == SL_YES) == link->is_negated) {
        sl_text_refuse(txn, text, link);
        return SL_GO_ON;
    }
    keep_match(txn, link, value, text, &match);
    return on_match(txn, link);
}

/* One stage of a value, from the start. */
static sl_flow test(sl_txn *txn, const sl_rule *link, const sl_value *value, sl_text *text) {
    if (sl_host_debugs(txn, 9)) sl_trace_value(txn, value, text);
    if (sl_text_is_refused(text, link->question)) return SL_GO_ON;
    if (text != value->seen && !sl_candidates_text(txn, link, text)) return SL_GO_ON;
    txn->cursor.text = text;
    if (sl_suspend_probes(txn)) return suspended_at(txn, SL_AT_OPERATOR);
    return ask(txn, link, value, text, NULL);
}

static const sl_operand *operand_for(sl_txn *txn, const sl_rule *link) {
    if (link->operand.macro == NULL) return &link->operand;
    sl_operand *expanded = &txn->cursor.expanded;
    *expanded = link->operand;
    expanded->text = sl_macro_expand(txn, link->operand.macro);
    expanded->number = sl_number_of(expanded->text);
    return expanded;
}

/* A transformation of the rule set's own has failed: what a script that fails means for its rule, also when negated. */
static sl_flow leave_untested(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    txn->transformation_failed = false;
    if (!txn->rules->options.lua.match_on_error) {
        if (txn->rules->config.intercept_on_error) {
            sl_verdict_engine_intervenes(txn, 500, SL_LIT("A transformation failed (SecInterceptOnError)"));
        }
        return SL_GO_ON;
    }
    const sl_match match = {.text = SL_LIT("a transformation failed")};
    keep_match(txn, link, value, value->text, &match);
    return on_match(txn, link);
}

/* multiMatch: what the pipeline makes of cursor->text, from cursor->stage on. */
static sl_flow evaluate_stages(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    sl_cursor *cursor = &txn->cursor;
    while (cursor->stage < link->pipeline->step_count) {
        sl_text *changed = sl_values_step(txn, cursor->text, link->pipeline, cursor->stage++);
        if (txn->transformation_failed) return leave_untested(txn, link, value);
        if (changed == cursor->text) continue;
        cursor->text = changed;
        if (test(txn, link, value, changed) == SL_SUSPENDED) return SL_SUSPENDED;
    }
    return SL_GO_ON;
}

/* All stages of one value: the final one, or with multiMatch the original and each change. */
static sl_flow evaluate_value(sl_txn *txn, const sl_rule *link, const sl_value *value) {
    if (!link->is_multi_match) {
        sl_text *text = value->seen != NULL ? value->seen : sl_values_apply(txn, value->text, link->pipeline);
        if (txn->transformation_failed) return leave_untested(txn, link, value);
        if (sl_host_debugs(txn, 9)) sl_trace_pipeline(txn, link->pipeline, value->text);
        return test(txn, link, value, text);
    }
    txn->cursor.stage = 0;
    txn->cursor.text = value->text;
    if (test(txn, link, value, value->text) == SL_SUSPENDED) return SL_SUSPENDED;
    return evaluate_stages(txn, link, value);
}

/* ---- one link ---- */

/* Nothing further is looked at. The logging phase runs in full after an intervention. */
static bool is_stopped(const sl_txn *txn) { return txn->is_intervened && txn->cursor.phase != 5; }

/* Nothing further of the rule. One that switches the engine off is judged to its end, and leaves its event. */
static bool is_decided(const sl_txn *txn) {
    return (txn->cursor.matches != 0 && txn->cursor.stops_at_match) || is_stopped(txn);
}

/* The cursor's target, from the cursor's value on. */
static sl_flow evaluate_values(sl_txn *txn, const sl_rule *link) {
    sl_cursor *cursor = &txn->cursor;
    while (cursor->value < txn->values.count) {
        const sl_value value = txn->values.items[cursor->value++];
        if (cursor->operand == NULL || link->operand_per_value) cursor->operand = operand_for(txn, link);
        if (evaluate_value(txn, link, &value) == SL_SUSPENDED) return SL_SUSPENDED;
        if (is_decided(txn)) return SL_LEAVE;
    }
    return SL_GO_ON;
}

/* The block of the unit has seen that the target has nothing for it. */
static bool is_target_closed(const sl_txn *txn, const sl_rule *link) {
    const sl_cursor *cursor = &txn->cursor;
    if (cursor->block == NULL || link->link_index != 0) return false;
    const size_t unit = cursor->unit - cursor->block->first;
    const uint16_t *places = cursor->block->unit_targets[unit];
    return places != NULL && (txn->let_by_target[places[cursor->target]] >> unit & 1) == 0;
}

/* From the cursor's target on. */
static sl_flow evaluate_targets(sl_txn *txn, const sl_rule *link) {
    sl_cursor *cursor = &txn->cursor;
    for (; cursor->target < link->target_count; cursor->target++) {
        if (is_target_closed(txn, link)) continue;
        collect_values(txn, link, &link->targets[cursor->target]);
        cursor->value = 0;
        const sl_flow flow = evaluate_values(txn, link);
        if (flow != SL_GO_ON) return flow;
    }
    if (cursor->operand == NULL) txn->engine->stats.rules_skipped_absent++; /* there was nothing to look at */
    return SL_GO_ON;
}

/* It was settled at load that this rule matches, and with which value. */
static sl_flow take_as_matched(sl_txn *txn, const sl_rule *link, const sl_certainty *known) {
    const sl_target *target = &link->targets[0];
    sl_values *values = &txn->values;
    sl_text *text = sl_text_new(&txn->arena, known->value);
    values->count = 0;
    if (target->is_count) {
        sl_values_add_count(txn, values, target, text);
    } else {
        sl_values_add(txn, values, target->variable, known->key, text);
    }
    txn->cursor.value = 1;
    txn->cursor.operand = &link->operand;
    const sl_value value = values->items[0];
    const sl_match match = {.want_ranges = !link->is_negated && (link->starter->log || link->starter->audit)};
    keep_match(txn, link, &value, text, &match);
    return on_match(txn, link);
}

static const sl_certainty *settled(const sl_cursor *cursor) {
    const sl_certainty *certain = cursor->program->certain;
    return certain != NULL && certain[cursor->unit].is_certain ? &certain[cursor->unit] : NULL;
}

static sl_flow evaluate_operator(sl_txn *txn, const sl_rule *link) {
    sl_cursor *cursor = &txn->cursor;
    cursor->target = 0;
    cursor->operand = NULL;
    cursor->stops_at_match = link->next == NULL && sl_verdict_stops_at_first(txn, link->starter);
    const sl_certainty *known = settled(cursor);
    return known != NULL ? take_as_matched(txn, link, known) : evaluate_targets(txn, link);
}

static sl_flow on_script_match(sl_txn *txn, const sl_rule *link, const sl_run_result *result) {
    sl_last_match *last = &txn->cursor.last;
    last->link = link;
    last->name = last->raw_value = last->parameter = SL_EMPTY;
    last->places = NULL;
    last->place_count = 0;
    last->text = result->text;
    last->alert = result->match;
    if (result->match != NULL && result->match->has_variable) {
        remember(txn, result->match->variable, sl_text_new(&txn->arena, result->match->value), link->link_index);
    }
    return on_match(txn, link);
}

static sl_flow evaluate_script(sl_txn *txn, const sl_rule *link) {
    sl_run_result result;
    sl_script_run(txn, link, link->script, SL_RUN_RULE, NULL, &result);
    if (result.failed && txn->rules->config.intercept_on_error) {
        sl_verdict_engine_intervenes(txn, 500, SL_LIT("A script failed (SecInterceptOnError)"));
    }
    if (result.matched) return on_script_match(txn, link, &result);
    return has_to_wait(txn) ? suspended_at(txn, SL_AT_SCRIPT) : SL_GO_ON;
}

static sl_flow evaluate_link(sl_txn *txn, const sl_rule *link) {
    txn->engine->stats.rules_evaluated++;
    txn->cursor.matches = 0;
    if (sl_host_debugs(txn, 4)) sl_trace_rule(txn, link);
    switch (link->kind) {
        case SL_RULE_UNCONDITIONAL: txn->cursor.last.link = link; return on_match(txn, link);
        case SL_RULE_SCRIPT: return evaluate_script(txn, link);
        default: return evaluate_operator(txn, link);
    }
}

/* The link that was left: its value under way, its other values, its other targets. */
static sl_flow resume_operator(sl_txn *txn, const sl_rule *link, sl_point point, const seclua_answer *given) {
    sl_cursor *cursor = &txn->cursor;
    const sl_value value = txn->values.items[cursor->value - 1];
    sl_flow flow = point == SL_AT_OPERATOR ? ask(txn, link, &value, cursor->text, given) : run_actions(txn, link);
    if (flow == SL_GO_ON && link->is_multi_match) flow = evaluate_stages(txn, link, &value);
    if (flow == SL_SUSPENDED) return flow;
    if (is_decided(txn)) return SL_LEAVE;
    flow = evaluate_values(txn, link);
    if (flow != SL_GO_ON) return flow;
    cursor->target++;
    return evaluate_targets(txn, link);
}

static sl_flow resume_link(sl_txn *txn, sl_point point, const seclua_answer *given) {
    const sl_rule *link = txn->cursor.link;
    if (point == SL_AT_SCRIPT) return SL_GO_ON;
    if (link->kind == SL_RULE_OPERATOR) return resume_operator(txn, link, point, given);
    return run_actions(txn, link);
}

/* ---- one unit: a rule or a whole chain ---- */

typedef enum sl_outcome { SL_UNIT_FAILED, SL_UNIT_MATCHED, SL_UNIT_SUSPENDED } sl_outcome;

static void finish(sl_txn *txn, const sl_rule *starter) {
    const sl_last_match *last = &txn->cursor.last;
    const bool has_own_severity = last->alert != NULL && last->alert->severity >= 0;
    const int severity = has_own_severity ? last->alert->severity : starter->severity;
    if (severity >= 0 && severity < txn->highest_severity) txn->highest_severity = severity;
    txn->engine->stats.matches++;
    seclua_event *event = sl_event_add(txn, starter, last);
    sl_verdict_apply(txn, starter, event);
    if (sl_host_debugs(txn, 9)) sl_trace_finish(txn, starter);
}

static void keep_half_chain(sl_txn *txn, const sl_rule *failed) {
    if (failed->link_index == 0 || txn->audit_engine == SL_OFF) return;
    sl_half_chain *half = SL_NEW(&txn->arena, sl_half_chain);
    half->starter = failed->starter;
    half->failed = failed;
    half->event_count = txn->events.count;
    sl_half_chain **end = txn->half_chains_end == NULL ? &txn->half_chains : txn->half_chains_end;
    *end = half;
    txn->half_chains_end = &half->next;
}

/* On to the next link. False: this one did not match, so the chain does not. */
static bool pass_link(sl_txn *txn) {
    sl_cursor *cursor = &txn->cursor;
    if (sl_host_debugs(txn, 4)) sl_trace_result(txn, cursor->link, cursor->matches != 0);
    if (cursor->matches == 0) {
        txn->matched.count = 0;
        keep_half_chain(txn, cursor->link);
        return false;
    }
    cursor->link = cursor->link->next;
    return true;
}

/* From the cursor's link on. */
static sl_outcome evaluate_links(sl_txn *txn, const sl_rule *starter) {
    while (txn->cursor.link != NULL) {
        if (evaluate_link(txn, txn->cursor.link) == SL_SUSPENDED) return SL_UNIT_SUSPENDED;
        if (!pass_link(txn)) return SL_UNIT_FAILED;
    }
    finish(txn, starter);
    return SL_UNIT_MATCHED;
}

/* With SecRulePerfTime the rule's time is taken, waits included; what passes the limit is kept for PERF_RULES. */
static void take_time(sl_txn *txn, const sl_rule *starter) {
    const uint32_t limit_us = txn->rules->config.rule_perf_time_us;
    if (limit_us == 0) return;
    const int64_t taken_us = sl_clock_monotonic_us() - txn->cursor.unit_started_us;
    if (taken_us > limit_us) sl_trace_slow_rule(txn, starter, taken_us);
}

static sl_outcome evaluate_unit(sl_txn *txn, const sl_rule *starter) {
    sl_cursor *cursor = &txn->cursor;
    memset(&cursor->last, 0, sizeof cursor->last);
    txn->current_rule = starter;
    txn->matched.count = 0;
    cursor->removals = txn->target_removals; /* what this chain removes itself is for later units */
    cursor->link = starter;
    if (txn->rules->config.rule_perf_time_us != 0) cursor->unit_started_us = sl_clock_monotonic_us();
    return evaluate_links(txn, starter);
}

static sl_outcome resume_unit(sl_txn *txn, const sl_rule *starter, sl_point point, const seclua_answer *given) {
    if (resume_link(txn, point, given) == SL_SUSPENDED) return SL_UNIT_SUSPENDED;
    return pass_link(txn) ? evaluate_links(txn, starter) : SL_UNIT_FAILED;
}

/* ---- one phase ---- */

static bool allow_ends_phase(const sl_txn *txn, const sl_rule *starter) {
    const bool is_allow = starter->disruptive == SL_ACT_ALLOW || starter->disruptive == SL_ACT_ALLOW_PHASE ||
                          starter->disruptive == SL_ACT_ALLOW_REQUEST || starter->disruptive == SL_ACT_PAUSE;
    return is_allow && txn->engine_mode == SL_ON;
}

/* The first unit from here on that could match. A trace names every rule, so it gets every rule. */
static size_t next_candidate(sl_txn *txn, size_t unit) {
    sl_cursor *cursor = &txn->cursor;
    const sl_program *program = cursor->program;
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

/* On to the next unit, or to where a jump leads. */
static sl_flow pass_unit(sl_txn *txn, const sl_rule *starter, sl_outcome outcome) {
    if (outcome == SL_UNIT_SUSPENDED) return SL_SUSPENDED;
    take_time(txn, starter);
    if (is_stopped(txn) || txn->engine_mode == SL_OFF) return SL_LEAVE;
    const bool matched = outcome == SL_UNIT_MATCHED;
    if (matched && allow_ends_phase(txn, starter)) return SL_LEAVE;
    sl_cursor *cursor = &txn->cursor;
    if (matched && starter->has_jump && sl_host_debugs(txn, 9)) sl_trace_jump(txn, starter);
    cursor->unit = matched ? cursor->program->jumps[cursor->unit] : cursor->unit + 1;
    return SL_GO_ON;
}

/* ---- the folded program ---- */

static bool holds(const sl_txn *txn, const sl_fact *fact) {
    const sl_member *member = sl_members_find_hashed(&txn->tx, fact->key, fact->key_hash);
    if (member == NULL || !fact->is_set) return member == NULL && !fact->is_set;
    return sl_slice_equal(member->value->slice, fact->value) && sl_slice_equal(member->name->slice, fact->name);
}

/* A trace names every rule, so it gets every rule. */
static const sl_program *choose_program(const sl_txn *txn, unsigned phase) {
    const sl_program *whole = &txn->rules->phases[phase];
    const sl_program *folded = whole->folded;
    if (folded == NULL || sl_host_debugs(txn, 4)) return whole;
    for (size_t i = 0; i < folded->fact_count; i++) {
        if (!holds(txn, &folded->facts[i])) return whole;
    }
    return folded;
}

/* What was settled for this unit, and so for those after it, does not hold: a ctl took it away, or one of its targets. */
static bool is_overtaken(const sl_txn *txn, const sl_rule *starter) {
    if (txn->cursor.program->certain == NULL) return false;
    if (sl_host_debugs(txn, 4)) return true;
    if (!txn->cursor.program->certain[txn->cursor.unit].is_certain) return false;
    return is_removed(txn, starter) || is_narrowed(txn, starter);
}

static void unfold(sl_txn *txn) {
    sl_cursor *cursor = &txn->cursor;
    cursor->unit = cursor->program->origins[cursor->unit];
    cursor->program = &txn->rules->phases[cursor->phase];
    cursor->block = NULL;
}

/* A ctl took one of these units away, or targets of it. */
static bool is_touched(const sl_txn *txn, const sl_batch *batch) {
    if (txn->removed == NULL && txn->narrowed == NULL) return false;
    const sl_rule *const *units = &txn->cursor.program->units[txn->cursor.unit];
    for (size_t i = 0; i < batch->unit_count; i++) {
        if (is_removed(txn, units[i]) || is_narrowed(txn, units[i])) return true;
    }
    return false;
}

/* The batch that begins at the cursor, if nothing wants to see its units one by one. */
static const sl_batch *next_batch(const sl_txn *txn) {
    const sl_cursor *cursor = &txn->cursor;
    const sl_batch *batch = cursor->program->batches == NULL ? NULL : cursor->program->batches[cursor->unit];
    if (batch == NULL || is_touched(txn, batch) || sl_host_debugs(txn, 4)) return NULL;
    return txn->rules->config.rule_perf_time_us == 0 && !txn->engine->probes_suspension ? batch : NULL;
}

static void take_batch(sl_txn *txn, const sl_batch *batch) {
    sl_host_set_all_tx(txn, batch->presets);
    sl_event_add_batch(txn, batch);
    sl_cursor *cursor = &txn->cursor;
    const sl_rule *last = cursor->program->units[cursor->unit + batch->unit_count - 1];
    txn->current_rule = last;
    txn->matched.count = 0;
    if (batch->has_match) {
        remember(txn, batch->matched_name, sl_text_new(&txn->arena, batch->matched_value), 0);
        if (last->kind != SL_RULE_OPERATOR) txn->matched.count = 0;
    }
    if (batch->highest_severity < txn->highest_severity) txn->highest_severity = batch->highest_severity;
    txn->engine->stats.rules_evaluated += batch->unit_count;
    txn->engine->stats.matches += batch->unit_count;
    cursor->unit = batch->next;
}

/* From the cursor's unit on. */
static sl_flow run_units(sl_txn *txn) {
    sl_cursor *cursor = &txn->cursor;
    for (;;) {
        const size_t unit = next_candidate(txn, cursor->unit);
        if (unit != cursor->unit) txn->matched.count = 0; /* as each of those passed over would have it */
        cursor->unit = unit;
        if (unit >= cursor->program->count) return SL_GO_ON;
        const sl_batch *batch = next_batch(txn);
        if (batch != NULL) {
            take_batch(txn, batch);
            continue;
        }
        const sl_rule *starter = cursor->program->units[cursor->unit];
        if (is_overtaken(txn, starter)) {
            unfold(txn);
            continue;
        }
        if (is_removed(txn, starter)) {
            txn->matched.count = 0; /* MATCHED_VARS are the last rule's, whatever became of it */
            cursor->unit++;
            continue;
        }
        const sl_flow flow = pass_unit(txn, starter, evaluate_unit(txn, starter));
        if (flow != SL_GO_ON) return flow;
    }
}

/* Changes that are to reach the store by the end of this phase. */
static bool is_commit_due(const sl_txn *txn) {
    if (txn->cursor.phase == 5) return txn->engine_mode != SL_OFF;
    return txn->rules->options.commit == SECLUA_COMMIT_PHASE;
}

static bool close_phase(sl_txn *txn) {
    txn->phase_us[txn->cursor.phase] = sl_clock_monotonic_us() - txn->cursor.phase_started_us;
    return true;
}

/* After the last unit, or where the units were left. False: it has to wait. */
static bool end_phase(sl_txn *txn, sl_flow flow) {
    if (flow == SL_SUSPENDED) return false;
    txn->current_rule = NULL;
    if (is_commit_due(txn)) sl_commit_all(txn);
    if (has_to_wait(txn)) {
        suspended_at(txn, SL_AT_PHASE_END);
        return false;
    }
    return close_phase(txn);
}

bool sl_evaluate_phase(sl_txn *txn, unsigned phase) {
    if (txn->phase_done[phase]) return true;
    txn->phase_done[phase] = true;
    txn->cursor = (sl_cursor){.phase = (uint8_t)phase};
    if (!sl_verdict_lets_phase(txn, phase)) return true;
    txn->cursor.phase_started_us = sl_clock_monotonic_us();
    txn->now_epoch = sl_clock_wall_us() / 1000000;
    txn->matched.count = 0;
    txn->cursor.program = choose_program(txn, phase);
    if (sl_host_debugs(txn, 4)) sl_trace_phase(txn, phase, txn->cursor.program->count);
    return end_phase(txn, run_units(txn));
}

bool sl_evaluate_resume(sl_txn *txn, const seclua_answer *answer) {
    sl_cursor *cursor = &txn->cursor;
    const sl_point point = (sl_point)cursor->point;
    cursor->point = SL_AT_NOTHING;
    const seclua_answer *given = sl_suspend_settle(txn, answer);
    if (point == SL_AT_PHASE_END) return close_phase(txn);
    const sl_rule *starter = cursor->program->units[cursor->unit];
    sl_flow flow = pass_unit(txn, starter, resume_unit(txn, starter, point, given));
    if (flow == SL_GO_ON) flow = run_units(txn);
    return end_phase(txn, flow);
}
