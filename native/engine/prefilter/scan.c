/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: a text is folded piece by piece, and each place in it sieved. Nearly all fall through. */
#include "base/ascii.h"
#include "base/words.h"
#include "prefilter/prefilter.h"

#include <string.h>

static const sl_literal *find(const sl_prefilter *prefilter, uint64_t key) {
    uint64_t slot = sl_prefilter_slot(prefilter, key);
    for (; prefilter->slots[slot].key != 0; slot = (slot + 1) & prefilter->slot_mask) {
        if (prefilter->slots[slot].key == key) return &prefilter->slots[slot];
    }
    return NULL;
}

static bool report(const sl_prefilter *prefilter, const sl_literal *literal, uint64_t *bits) {
    if (literal == NULL) return false;
    for (uint32_t i = literal->first; i < literal->first + literal->count; i++) {
        bits[prefilter->filters[i] / 64] |= UINT64_C(1) << (prefilter->filters[i] % 64);
    }
    return literal->count != 0;
}

static bool report_quads(const sl_prefilter *prefilter, uint64_t window, uint64_t *bits) {
    const sl_literal *quad = find(prefilter, sl_prefilter_key(window, 4));
    if (quad == NULL) return false;
    bool any = report(prefilter, quad, bits);
    for (unsigned length = 5; length <= sl_prefilter_bytes_max; length++) {
        if ((quad->longer >> length & 1) != 0 && report(prefilter, find(prefilter, sl_prefilter_key(window, length)), bits)) any = true;
    }
    return any;
}

static inline uint32_t has(const uint32_t *words, uint32_t bit) { return words[bit / 32] >> (bit % 32) & 1; }

/* Is there a literal of these four bytes, or one that goes on like this? */
static inline bool goes_on(const sl_prefilter *prefilter, uint64_t window) {
    const sl_sieve *fives = &prefilter->fives;
    const uint64_t whole = sl_prefilter_hash_five(sl_prefilter_key(window, 4)) >> fives->shift;
    const uint64_t five = sl_prefilter_hash_five(sl_prefilter_key(window, 5)) >> fives->shift;
    return (has(fives->words, (uint32_t)whole) | has(fives->words, (uint32_t)five)) != 0;
}

/* Which places pass is written down without a branch, since it cannot be foretold. */
void sl_prefilter_sieve_plainly(const sl_prefilter *prefilter, const uint8_t *piece, size_t count, sl_places *pairs,
                                sl_places *triples, sl_places *quads) {
    const uint32_t *pair_words = prefilter->pairs;
    const sl_sieve by_three = prefilter->triples, by_four = prefilter->quads;
    size_t pair_count = 0, triple_count = 0, quad_count = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t four = (uint32_t)sl_prefilter_window(piece + i);
        pairs->at[pair_count] = triples->at[triple_count] = quads->at[quad_count] = (uint16_t)i;
        pair_count += has(pair_words, four & 0xFFFF);
        triple_count += has(by_three.words, sl_prefilter_hash(four << 8) >> by_three.shift);
        quad_count += has(by_four.words, sl_prefilter_hash(four) >> by_four.shift);
    }
    pairs->count = pair_count;
    triples->count = triple_count;
    quads->count = quad_count;
}

/* Every literal that begins at one of the first `count` places. */
static bool sieve(const sl_prefilter *prefilter, const uint8_t *piece, size_t count, uint64_t *bits) {
    sl_places pairs, triples, quads;
    prefilter->sieve(prefilter, piece, count, &pairs, &triples, &quads);
    bool any = false;
    for (size_t i = 0; i < pairs.count; i++) {
        const uint64_t window = sl_prefilter_window(piece + pairs.at[i]);
        any |= report(prefilter, &prefilter->pair_literals[prefilter->pair_of[window & 0xFFFF]], bits);
        if (prefilter->has_singles) any |= report(prefilter, find(prefilter, sl_prefilter_key(window, 1)), bits);
    }
    for (size_t i = 0; i < triples.count; i++) {
        any |= report(prefilter, find(prefilter, sl_prefilter_key(sl_prefilter_window(piece + triples.at[i]), 3)), bits);
    }
    for (size_t i = 0; i < quads.count; i++) {
        const uint64_t window = sl_prefilter_window(piece + quads.at[i]);
        if (goes_on(prefilter, window)) any |= report_quads(prefilter, window, bits);
    }
    return any;
}

static uint64_t lower(uint64_t word) { return word | sl_word_in_range(word, 'A', 'Z') >> 2; }

static void fold(const sl_prefilter *prefilter, const uint8_t *from, size_t count, uint8_t *to, sl_byte_set *seen) {
    size_t at = 0;
    for (; at + sl_word_bytes <= count; at += sl_word_bytes) sl_word_store(to + at, lower(sl_word_load(from + at)));
    for (; at < count; at++) to[at] = sl_ascii_lower(from[at]);
    const uint64_t *low = prefilter->byte_of[0], *high = prefilter->byte_of[1];
    uint64_t low_seen = seen->words[0], high_seen = seen->words[1];
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        low_seen |= low[from[i]] | low[from[i + 1]] | low[from[i + 2]] | low[from[i + 3]];
        high_seen |= high[from[i]] | high[from[i + 1]] | high[from[i + 2]] | high[from[i + 3]];
    }
    for (; i < count; i++) {
        low_seen |= low[from[i]];
        high_seen |= high[from[i]];
    }
    seen->words[0] = low_seen;
    seen->words[1] = high_seen;
}

bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *bits, sl_byte_set *bytes) {
    uint8_t piece[sl_piece_room_bytes];
    size_t held = 0, taken = 0;
    bool any = false;
    piece[held++] = sl_prefilter_start;
    for (;;) {
        const size_t room = sl_piece_bytes - held;
        const size_t count = text.len - taken < room ? text.len - taken : room;
        fold(prefilter, text.ptr + taken, count, piece + held, bytes);
        held += count;
        taken += count;
        if (taken == text.len) break;
        any |= sieve(prefilter, piece, held - sl_piece_ahead_bytes, bits);
        memmove(piece, piece + held - sl_piece_ahead_bytes, sl_piece_ahead_bytes);
        held = sl_piece_ahead_bytes;
    }
    piece[held++] = sl_prefilter_end;
    memset(piece + held, 0, sl_piece_ahead_bytes + sl_piece_behind_bytes); /* a literal that ends in zeros may be seen here: a false candidate */
    return sieve(prefilter, piece, held, bits) || any;
}
