/* SPDX-License-Identifier: Apache-2.0 */
/* The candidate index at work (design.md section 4).
 *
 * A text keeps the filters that its scan found. A view is what a target selects, seen through one pipeline; it keeps the
 * union over its texts, so that a rule that can match none of them is settled by one bit, and a rule whose target selects
 * nothing by none. A view is made of the one without the last step (its parent; the raw one holds what the target selects):
 * where that step changes no text it is the same, and what is known of the parent holds for it. Lists only grow while a
 * phase runs: a view remembers how many texts it has seen and looks at the new ones only.
 *
 * A block of rules is settled at once when it is entered: each view tells which of the block's rules it lets through. */
#include "run/candidates.h"

#include "base/bits.h"
#include "prefilter/prefilter.h"
#include "run/host.h"
#include "run/values.h"
#include "variables/variable.h"

struct sl_selection {
    sl_text **texts;
    const sl_member **members; /* the texts are of, in a whole list */
    uint32_t count, capacity;
    uint32_t known_count; /* texts of the value cache among them: what they let through is told by each of them */
    size_t listed; /* members of a whole list that are among texts, or passed over */
    uint64_t made; /* when texts was made (now); 0 = not yet */
    struct sl_view_state *views; /* by place; NULL while there is no text */
};

struct sl_view_state {
    sl_text **texts;       /* the selection's after the pipeline, but for those of the value cache; NULL: those of same_as */
    const sl_target_view *same_as;
    uint32_t capacity;     /* of texts */
    uint32_t stepped;      /* texts of the selection that the last step has seen */
    uint64_t *found;       /* filters that the scan found in the first found_seen texts after the pipeline; NULL = not made yet */
    uint32_t found_seen;
    uint32_t classes_seen;
    uint64_t classes;      /* kinds of bytes in the first classes_seen texts after the pipeline */
};

static inline bool lets(const uint64_t *found, const int32_t *filters) {
    return sl_prefilter_lets(found, (uint32_t)filters[0]) && (filters[1] < 0 || sl_prefilter_lets(found, (uint32_t)filters[1])) &&
           (filters[2] < 0 || sl_prefilter_lets(found, (uint32_t)filters[2]));
}

static inline bool gate_lets(const uint64_t *found, const sl_gate *gate) {
    return sl_prefilter_lets(found, gate->filters[0]) && sl_prefilter_lets(found, gate->filters[1]) && sl_prefilter_lets(found, gate->filters[2]);
}

static inline void add_words(uint64_t *restrict to, const uint64_t *restrict from, uint32_t count) {
    for (uint32_t w = 0; w < count; w += sl_row_step) { /* the inner loop is one vector, or two */
        for (uint32_t i = 0; i < sl_row_step; i++) to[w + i] |= from[w + i];
    }
}

static const uint64_t *scan_now(sl_txn *txn, sl_text *text, uint8_t by) {
    const sl_prefilter *prefilter = txn->rules->prefilter;
    const sl_scanner *scanner = &prefilter->scanners[by];
    const size_t size = sl_found_bytes(prefilter);
    sl_arena *arena = sl_text_arena(txn, text);
    uint64_t *bits = sl_arena_zalloc(arena, size);
    const uint64_t classes = sl_values_classes(text);
    const bool any = sl_prefilter_scan(scanner, text->slice, classes, bits);
    const bool is_plain = (classes & prefilter->breaker_classes) == 0;
    if (!any) {
        sl_arena_trim(arena, bits, size, 0);
        return text->found = is_plain ? scanner->nothing : scanner->of_plain;
    }
    if (!is_plain) add_words(bits, scanner->of_plain, prefilter->word_count);
    bits[prefilter->word_count] = by;
    return text->found = bits;
}

/* What one of the suited scanners finds; the first to look at the text is `by`. Where another one has been there, the next is
 * the one that looks for everything, so no text is scanned more than twice. */
static inline const uint64_t *scan(sl_txn *txn, sl_text *text, uint64_t suited, uint8_t by) {
    while (text->twin != NULL) text = text->twin; /* the scan folds case */
    if (text->found == NULL) return scan_now(txn, text, by);
    const uint64_t found_by = text->found[txn->rules->prefilter->word_count];
    return (suited >> found_by & 1) != 0 ? text->found : scan_now(txn, text, 0);
}

/* Of the operator, whatever negates it. by: a suited scanner. */
static inline bool text_lets(sl_txn *txn, const sl_rule *link, sl_text *text, uint8_t by) {
    if (!sl_classes_suffice(sl_values_classes(text), link->classes)) return false;
    return link->filters[0] < 0 || lets(scan(txn, text, link->scanners, by), link->filters);
}

