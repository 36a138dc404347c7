/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of up to 64 things in one word. */
#ifndef SL_BITS_H
#define SL_BITS_H

#include <stdint.h>

#ifdef _MSC_VER
#include <intrin.h>
#endif

/* The number of the lowest bit that is set; the word must not be 0. */
static inline unsigned sl_bits_first(uint64_t word) {
#ifdef _MSC_VER
    unsigned long index;
    _BitScanForward64(&index, word);
    return (unsigned)index;
#else
    return (unsigned)__builtin_ctzll(word);
#endif
}

static inline unsigned sl_bits_count(uint64_t word) {
#ifdef _MSC_VER
    return (unsigned)__popcnt64(word);
#else
    return (unsigned)__builtin_popcountll(word);
#endif
}

#endif
