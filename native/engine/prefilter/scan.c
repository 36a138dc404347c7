/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: one table look-up a byte; a state that reports is rare and costs a few bits. */
#include "prefilter/prefilter.h"

static void report(const sl_prefilter *prefilter, uint32_t state, uint64_t *bits) {
    const uint32_t index = (state - prefilter->first_output) >> prefilter->shift;
    const uint32_t end = prefilter->outputs[index + 1];
    for (uint32_t i = prefilter->outputs[index]; i < end; i++) {
        bits[prefilter->filters[i] / 64] |= UINT64_C(1) << (prefilter->filters[i] % 64);
    }
}

bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits, uint64_t *bytes) {
    const uint32_t *next = prefilter->next;
    const uint32_t first_output = prefilter->first_output;
    uint64_t seen = *bytes;
    uint32_t state = next[prefilter->start_column];
    bool any = state >= first_output;
    if (any) report(prefilter, state, bits);
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        seen |= prefilter->bit_of[byte];
        state = next[state + prefilter->class_of[byte]];
        if (state < first_output) continue;
        any = true;
        report(prefilter, state, bits);
    }
    *bytes = seen;
    state = next[state + prefilter->end_column];
    if (state < first_output) return any;
    report(prefilter, state, bits);
    return true;
}
