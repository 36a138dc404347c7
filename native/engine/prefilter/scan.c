/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: a text is folded piece by piece, and each place in it sieved. Nearly all fall through. */
#include "base/ascii.h"
#include "base/words.h"
#include "prefilter/prefilter.h"

#include <string.h>

/* ---- what is done for each byte ---- */

static uint64_t lower(uint64_t word) { return word | sl_word_in_range(word, 'A', 'Z') >> 2; }

static void fold(const uint8_t *from, size_t count, uint8_t *to) {
    size_t at = 0;
    for (; at + sl_word_bytes <= count; at += sl_word_bytes) sl_word_store(to + at, lower(sl_word_load(from + at)));
    for (; at < count; at++) to[at] = sl_ascii_lower(from[at]);
}

static inline uint32_t has(const uint32_t *words, uint32_t bit) { return words[bit / 32] >> (bit % 32) & 1; }

/* Which places pass is written down without a branch, since it cannot be foretold. */
static void sieve_plainly(const sl_prefilter *prefilter, const uint8_t *piece, size_t count, sl_places *pairs,
                          sl_places *triples, sl_places *quads) {
    const uint32_t *pair_words = prefilter->pairs;
    const sl_sieve by_three = prefilter->triple_sieve, by_four = prefilter->quad_sieve;
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

static void add_rows(const sl_prefilter *prefilter, const sl_filter_set *sets, size_t count, uint64_t *found) {
    const size_t words = prefilter->word_count;
    for (size_t i = 0; i < count; i++) {
        const uint64_t *row = prefilter->rows + sets[i] * words;
        for (size_t w = 0; w < words; w++) found[w] |= row[w];
    }
}

const sl_scan_functions sl_scan_plainly = {fold, sieve_plainly, add_rows};

/* ---- what is done for what passes ---- */

/* Sets of filters that were found, in any order, 0 among them. They are added up in the end: one after the other, each would
 * wait for the one before it to reach memory. */
enum { sets_max = 512 };
typedef struct found_sets {
    const sl_prefilter *prefilter;
    sl_slice text;
    uint64_t *found;
    size_t count;
    sl_filter_set sets[sets_max];
} found_sets;

static void add_list(const sl_prefilter *prefilter, sl_filter_set set, uint64_t *found) {
    const sl_filter_list *list = &prefilter->lists[set];
    for (const uint16_t *filter = prefilter->filters + list->first, *end = filter + list->count; filter < end; filter++) {
        found[sl_prefilter_word(*filter)] |= UINT64_C(1) << (*filter % 64);
    }
}

static void add_up(found_sets *sets) {
    if (sets->prefilter->rows != NULL) {
        sets->prefilter->functions.add_rows(sets->prefilter, sets->sets, sets->count, sets->found);
    } else {
        for (size_t i = 0; i < sets->count; i++) add_list(sets->prefilter, sets->sets[i], sets->found);
    }
    sets->count = 0;
}

static inline void report(found_sets *sets, sl_filter_set set) {
    if (sets->count == sets_max) add_up(sets);
    sets->sets[sets->count++] = set;
}

/* bytes: as in sl_short_literal. */
static inline void report_short(found_sets *sets, const sl_short_literals *literals, uint32_t bytes) {
    uint32_t slot = sl_prefilter_hash(bytes) >> literals->shift;
    while (literals->slots[slot].set != 0 && literals->slots[slot].bytes != bytes) slot = (slot + 1) & literals->mask;
    report(sets, literals->slots[slot].set);
}

/* at: where the literal begins in the text. */
static void report_wholes(found_sets *sets, const sl_whole_text *whole, size_t at) {
    if (at > sets->text.len) return; /* in the bytes behind the end */
    for (;; whole++) {
        const sl_slice wanted = sl_slice_of(whole->bytes, whole->length);
        if (at >= whole->before && sl_slice_starts_fold(sl_slice_from(sets->text, at - whole->before), wanted)) report(sets, whole->set);
        if (whole->is_last) return;
    }
}

static void report_long(found_sets *sets, uint64_t window, uint64_t hash, size_t at) {
    const sl_prefilter *prefilter = sets->prefilter;
    const uint64_t bytes = (window & sl_five_bytes) | sl_five_used;
    uint64_t slot = hash >> prefilter->five_shift;
    while (prefilter->five_slots[slot].bytes != bytes) {
        if (prefilter->five_slots[slot].bytes == 0) return;
        slot = (slot + 1) & prefilter->five_mask;
    }
    const sl_five *five = &prefilter->five_slots[slot];
    report(sets, five->set);
    const sl_long_literal *literal = prefilter->longer + five->first, *end = literal + five->count;
    for (; literal < end; literal++) {
        if (((window ^ literal->bytes) << (literal->bytes >> 56)) != 0) continue;
        report(sets, literal->set);
        if (literal->wholes != 0) report_wholes(sets, prefilter->wholes + literal->wholes - 1, at);
    }
}

/* What passes the sieve by four bytes. */
static inline void report_quad(found_sets *sets, uint64_t window, size_t at) {
    const sl_sieve *fives = &sets->prefilter->five_sieve;
    report_short(sets, &sets->prefilter->quads, (uint32_t)window);
    const uint64_t hash = sl_prefilter_hash_five(window & sl_five_bytes);
    if (has(fives->words, (uint32_t)(hash >> fives->shift)) != 0) report_long(sets, window, hash, at);
}

/* Every literal that begins at one of the first `count` places of a piece, the first of which is `begin` in the text; that of
 * the very first piece stands before the text. */
static void sieve(const sl_prefilter *prefilter, sl_slice text, size_t begin, const uint8_t *piece, size_t count, uint64_t *found) {
    sl_places pairs, triples, quads;
    prefilter->functions.sieve(prefilter, piece, count, &pairs, &triples, &quads);
    found_sets sets;
    sets.prefilter = prefilter;
    sets.text = text;
    sets.found = found;
    sets.count = 0;
    for (size_t i = 0; i < pairs.count; i++) report(&sets, prefilter->pair_sets[sl_prefilter_window(piece + pairs.at[i]) & 0xFFFF]);
    for (size_t i = 0; i < triples.count; i++) {
        report_short(&sets, &prefilter->triples, (uint32_t)sl_prefilter_window(piece + triples.at[i]) << 8);
    }
    for (size_t i = 0; i < quads.count; i++) report_quad(&sets, sl_prefilter_window(piece + quads.at[i]), begin + quads.at[i]);
    add_up(&sets);
}

static uint64_t singles(const sl_prefilter *prefilter, sl_slice text) {
    const uint64_t *of = prefilter->byte_of;
    const uint8_t *at = text.ptr;
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 4 <= text.len; i += 4) seen |= (of[at[i]] | of[at[i + 1]]) | (of[at[i + 2]] | of[at[i + 3]]);
    for (; i < text.len; i++) seen |= of[at[i]];
    return seen;
}

bool sl_prefilter_scan(const sl_prefilter *prefilter, sl_slice text, uint64_t *found) {
    uint8_t piece[sl_piece_room_bytes];
    size_t held = 0, taken = 0, begin;
    piece[held++] = sl_prefilter_start;
    for (;;) {
        const size_t room = sl_piece_bytes - held;
        begin = taken - held;
        const size_t count = text.len - taken < room ? text.len - taken : room;
        prefilter->functions.fold(text.ptr + taken, count, piece + held);
        held += count;
        taken += count;
        if (taken == text.len) break;
        sieve(prefilter, text, begin, piece, held - sl_piece_ahead_bytes, found);
        memmove(piece, piece + held - sl_piece_ahead_bytes, sl_piece_ahead_bytes);
        held = sl_piece_ahead_bytes;
    }
    piece[held++] = sl_prefilter_end;
    memset(piece + held, 0, sl_piece_ahead_bytes + sl_piece_behind_bytes); /* a literal that ends in zeros may be seen here: a false candidate */
    sieve(prefilter, text, begin, piece, held, found);
    found[0] |= singles(prefilter, text);
    uint64_t any = 0;
    for (uint32_t w = 0; w < prefilter->word_count; w++) any |= found[w];
    return any != 0;
}