bool sl_candidates_text(sl_txn *txn, const sl_rule *link, sl_text *text) {
    if (txn->rules->options.no_acceleration || link->is_negated) return true;
    if (link->is_multi_match && text->found == NULL) return sl_classes_suffice(sl_values_classes(text), link->classes);
    return text_lets(txn, link, text, 0);
}

bool sl_candidates_refuses(sl_txn *txn, const sl_rule *link, sl_text *text) {
    return link->filters[0] >= 0 && !text_lets(txn, link, text, 0);
}

/* ---- views ---- */

static void make_room(sl_txn *txn, struct sl_selection *selection, bool has_members) {
    const uint32_t capacity = selection->capacity == 0 ? 16 : selection->capacity * 2;
    sl_text **texts = sl_arena_alloc(&txn->arena, capacity * sizeof *texts);
    if (selection->count != 0) memcpy(texts, selection->texts, selection->count * sizeof *texts);
    selection->texts = texts;
    if (has_members) {
        const sl_member **members = sl_arena_alloc(&txn->arena, capacity * sizeof *members);
        if (selection->count != 0) memcpy(members, selection->members, selection->count * sizeof *members);
        selection->members = members;
    }
    selection->capacity = capacity;
}

static void add_text(sl_txn *txn, struct sl_selection *selection, sl_text *text, const sl_member *member) {
    if (selection->count == selection->capacity) make_room(txn, selection, member != NULL);
    if (member != NULL) selection->members[selection->count] = member;
    selection->texts[selection->count++] = text;
    selection->known_count += text->known != NULL;
}

static void list_members(sl_txn *txn, const sl_variable *variable, struct sl_selection *selection) {
    const sl_members *members = variable->members(txn);
    if (members == NULL) return;
    for (; selection->listed < members->count; selection->listed++) {
        const sl_member *member = members->items[selection->listed];
        if (variable->origins != 0 && (member->origin & variable->origins) == 0) continue;
        add_text(txn, selection, sl_variable_shown(variable, member), member);
    }
}

/* What a target selects holds until the next phase, or until a list grows. Never 0, which a selection that was not made
 * says: there is a phase 0. */
static uint64_t now(const sl_txn *txn) { return (uint64_t)txn->list_growths << 8 | (txn->cursor.phase + 1u); }

void sl_candidates_grown(sl_txn *txn) {
    txn->list_growths++;
    txn->cursor.block = NULL;
}

/* The views of a target that is no whole list begin anew. */
static void forget(struct sl_selection *selection) {
    selection->views = NULL;
    selection->count = selection->known_count = 0;
}

static bool is_as_before(const struct sl_selection *selection, const sl_values *values) {
    if (values->count != selection->count) return false;
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].text != selection->texts[i]) return false;
    }
    return true;
}

static void select_values(sl_txn *txn, const sl_target_view *view, struct sl_selection *selection) {
    sl_value small[4];
    sl_values values = {small, 0, sizeof small / sizeof small[0]};
    sl_variable_expand(txn, view->target, &values);
    if (selection->made != 0) {
        if (is_as_before(selection, &values)) return;
        forget(selection);
    }
    for (size_t i = 0; i < values.count; i++) add_text(txn, selection, values.items[i].text, NULL);
}

/* With all texts that there are now. */
static const struct sl_selection *selection_of(sl_txn *txn, const sl_target_view *view) {
    if (txn->selections == NULL) {
        txn->selections = SL_NEW_ARRAY(&txn->arena, struct sl_selection, txn->rules->selection_count);
        txn->let_by_target = sl_arena_alloc(&txn->arena, txn->rules->block_targets_max * sizeof *txn->let_by_target);
    }
    struct sl_selection *selection = &txn->selections[view->selection];
    if (selection->made == now(txn)) return selection;
    if (view->is_whole_list) {
        list_members(txn, view->target->variable, selection);
    } else {
        select_values(txn, view, selection);
    }
    if (selection->views == NULL && selection->count != 0) {
        selection->views = SL_NEW_ARRAY(&txn->arena, struct sl_view_state, txn->rules->selection_views[view->selection]);
    }
    selection->made = now(txn);
    return selection;
}

static inline struct sl_view_state *state_of(const sl_target_view *view, const struct sl_selection *selection) {
    return &selection->views[view->place];
}

