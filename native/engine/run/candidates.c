/* SPDX-License-Identifier: Apache-2.0 */
/* The candidate index at work (design.md section 4).
 *
 * A text keeps the filters that its scan found. A view is a list (ARGS, REQUEST_COOKIES_NAMES …) seen through one pipeline; it
 * keeps the union over its members, so that a rule that can match none of them is settled by one bit. Lists only grow: a view
 * remembers how many members it has seen and looks at the new ones only. */
#include "run/candidates.h"

#include "prefilter/prefilter.h"
#include "run/host.h"
#include "variables/variable.h"

typedef struct sl_view_scan {
    size_t seen;      /* members of the list already in bits and classes */
    uint32_t classes; /* kinds of bytes in any of them */
    bool any;
    uint64_t bits[];
} sl_view_scan;

static bool has(const uint64_t *bits, int32_t filter) {
    return filter < 0 || (bits[filter / 64] >> (filter % 64) & 1) != 0;
}

static bool has_all(const uint64_t *bits, const sl_rule *link) {
    return has(bits, link->filters[0]) && has(bits, link->filters[1]);
}

/* The filters of a text; NULL when there are none. */
static const uint64_t *scan(sl_txn *txn, sl_text *text) {
    while (text->twin != NULL) text = text->twin; /* the scan folds case */
    if (!text->is_scanned) {
        const sl_prefilter *prefilter = txn->rules->prefilter;
        uint64_t bits[64];
        const bool is_small = prefilter->word_count <= sizeof bits / sizeof bits[0];
        const size_t size = prefilter->word_count * sizeof(uint64_t);
        uint64_t *found = is_small ? bits : sl_arena_alloc(&txn->arena, size);
        memset(found, 0, size);
        text->is_scanned = true;
        if (sl_prefilter_scan(prefilter, text->slice, found)) {
            if (is_small) {
                text->candidates = sl_arena_alloc(&txn->arena, size);
                memcpy(text->candidates, found, size);
            } else {
                text->candidates = found;
            }
        }
    }
    return text->candidates;
}

static uint32_t classes_of(sl_text *text) {
    if (text->classes == 0) text->classes = sl_classes_of(text->slice);
    return text->classes;
}

static bool lacks_classes(const sl_rule *link, uint32_t classes) {
    return link->operand.necessary_classes != 0 && (classes & link->operand.necessary_classes) == 0;
}

bool sl_candidates_text(sl_txn *txn, const sl_rule *link, sl_text *text) {
    if (txn->rules->options.no_acceleration || link->is_negated) return true;
    if (lacks_classes(link, classes_of(text))) return false;
    if (link->filters[0] < 0 || txn->rules->prefilter == NULL) return true;
    const uint64_t *bits = scan(txn, text);
    return bits != NULL && has_all(bits, link);
}

static sl_view_scan *view_of(sl_txn *txn, int32_t view) {
    if (txn->views == NULL) txn->views = SL_NEW_ARRAY(&txn->arena, struct sl_view_scan *, txn->rules->view_count);
    if (txn->views[view] == NULL) {
        txn->views[view] =
            sl_arena_zalloc(&txn->arena, sizeof(sl_view_scan) + txn->rules->prefilter->word_count * sizeof(uint64_t));
    }
    return txn->views[view];
}

bool sl_candidates_target(sl_txn *txn, const sl_rule *link, const sl_target *target) {
    if (target->view < 0 || txn->rules->prefilter == NULL) return true;
    const sl_variable *variable = target->variable;
    const sl_members *members = variable->members(txn);
    if (members == NULL || members->count == 0) return false;
    sl_view_scan *view = view_of(txn, target->view);
    for (; view->seen < members->count; view->seen++) {
        const sl_member *member = members->items[view->seen];
        if (variable->origins != 0 && (member->origin & variable->origins) == 0) continue;
        sl_text *text = variable->view == SL_VIEW_NAME ? member->name : member->value;
        sl_text *final = sl_values_apply(txn, text, link->pipeline);
        view->classes |= classes_of(final);
        const uint64_t *bits = scan(txn, final);
        if (bits == NULL) continue;
        view->any = true;
        for (uint32_t w = 0; w < txn->rules->prefilter->word_count; w++) view->bits[w] |= bits[w];
    }
    if (lacks_classes(link, view->classes)) return false;
    return link->filters[0] < 0 || (view->any && has_all(view->bits, link));
}
