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

/* A dense automaton over folded bytes for the literals of two bytes and more: states are numbered so that those from
 * first_output on report filters. Literals of one byte would make it report at every other byte: which bytes a text holds is
 * noted on the way instead. */
typedef struct sl_prefilter {
    uint8_t class_of[256];  /* folded byte to column */
    uint8_t start_column, end_column; /* of the two ends of a text; 0 = no literal names them */
    uint32_t shift;         /* columns per state: 1 << shift */
    const uint32_t *next;   /* [state << shift | column] = next state << shift */
    uint32_t first_output;  /* << shift */
    const uint32_t *outputs; /* by output state, and one more: where its filters begin in filters */
    const uint16_t *filters; /* ids */
    uint64_t bit_of[256];       /* of bytes that are literals: the byte's own bit; folded */
    const uint64_t *bytes_of;   /* by filter: its literals of one byte, as in bit_of */
    uint32_t word_count;
    uint32_t filter_count;
    uint32_t state_count;
} sl_prefilter;

/* What texts hold. A filter lets them through when its bit is set or one of its bytes was seen. */
typedef struct sl_found {
    uint64_t *bits; /* word_count words; NULL = none is set */
    uint64_t bytes;
} sl_found;

/* Adds to bits (word_count words) every filter of which text holds a longer literal, and to bytes the single ones; true
 * when bits were added. */
bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits, uint64_t *bytes);

static inline bool sl_prefilter_lets(const sl_prefilter *prefilter, const sl_found *found, int32_t filter) {
    if ((prefilter->bytes_of[filter] & found->bytes) != 0) return true;
    return found->bits != NULL && (found->bits[filter / 64] >> (filter % 64) & 1) != 0;
}

#ifdef __cplusplus
}
#endif
#endif