/* Of a view that is not the same as another one. */
static sl_text *const *texts_of(const sl_target_view *view, const struct sl_selection *selection) {
    return view->parent < 0 ? selection->texts : state_of(view, selection)->texts;
}

static uint64_t collect_new_classes(const sl_target_view *view, const struct sl_selection *selection) {
    struct sl_view_state *state = state_of(view, selection);
    sl_text *const *texts = texts_of(view, selection);
    for (; state->classes_seen < selection->count; state->classes_seen++) {
        if (selection->texts[state->classes_seen]->known == NULL) state->classes |= sl_values_classes(texts[state->classes_seen]);
    }
    return state->classes;
}

static inline uint64_t collect_classes(const sl_target_view *view, const struct sl_selection *selection) {
    const struct sl_view_state *state = state_of(view, selection);
    return state->classes_seen == selection->count ? state->classes : collect_new_classes(view, selection); /* mostly the first */
}

static const uint64_t *collect_new_found(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection) {
    struct sl_view_state *state = state_of(view, selection);
    const uint32_t words = txn->rules->prefilter->word_count;
    if (state->found == NULL) state->found = SL_NEW_ARRAY(&txn->arena, uint64_t, words);
    sl_text *const *texts = texts_of(view, selection);
    const uint64_t *last = NULL; /* many texts find nothing, which is kept once */
    for (; state->found_seen < selection->count; state->found_seen++) {
        if (selection->texts[state->found_seen]->known != NULL) continue;
        sl_text *text = texts[state->found_seen];
        if (!sl_classes_suffice(sl_values_classes(text), view->scan_classes)) continue;
        const uint64_t *found = scan(txn, text, view->scanners, view->scanner);
        if (found != last) add_words(state->found, found, words);
        last = found;
    }
    return state->found;
}

static inline const uint64_t *collect_found(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection) {
    const struct sl_view_state *state = state_of(view, selection);
    return state->found != NULL && state->found_seen == selection->count ? state->found : collect_new_found(txn, view, selection);
}

/* Begins a list of its own with the texts that the last step has seen: it changed none of them. */
static void part_from(sl_txn *txn, struct sl_view_state *state, sl_text *const *texts, const struct sl_selection *selection) {
    state->capacity = selection->capacity;
    state->texts = sl_arena_alloc(&txn->arena, state->capacity * sizeof(sl_text *));
    memcpy(state->texts, texts, state->stepped * sizeof(sl_text *));
}

/* The last step of the view, over those that it has not seen yet. */
static void step_new_texts(sl_txn *txn, const sl_target_view *view, sl_text *const *before, const struct sl_selection *selection) {
    struct sl_view_state *state = state_of(view, selection);
    const sl_pipeline *pipeline = view->pipeline;
    const size_t step = pipeline->step_count - 1u;
    const bool is_own = pipeline->steps[step]->own != NULL;
    const uint64_t bit = pipeline->step_bits[step], triggers = is_own ? ~UINT64_C(0) : pipeline->steps[step]->triggers;
    for (; state->stepped < selection->count; state->stepped++) {
        sl_text *text = before[state->stepped];
        if (sl_text_is_passed_over(text, bit, triggers) || selection->texts[state->stepped]->known != NULL) {
            if (state->texts != NULL) state->texts[state->stepped] = text;
            continue;
        }
        sl_text *made = sl_values_step(txn, text, pipeline, step);
        if (made != text && state->texts == NULL) part_from(txn, state, before, selection);
        if (state->texts != NULL) state->texts[state->stepped] = made;
    }
}

static void grow(sl_txn *txn, struct sl_view_state *state, const struct sl_selection *selection) {
    if (state->texts == NULL || state->capacity == selection->capacity) return;
    sl_text **texts = sl_arena_alloc(&txn->arena, selection->capacity * sizeof *texts);
    memcpy(texts, state->texts, state->stepped * sizeof *texts);
    state->texts = texts;
    state->capacity = selection->capacity;
}

static const sl_target_view *effective(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection);

static void step_texts(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection) {
    const sl_target_view *views = txn->rules->views;
    struct sl_view_state *state = state_of(view, selection);
    const sl_target_view *from = &views[view->raw];
    uint64_t triggers = view->pipeline->triggers;
    if (state->texts != NULL || (collect_classes(from, selection) & triggers) != 0) {
        from = effective(txn, &views[view->parent], selection);
        triggers = view->pipeline->steps[view->pipeline->step_count - 1u]->triggers;
    }
    if (state->texts == NULL && (collect_classes(from, selection) & triggers) == 0) {
        state->stepped = selection->count;
    } else {
        grow(txn, state, selection);
        step_new_texts(txn, view, texts_of(from, selection), selection);
    }
    state->same_as = state->texts != NULL ? view : from;
}

