/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: one table look-up a byte; a state that reports is rare and costs a few words. */
#include "prefilter/prefilter.h"

static bool report(const sl_prefilter *prefilter, uint32_t state, uint64_t *bits) {
    if (state < prefilter->first_output) return false;
    const uint32_t words = prefilter->word_count;
    const uint64_t *found = prefilter->filters + (size_t)((state - prefilter->first_output) >> prefilter->shift) * words;
    for (uint32_t w = 0; w < words; w++) bits[w] |= found[w];
    return true;
}

bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits) {
    const uint32_t *next = prefilter->next;
    const uint32_t first_output = prefilter->first_output;
    uint32_t state = next[prefilter->start_column];
    bool any = report(prefilter, state, bits);
    for (size_t i = 0; i < text.len; i++) {
        state = next[state + prefilter->class_of[text.ptr[i]]];
        if (state >= first_output) any = report(prefilter, state, bits);
    }
    return report(prefilter, next[state + prefilter->end_column], bits) || any;
}
