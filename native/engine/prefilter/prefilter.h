/* SPDX-License-Identifier: Apache-2.0 */
/* The candidate index: one automaton over the necessary texts of all rules (design.md section 4).
 *
 * At load each operand that can say so yields texts of which a value must contain at least one in order to match. A text is
 * scanned once and yields a set of filters, one bit for each distinct operand; a rule whose bit is missing cannot match that
 * text. False candidates are allowed, false dismissals never: that is a security property, and it is tested by running
 * everything with the index on and off. */
#ifndef SL_PREFILTER_H
#define SL_PREFILTER_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A dense automaton over folded bytes. States are numbered so that those from first_output on report filters. */
typedef struct sl_prefilter {
    uint8_t class_of[256];  /* folded byte to column */
    uint8_t start_column, end_column; /* of the two ends of a text; 0 = no literal names them */
    uint32_t shift;         /* columns per state: 1 << shift */
    const uint32_t *next;   /* [state << shift | column] = next state << shift */
    uint32_t first_output;  /* << shift */
    const uint64_t *filters; /* [output state][word] */
    uint32_t word_count;
    uint32_t filter_count;
    uint32_t state_count;
} sl_prefilter;

/* Adds to bits (word_count words) every filter of which text holds a literal; true when there was any. */
bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits);

#ifdef __cplusplus
}
#endif
#endif