/* The view with the same texts that has them. */
static const sl_target_view *effective(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection) {
    if (view->parent < 0) return view;
    struct sl_view_state *state = state_of(view, selection);
    if (state->stepped != selection->count) step_texts(txn, view, selection);
    return state->same_as;
}

static bool any_known_lets(sl_txn *txn, const sl_rule *link, const struct sl_selection *selection) {
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->texts[i]->known == NULL) continue;
        sl_text *text = sl_values_apply(txn, selection->texts[i], link->pipeline);
        if (!sl_text_is_refused(text, link->question) && sl_candidates_text(txn, link, text)) return true;
    }
    return false;
}

/* What tells of a view what its texts can match: neither scans nor kinds of bytes tell case apart. */
static const sl_target_view *scanned(sl_txn *txn, int32_t view, const struct sl_selection *selection) {
    const sl_target_view *views = txn->rules->views;
    return effective(txn, &views[views[view].scanned], selection);
}

static uint64_t classes_in_any_case(const sl_target_view *view, const struct sl_selection *selection) {
    const uint64_t classes = collect_classes(view, selection);
    const uint64_t letters = SL_CLASS_UPPER | SL_CLASS_LOWER;
    return (classes & letters) != 0 ? classes | letters : classes;
}

/* All texts but those of the value cache at once. */
static bool others_let(sl_txn *txn, const sl_rule *link, const sl_target *target, const struct sl_selection *selection) {
    const sl_target_view *view = scanned(txn, target->view, selection);
    if (!sl_classes_suffice(classes_in_any_case(view, selection), link->classes)) return false;
    return link->filters[0] < 0 || lets(collect_found(txn, view, selection), link->filters);
}

static bool target_lets(sl_txn *txn, const sl_rule *link, const sl_target *target, const struct sl_selection *selection) {
    if (selection->count == 0) return false;
    if (!target->view_has_all) return true;
    if (selection->known_count != 0 && any_known_lets(txn, link, selection)) return true;
    return selection->known_count != selection->count && others_let(txn, link, target, selection);
}

/* Of multiMatch, at some stage that the operator sees. */
static bool stages_let(sl_txn *txn, const sl_rule *link, sl_text *raw) {
    if ((sl_values_classes(raw) & link->pipeline->triggers) != 0) return true;
    return !sl_text_is_refused(raw, link->question) && sl_candidates_text(txn, link, raw);
}

/* seen: after the pipeline; NULL: there are stages. */
static inline void add_member(sl_txn *txn, const sl_target_view *view, const struct sl_selection *selection, uint32_t i, sl_text *seen,
                              sl_values *values) {
    const sl_member *member = selection->members[i];
    if (member->is_dead) return;
    sl_values_add_seen(txn, values, view->target->variable, member->name->slice, selection->texts[i], seen);
}

static void add_members_with_stages(sl_txn *txn, const sl_rule *link, const sl_target_view *view, const struct sl_selection *selection,
                                    sl_values *values) {
    for (uint32_t i = 0; i < selection->count; i++) {
        if (stages_let(txn, link, selection->texts[i])) add_member(txn, view, selection, i, NULL, values);
    }
}

static void add_members(sl_txn *txn, const sl_rule *link, const sl_target_view *view, const struct sl_selection *selection, sl_values *values) {
    const bool has_others = selection->known_count != selection->count, has_known = selection->known_count != 0;
    sl_text *const *texts = has_others ? texts_of(effective(txn, view, selection), selection) : selection->texts;
    for (uint32_t i = 0; i < selection->count; i++) { /* there may be hundreds, of which one is let through */
        sl_text *seen = texts[i];
        if (has_known && selection->texts[i]->known != NULL) seen = sl_values_apply(txn, selection->texts[i], link->pipeline);
        if (!link->is_negated && !text_lets(txn, link, seen, view->scanner)) continue;
        if (!sl_text_is_refused(seen, link->question)) add_member(txn, view, selection, i, seen, values);
    }
}

void sl_candidates_values(sl_txn *txn, const sl_rule *link, const sl_target *target, sl_values *values) {
    if (target->view < 0) {
        sl_variable_expand(txn, target, values);
        return;
    }
    const sl_target_view *view = &txn->rules->views[target->view];
    const struct sl_selection *selection = selection_of(txn, view);
    if (!target_lets(txn, link, target, selection)) return;
    if (!view->is_whole_list) {
        sl_variable_expand(txn, target, values);
        return;
    }
    if (link->is_multi_match) {
        add_members_with_stages(txn, link, view, selection, values);
    } else {
        add_members(txn, link, view, selection, values);
    }
}

