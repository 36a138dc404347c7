/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the first of many phrases in a text, ASCII case ignored, in one pass (Aho and Corasick, 1975).
 *
 * Of several phrases in a text the one that ends first is found, of those that end together the longest. The
 * search stops there, so nothing below the end of a phrase is ever built. */
#ifndef SL_AHO_CORASICK_H
#define SL_AHO_CORASICK_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_aho_corasick sl_aho_corasick;

/* All phrases together; states are numbered in 32 bits. */
enum { sl_aho_corasick_max_bytes = 1 << 28 };

/* phrases: ASCII folded, none empty, at least one; their bytes are not kept. Of equal ones the first
 * counts. */
const sl_aho_corasick *sl_aho_corasick_build(sl_arena *arena, const sl_slice *phrases, size_t count);

typedef struct sl_aho_corasick_hit {
    size_t phrase; /* index into the phrases of the build */
    size_t end;    /* just behind it in the text */
} sl_aho_corasick_hit;

bool sl_aho_corasick_search(const sl_aho_corasick *automaton, sl_slice text, sl_aho_corasick_hit *hit);

#ifdef __cplusplus
}
#endif
#endif
