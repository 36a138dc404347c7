/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at a time, in a register of any 64-bit processor: what loops over texts are made of that most texts go
 * through. The answer about a byte stands in its high bit (0x80); the other bits are zero.
 *
 * Each has a plain twin in the tests of its callers. No byte carries into its neighbour. */
#ifndef SL_WORDS_H
#define SL_WORDS_H

#include <stdint.h>
#include <string.h>

enum { sl_word_bytes = 8 };

#define SL_WORD_OF(byte) ((uint64_t)(byte) * UINT64_C(0x0101010101010101))

static inline uint64_t sl_word_load(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline void sl_word_store(uint8_t *at, uint64_t word) { memcpy(at, &word, sizeof word); }

/* Which bytes are first … last? Both are ASCII. */
static inline uint64_t sl_word_in_range(uint64_t word, uint8_t first, uint8_t last) {
    const uint64_t low = word & SL_WORD_OF(0x7F);
    const uint64_t from_first = low + SL_WORD_OF(0x80 - first);
    const uint64_t behind_last = low + SL_WORD_OF(0x7F - last);
    return from_first & ~behind_last & ~word & SL_WORD_OF(0x80);
}

#endif
