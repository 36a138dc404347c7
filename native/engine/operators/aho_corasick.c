/* SPDX-License-Identifier: Apache-2.0 */
/* The automaton is a trie in breadth-first order: the children of a state stand side by side, so that a state
 * needs only the first of them and their number, and a level is finished before the next one asks for its
 * failure links. A full table of transitions would take a kilobyte for each state (30 MB for the larger data
 * files of CRS); only the root has one, because most bytes of most texts are read there. */
#include "operators/aho_corasick.h"

#include <stdlib.h>

#include "base/check.h"

typedef struct state {
    uint32_t first_child;
    uint32_t fail;   /* the longest proper suffix that is a state, too */
    uint32_t phrase; /* 1 + the longest phrase that ends here; 0 = none */
    uint32_t child_count;
} state;

struct sl_aho_corasick {
    const state *states;
    const uint8_t *labels; /* by state: the byte that leads to it */
    uint32_t root[256];    /* by byte, both cases; 0 = stays at the root */
};

typedef struct entry {
    sl_slice text;
    uint32_t index;
} entry;

static int compare_entries(const void *left, const void *right) {
    const entry *const a = left, *const b = right;
    const size_t shorter = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int order = memcmp(a->text.ptr, b->text.ptr, shorter);
    if (order != 0) return order;
    if (a->text.len != b->text.len) return a->text.len < b->text.len ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

/* The state that follows; 0 when it falls back to the root. */
static uint32_t step(const sl_aho_corasick *automaton, uint32_t at, uint8_t byte) {
    while (at != 0) {
        const state *const here = &automaton->states[at];
        const uint8_t *const labels = automaton->labels + here->first_child;
        const uint8_t *const child = here->child_count == 0 ? NULL : memchr(labels, byte, here->child_count);
        if (child != NULL) return (uint32_t)(child - automaton->labels);
        at = here->fail;
    }
    return automaton->root[byte];
}

/* ---- load side ---- */

typedef struct builder {
    sl_aho_corasick *automaton;
    state *states;
    uint8_t *labels;
    const entry *entries; /* sorted, so that phrases with a common beginning stand together */
    uint32_t count;       /* of states */
} builder;

/* Until a state is expanded, first_child and child_count hold the stretch of the entries that run
 * through it. */
static void add_state(builder *build, uint32_t parent, uint8_t label, uint32_t first_entry,
                      uint32_t entry_count, size_t depth) {
    const uint32_t at = build->count++;
    state *const made = &build->states[at];
    made->first_child = first_entry;
    made->child_count = entry_count;
    made->fail = parent == 0 ? 0 : step(build->automaton, build->states[parent].fail, label);
    const entry *const shortest = &build->entries[first_entry];
    made->phrase = shortest->text.len == depth ? shortest->index + 1 : build->states[made->fail].phrase;
    build->labels[at] = label;
    if (parent != 0) return;
    build->automaton->root[label] = at;
    build->automaton->root[sl_ascii_upper(label)] = at;
}

/* depth: bytes read in the state. */
static void expand(builder *build, uint32_t at, size_t depth) {
    state *const here = &build->states[at];
    const uint32_t end = here->first_child + here->child_count;
    uint32_t from = here->first_child;
    here->first_child = build->count;
    here->child_count = 0;
    if (here->phrase != 0) return; /* the search ends here */
    while (from < end) {
        const uint8_t label = build->entries[from].text.ptr[depth];
        uint32_t to = from + 1;
        while (to < end && build->entries[to].text.ptr[depth] == label) to++;
        add_state(build, at, label, from, to - from, depth + 1);
        from = to;
    }
    here->child_count = build->count - here->first_child;
}

const sl_aho_corasick *sl_aho_corasick_build(sl_arena *arena, const sl_slice *phrases, size_t count) {
    sl_aho_corasick *const automaton = SL_NEW(arena, sl_aho_corasick);
    size_t states_max = 1;
    for (size_t i = 0; i < count; i++) states_max += phrases[i].len;
    sl_assert(count > 0 && states_max <= sl_aho_corasick_max_bytes + 1);
    uint8_t *const labels = sl_arena_alloc(arena, states_max);
    automaton->labels = labels;
    state *const states = sl_arena_alloc(arena, states_max * sizeof *states);
    automaton->states = states;

    const sl_arena_mark mark = sl_arena_save(arena);
    entry *const entries = sl_arena_alloc(arena, count * sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        sl_assert(phrases[i].len > 0);
        entries[i] = (entry){phrases[i], (uint32_t)i};
    }
    qsort(entries, count, sizeof *entries, compare_entries);

    builder build = {automaton, states, labels, entries, 1};
    states[0] = (state){.first_child = 0, .child_count = (uint32_t)count};
    labels[0] = 0;
    size_t depth = 0;
    for (uint32_t at = 0, level_end = 1; at < build.count; at++) {
        if (at == level_end) {
            depth++;
            level_end = build.count;
        }
        expand(&build, at, depth);
    }
    sl_arena_rollback(arena, mark);
    sl_arena_trim(arena, states, states_max * sizeof *states, build.count * sizeof *states);
    return automaton;
}

/* ---- request side ---- */

bool sl_aho_corasick_search(const sl_aho_corasick *automaton, sl_slice text, sl_aho_corasick_hit *hit) {
    uint32_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        at = at == 0 ? automaton->root[text.ptr[i]] : step(automaton, at, sl_ascii_lower(text.ptr[i]));
        const uint32_t phrase = automaton->states[at].phrase;
        if (phrase == 0) continue;
        hit->phrase = phrase - 1;
        hit->end = i + 1;
        return true;
    }
    return false;
}
