/* SPDX-License-Identifier: Apache-2.0 */
/* What a matched rule leaves behind: everything expanded at completion, so that macros show the state of the last match. */
#include "lua/script.h"
#include "ruleset/event.h"
#include "run/evaluate.h"
#include "run/host.h"
#include "run/trace.h"

static void make_room(sl_txn *txn, size_t more) {
    sl_event_list *list = &txn->events;
    if (list->count + more <= list->capacity) return;
    size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
    while (capacity < list->count + more) capacity *= 2;
    seclua_event **items = sl_arena_alloc(&txn->arena, capacity * sizeof *items);
    if (list->count != 0) memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
}

static void count(sl_txn *txn, const seclua_event *event) {
    txn->engine->match_counts[event->rule_index]++;
    if (event->log) txn->has_logged_event = true;
}

static void keep(sl_txn *txn, seclua_event *event) {
    make_room(txn, 1);
    txn->events.items[txn->events.count++] = event;
    count(txn, event);
}

void sl_event_add_batch(sl_txn *txn, const sl_batch *batch) {
    make_room(txn, batch->unit_count);
    memcpy(txn->events.items + txn->events.count, batch->events, batch->unit_count * sizeof(seclua_event *));
    txn->events.count += batch->unit_count;
    for (size_t i = 0; i < batch->unit_count; i++) count(txn, batch->events[i]);
}

static sl_slice expanded(sl_txn *txn, const sl_macro *macro) {
    return macro == NULL ? SL_EMPTY : sl_macro_expand(txn, macro);
}

static void add_tags(sl_txn *txn, const sl_rule *starter, const sl_script_match *alert, seclua_event *event) {
    const size_t more = alert == NULL ? 0 : alert->tag_count;
    if (starter->tag_count + more == 0) return;
    sl_slice *tags = sl_arena_alloc(&txn->arena, (starter->tag_count + more) * sizeof *tags);
    for (size_t i = 0; i < starter->tag_count; i++) tags[i] = sl_macro_expand(txn, starter->tags[i]);
    for (size_t i = 0; i < more; i++) tags[starter->tag_count + i] = alert->tags[i];
    event->tags = tags;
    event->tag_count = starter->tag_count + more;
}

static void add_variables(sl_txn *txn, seclua_event *event) {
    const sl_matched_list *matched = &txn->matched;
    if (matched->count == 0) return;
    seclua_matched_variable *variables = sl_arena_alloc(&txn->arena, matched->count * sizeof *variables);
    for (size_t i = 0; i < matched->count; i++) {
        const sl_matched *match = &matched->items[i];
        variables[i] = (seclua_matched_variable){match->name, match->text->slice, match->link};
    }
    event->variables = variables;
    event->variable_count = matched->count;
}

seclua_event *sl_event_add(sl_txn *txn, const sl_rule *starter, const sl_last_match *last) {
    seclua_event *event = SL_NEW(&txn->arena, seclua_event);
    sl_event_describe(event, starter);
    event->message = expanded(txn, starter->message);
    event->data = expanded(txn, starter->data);
    if (last->alert != NULL && last->alert->has_data) event->data = last->alert->data;
    if (last->alert != NULL && last->alert->severity >= 0) event->severity = last->alert->severity;
    add_tags(txn, starter, last->alert, event);
    add_variables(txn, event);
    if (last->link != NULL && last->link->kind == SL_RULE_OPERATOR) {
        sl_event_describe_operator(event, last->link);
        event->parameter = last->parameter;
        event->variable_name = last->name;
        event->value = last->raw_value;
    }
    event->match_text = last->text;
    event->reference = sl_trace_reference(txn, last);
    if (starter->audit) txn->is_relevant = true;
    if (starter->message != NULL && sl_host_debugs(txn, 9)) {
        sl_host_debug(txn, 9, "Saving msg: %.*s", (int)event->message.len, (const char *)event->message.ptr);
    }
    keep(txn, event);
    return event;
}
