/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: one table look-up a byte; a state that reports is rare and costs a few words. */
#include "prefilter/prefilter.h"

/* States that report are met again and again in one text (" ", "=", common pairs): a small memory of those just reported
 * saves the words. A state that fell out of it is reported twice, which changes nothing. */
enum { recent_count = 64 };

typedef struct recent_states {
    uint32_t states[recent_count];
} recent_states;

static void report(const sl_prefilter *prefilter, recent_states *recent, uint32_t state, uint64_t *bits) {
    const uint32_t index = (state - prefilter->first_output) >> prefilter->shift;
    uint32_t *known = &recent->states[index % recent_count];
    if (*known == index + 1) return;
    *known = index + 1;
    const uint32_t words = prefilter->word_count;
    const uint64_t *found = prefilter->filters + (size_t)index * words;
    for (uint32_t w = 0; w < words; w++) bits[w] |= found[w];
}

bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits) {
    const uint32_t *next = prefilter->next;
    const uint32_t first_output = prefilter->first_output;
    recent_states recent;
    memset(&recent, 0, sizeof recent);
    uint32_t state = next[prefilter->start_column];
    bool any = state >= first_output;
    if (any) report(prefilter, &recent, state, bits);
    for (size_t i = 0; i < text.len; i++) {
        state = next[state + prefilter->class_of[text.ptr[i]]];
        if (state < first_output) continue;
        any = true;
        report(prefilter, &recent, state, bits);
    }
    state = next[state + prefilter->end_column];
    if (state < first_output) return any;
    report(prefilter, &recent, state, bits);
    return true;
}
