/* SPDX-License-Identifier: Apache-2.0 */
/* The candidate index: which of the necessary texts of all rules does a text hold? (design.md section 4)
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

/* What is folded and sieved at once, with the ends of a text. */
enum {
    sl_piece_bytes = 4096,
    sl_piece_ahead_bytes = 8,   /* what a window may read past the place where it begins */
    sl_piece_behind_bytes = 32, /* what vectors may read past the end of all */
    sl_piece_room_bytes = sl_piece_bytes + 1 + sl_piece_ahead_bytes + sl_piece_behind_bytes
};

/* Places in a piece, in rising order; vectors write up to eight past the last one. */
typedef struct sl_places {
    size_t count;
    uint16_t at[sl_piece_bytes + 1 + sl_piece_ahead_bytes + 8];
} sl_places;

enum {
    sl_prefilter_start = 'A', /* stand for the two ends of a text: no folded text contains them */
    sl_prefilter_end = 'Z',
    sl_prefilter_bytes_max = 7 /* of a literal */
};

/* Bytes that are literals of their own, by their numbers. */
typedef struct sl_byte_set {
    uint64_t words[2];
} sl_byte_set;

/* Bits by hash: a clear one says that nothing of this hash was put in. */
typedef struct sl_sieve {
    const uint32_t *words;
    uint32_t shift; /* a hash has 32 - shift bits */
} sl_sieve;

/* A literal, or the beginning of longer ones. */
typedef struct sl_literal {
    uint64_t key;          /* its bytes, the first one lowest, and its length above them; 0 = an empty slot */
    uint32_t first;        /* in filters */
    uint16_t count;
    uint8_t longer;        /* of four bytes: lengths of literals that begin like this, one bit each */
} sl_literal;

struct sl_prefilter;
/* Which of the first `count` places of a piece pass each sieve. */
typedef void (*sl_sieve_fn)(const struct sl_prefilter *prefilter, const uint8_t *piece, size_t count, sl_places *pairs,
                            sl_places *triples, sl_places *quads);

/* Where a literal may begin is seen from small tables that stay in the first caches: the pair of bytes there, the hash of
 * three, the hash of four. What passes by four bytes is asked once more, by five or as a whole, for most texts hold the
 * beginnings of words only. What is left is looked up. An automaton over the same literals has one look-up a byte, but in
 * megabytes that are not in the caches. */
typedef struct sl_prefilter {
    const uint32_t *pairs; /* by two bytes, the first one lowest */
    const uint16_t *pair_of; /* the same: number of the slot in pair_literals */
    const sl_literal *pair_literals;
    sl_sieve triples, quads;
    sl_sieve fives; /* of 64 bits of a hash: literals of four bytes, and the first five bytes of longer ones */
    const sl_literal *slots;
    uint32_t slot_shift; /* of 64 bits of a hash */
    uint64_t slot_mask;
    const uint16_t *filters;
    sl_sieve_fn sieve;          /* the fastest one that this processor has */
    const uint8_t (*set_bits)[8]; /* by byte: the numbers of its set bits, then zeros */
    bool has_singles; /* literals of one byte that have no number; pairs lets each pair of theirs pass */
    uint64_t byte_of[2][256];    /* by byte of a text: its number as a literal, or of what it folds to; as in a byte set */
    const sl_byte_set *bytes_of; /* by filter: its literals of one byte */
    uint32_t word_count;
    uint32_t filter_count;
} sl_prefilter;

/* What texts hold. A filter lets them through when its bit is set or one of its bytes was seen. */
typedef struct sl_found {
    uint64_t *bits; /* word_count words; NULL = none is set */
    sl_byte_set bytes;
} sl_found;

/* Adds to bits (word_count words) every filter of which text holds a longer literal, and to bytes the single ones; true
 * when bits were added. */
bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits, sl_byte_set *bytes);

/* The plain sieve, and its twin with vectors; NULL: this processor has no such vectors. */
void sl_prefilter_sieve_plainly(const sl_prefilter *prefilter, const uint8_t *piece, size_t count, sl_places *pairs,
                                sl_places *triples, sl_places *quads);
sl_sieve_fn sl_prefilter_vector_sieve(void);

/* Eight bytes as a number, the first one lowest. */
static inline uint64_t sl_prefilter_window(const uint8_t *at) {
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
           (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56; /* one load, as compilers see it */
}

/* A literal of this length that begins the window. */
static inline uint64_t sl_prefilter_key(uint64_t window, unsigned length) {
    return (window & ((UINT64_C(1) << (8 * length)) - 1)) | (uint64_t)length << 56;
}

static inline uint32_t sl_prefilter_hash(uint32_t bytes) { return bytes * UINT32_C(0x9E3779B1); }

static inline uint64_t sl_prefilter_hash_five(uint64_t key) { return key * UINT64_C(0xD6E8FEB86659FD93); }

static inline uint64_t sl_prefilter_slot(const sl_prefilter *prefilter, uint64_t key) {
    return (key * UINT64_C(0x9E3779B97F4A7C15)) >> prefilter->slot_shift;
}

static inline bool sl_prefilter_lets(const sl_prefilter *prefilter, const sl_found *found, int32_t filter) {
    const sl_byte_set *bytes = &prefilter->bytes_of[filter];
    if (((bytes->words[0] & found->bytes.words[0]) | (bytes->words[1] & found->bytes.words[1])) != 0) return true;
    return found->bits != NULL && (found->bits[filter / 64] >> (filter % 64) & 1) != 0;
}

#ifdef __cplusplus
}
#endif
#endif
