/* SPDX-License-Identifier: Apache-2.0 */
/* The text that a transformation is writing.
 *
 * begin reserves the most that the result can need and copies the part before the first byte of interest;
 * end compares, so that equal bytes give back the very slice that came in, and returns what was reserved
 * too much to the arena. Whoever begins must end: between the two, nothing else may take memory from the
 * arena. */
#ifndef SL_REWRITE_H
#define SL_REWRITE_H

#include "base/arena.h"
#include "base/check.h"

typedef struct sl_rewrite {
    uint8_t *out;
    size_t len, capacity;
} sl_rewrite;

static inline sl_rewrite sl_rewrite_begin(sl_arena *arena, sl_slice value, size_t prefix_len,
                                           size_t capacity) {
    sl_assert(prefix_len <= value.len && prefix_len <= capacity);
    sl_rewrite r = {sl_arena_alloc(arena, capacity), prefix_len, capacity};
    if (prefix_len != 0) memcpy(r.out, value.ptr, prefix_len);
    return r;
}

static inline void sl_rewrite_put(sl_rewrite *r, uint8_t byte) {
    sl_assert(r->len < r->capacity);
    r->out[r->len++] = byte;
}

static inline sl_slice sl_rewrite_end(sl_arena *arena, sl_rewrite r, sl_slice value) {
    const sl_slice result = r.len == 0 ? SL_EMPTY : sl_slice_of(r.out, r.len);
    const bool is_equal = sl_slice_equal(result, value);
    sl_arena_trim(arena, r.out, r.capacity, is_equal ? 0 : r.len);
    return is_equal ? value : result;
}

#endif
