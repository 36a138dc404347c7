/* SPDX-License-Identifier: Apache-2.0 */
/* How match functions fill their answer, so that bounds are kept in one place. */
#ifndef SL_OPERATOR_RESULT_H
#define SL_OPERATOR_RESULT_H

#include "operators/operator.h"

/* The next of TX:0‥9; further ones are left out. */
static inline void sl_match_capture(sl_match *match, sl_slice text) {
    if (match->want_captures && match->capture_count < sl_captures_max) {
        match->captures[match->capture_count++] = text;
    }
}

/* A place in the value, for the reference of the log; further ones are left out. */
static inline void sl_match_range(sl_match *match, size_t offset, size_t length) {
    if (!match->want_ranges || match->range_count >= sl_ranges_max) return;
    const sl_range range = {(uint32_t)offset, (uint32_t)length};
    match->ranges[match->range_count++] = range;
}

/* A stretch of the value that is both the next capture and a place. */
static inline void sl_match_part(sl_match *match, sl_slice value, size_t offset, size_t length) {
    sl_match_capture(match, sl_slice_of(value.ptr + offset, length));
    sl_match_range(match, offset, length);
}

#endif