/* ---- blocks ---- */

static bool gate_lets_text(sl_txn *txn, const sl_gate *gate, const sl_text_gate *besides, sl_text *text, uint8_t by) {
    if (sl_text_is_refused(text, besides->question)) return false;
    if (!sl_classes_suffice(sl_values_classes(text), gate->classes)) return false;
    return gate->filters[0] == sl_no_filter || gate_lets(scan(txn, text, besides->scanners, by), gate);
}

static uint64_t text_units(sl_txn *txn, const sl_view_gates *gates, sl_text *text) {
    const uint8_t by = txn->rules->views[gates->view].scanner;
    uint64_t units = 0;
    for (size_t g = 0; g < gates->gate_count; g++) {
        if (gate_lets_text(txn, &gates->gates[g], &gates->text_gates[g], text, by)) units |= UINT64_C(1) << gates->gates[g].unit;
    }
    return units;
}

static uint64_t stages_units(sl_txn *txn, const sl_view_gates *gates, sl_text *text) {
    const sl_pipeline *pipeline = txn->rules->views[gates->view].pipeline;
    uint64_t units = text_units(txn, gates, text);
    for (size_t i = 0; i < pipeline->step_count; i++) {
        sl_text *changed = sl_values_step(txn, text, pipeline, i);
        if (changed != text) units |= text_units(txn, gates, changed);
        text = changed;
    }
    return units;
}

/* What one text of the value cache lets through. */
static uint64_t known_lets(sl_txn *txn, const sl_target_gates *target, sl_text *raw) {
    uint64_t units = 0;
    if (sl_value_cache_units(raw->known, target, &units)) return units;
    for (size_t i = 0; i < target->view_count; i++) {
        const sl_view_gates *gates = &target->views[i];
        if (gates->is_staged) {
            units |= stages_units(txn, gates, raw);
        } else {
            units |= text_units(txn, gates, sl_values_apply(txn, raw, txn->rules->views[gates->view].pipeline));
        }
    }
    sl_value_cache_keep_units(raw->known, target, units);
    return units;
}

static uint64_t view_units(sl_txn *txn, const sl_view_gates *gates, const sl_target_view *view, const struct sl_selection *selection) {
    const uint64_t classes = classes_in_any_case(view, selection);
    const uint64_t *found = NULL; /* made when a gate needs it */
    uint64_t units = 0;
    for (size_t i = 0; i < gates->gate_count; i++) {
        const sl_gate *gate = &gates->gates[i];
        if (!sl_classes_suffice(classes, gate->classes)) continue;
        if (gate->filters[0] != sl_no_filter) {
            if (found == NULL) found = collect_found(txn, view, selection);
            if (!gate_lets(found, gate)) continue;
        }
        units |= UINT64_C(1) << gate->unit;
    }
    return units;
}

static uint64_t let_through(sl_txn *txn, const sl_view_gates *gates, const struct sl_selection *selection) {
    const sl_target_view *view = scanned(txn, (int32_t)gates->view, selection);
    uint64_t units = view_units(txn, gates, view, selection);
    while (gates->is_staged && view->parent >= 0) {
        view = scanned(txn, view->parent, selection);
        units |= view_units(txn, gates, view, selection);
    }
    return units;
}

/* The units of which some text of the target is let through. */
static uint64_t target_units(sl_txn *txn, const sl_target_gates *target) {
    const struct sl_selection *selection = selection_of(txn, &txn->rules->views[target->raw]);
    uint64_t units = 0;
    for (size_t i = 0; selection->known_count != 0 && i < selection->count; i++) {
        if (selection->texts[i]->known != NULL) units |= known_lets(txn, target, selection->texts[i]);
    }
    if (selection->known_count == selection->count) return units;
    for (size_t i = 0; i < target->view_count; i++) units |= let_through(txn, &target->views[i], selection);
    return units;
}

uint64_t sl_candidates_block(sl_txn *txn, const sl_block *block) {
    uint64_t units = block->always;
    for (size_t t = 0; t < block->target_count; t++) {
        const uint64_t let = target_units(txn, &block->targets[t]);
        txn->let_by_target[t] = let;
        units |= let;
    }
    txn->engine->stats.rules_skipped_absent += block->count - sl_bits_count(units);
    return units;
}
