/* SPDX-License-Identifier: Apache-2.0 */
/* The scan: a text is folded piece by piece, and each place in it sieved. Nearly all fall through. */
#include "base/ascii.h"
#include "base/bits.h"
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
static void sieve_plainly(const sl_scanner *scanner, const uint8_t *piece, size_t count, sl_places *pairs,
                          sl_places *triples, sl_places *quads) {
    const sl_sieve by_three = scanner->triple_sieve, by_four = scanner->quad_sieve;
    size_t pair_count = 0, triple_count = 0, quad_count = 0;
    for (size_t i = 0; scanner->has_pairs && i < count; i++) {
        pairs->at[pair_count] = (uint16_t)i;
        pair_count += has(scanner->pair_bits, (uint32_t)sl_prefilter_window(piece + i) & 0xFFFF);
    }
    for (size_t i = 0; scanner->has_triples && i < count; i++) {
        triples->at[triple_count] = (uint16_t)i;
        triple_count += has(by_three.words, sl_prefilter_hash((uint32_t)sl_prefilter_window(piece + i) << 8) >> by_three.shift);
    }
    for (size_t i = 0; scanner->has_quads && i < count; i++) {
        quads->at[quad_count] = (uint16_t)i;
        quad_count += has(by_four.words, sl_prefilter_hash((uint32_t)sl_prefilter_window(piece + i)) >> by_four.shift);
    }
    pairs->count = pair_count;
    triples->count = triple_count;
    quads->count = quad_count;
}

static void add_rows(const uint64_t *rows, size_t words, const uint32_t *numbers, size_t count, uint64_t *found) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t *row = rows + numbers[i] * words;
        for (size_t w = 0; w < words; w++) found[w] |= row[w];
    }
}

static bool has_byte(const uint8_t *piece, size_t count, uint8_t byte) { return memchr(piece, byte, count) != NULL; }

const sl_scan_functions sl_scan_plainly = {fold, sieve_plainly, has_byte, add_rows};

/* ---- what is done for what passes ---- */

/* Sets of filters that were found, in any order, 0 among them. They are added up in the end: one after the other, each would
 * wait for the one before it to reach memory. */
enum { sets_max = 512 };
typedef struct found_sets {
    const sl_scanner *scanner;
    sl_slice text;
    uint64_t *found;
    size_t count;
    sl_filter_set sets[sets_max];
} found_sets;

static void add_list(const sl_scanner *scanner, sl_filter_set set, uint64_t *found) {
    const sl_filter_list *list = &scanner->lists[set];
    for (const uint16_t *filter = scanner->filters + list->first, *end = filter + list->count; filter < end; filter++) {
        found[sl_prefilter_word(*filter)] |= UINT64_C(1) << (*filter % 64);
    }
}

static void add_up(found_sets *sets) {
    if (sets->scanner->rows != NULL) {
        sets->scanner->functions.add_rows(sets->scanner->rows, sets->scanner->word_count, sets->sets, sets->count, sets->found);
    } else {
        for (size_t i = 0; i < sets->count; i++) add_list(sets->scanner, sets->sets[i], sets->found);
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
    const sl_scanner *scanner = sets->scanner;
    const uint64_t bytes = (window & sl_five_bytes) | sl_five_used;
    uint64_t slot = hash >> scanner->five_shift;
    while (scanner->five_slots[slot].bytes != bytes) {
        if (scanner->five_slots[slot].bytes == 0) return;
        slot = (slot + 1) & scanner->five_mask;
    }
    const sl_five *five = &scanner->five_slots[slot];
    report(sets, five->set);
    const sl_long_literal *literal = scanner->longer + five->first, *end = literal + five->count;
    for (; literal < end; literal++) {
        if (((window ^ literal->bytes) << (literal->bytes >> 56)) != 0) continue;
        report(sets, literal->set);
        if (literal->wholes != 0) report_wholes(sets, scanner->wholes + literal->wholes - 1, at);
    }
}

/* What passes the sieve by four bytes. */
static inline void report_quad(found_sets *sets, uint64_t window, size_t at) {
    const sl_sieve *fives = &sets->scanner->five_sieve;
    report_short(sets, &sets->scanner->quads, (uint32_t)window);
    const uint64_t hash = sl_prefilter_hash_five(window & sl_five_bytes);
    if (has(fives->words, (uint32_t)(hash >> fives->shift)) != 0) report_long(sets, window, hash, at);
}

/* Every literal that begins at one of the first `count` places of a piece, the first of which is `begin` in the text; that of
 * the very first piece stands before the text. */
static void sieve(const sl_scanner *scanner, sl_slice text, size_t begin, const uint8_t *piece, size_t count, uint64_t *found) {
    sl_places pairs, triples, quads;
    scanner->functions.sieve(scanner, piece, count, &pairs, &triples, &quads);
    found_sets sets;
    sets.scanner = scanner;
    sets.text = text;
    sets.found = found;
    sets.count = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        report_short(&sets, &scanner->pairs, (uint32_t)sl_prefilter_window(piece + pairs.at[i]) << 16);
    }
    for (size_t i = 0; i < triples.count; i++) {
        const uint32_t window = (uint32_t)sl_prefilter_window(piece + triples.at[i]);
        report_short(&sets, &scanner->triples, window << 8);
        if (scanner->has_pairs_in_triples) report_short(&sets, &scanner->pairs, window << 16);
    }
    for (size_t i = 0; i < quads.count; i++) report_quad(&sets, sl_prefilter_window(piece + quads.at[i]), begin + quads.at[i]);
    add_up(&sets);
}

/* Adds the bits of those of one byte that have no class of their own. */
static void find_bytes(const sl_scanner *scanner, uint64_t classes, const uint8_t *piece, size_t count, uint64_t *bits) {
    if ((classes & scanner->numbered_classes) == 0) return;
    for (uint32_t i = 0; i < scanner->numbered_count; i++) {
        const sl_numbered_byte *wanted = &scanner->numbered[i];
        if ((classes & wanted->shared_class) == 0 || (*bits >> wanted->number & 1) != 0) continue;
        *bits |= (uint64_t)scanner->functions.has_byte(piece, count, wanted->byte) << wanted->number;
    }
}

/* Of literals of one byte, by their bits. */
static void add_byte_rows(const sl_scanner *scanner, uint64_t bits, uint64_t *found) {
    uint32_t numbers[64];
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1) numbers[count++] = (uint32_t)sl_bits_first(bits);
    scanner->functions.add_rows(scanner->byte_rows, scanner->word_count, numbers, count, found);
}

bool sl_prefilter_scan(const sl_scanner *scanner, sl_slice text, uint64_t classes, uint64_t *found) {
    uint8_t piece[sl_piece_room_bytes];
    size_t held = 0, taken = 0, begin;
    uint64_t bits = classes & scanner->own_classes;
    piece[held++] = sl_prefilter_start;
    for (;;) {
        const size_t room = sl_piece_bytes - held;
        begin = taken - held;
        const size_t count = text.len - taken < room ? text.len - taken : room;
        scanner->functions.fold(text.ptr + taken, count, piece + held);
        held += count;
        taken += count;
        if (taken == text.len) break;
        sieve(scanner, text, begin, piece, held - sl_piece_ahead_bytes, found);
        find_bytes(scanner, classes, piece, held, &bits);
        memmove(piece, piece + held - sl_piece_ahead_bytes, sl_piece_ahead_bytes);
        held = sl_piece_ahead_bytes;
    }
    piece[held++] = sl_prefilter_end;
    memset(piece + held, 0, sl_piece_ahead_bytes + sl_piece_behind_bytes); /* a literal that ends in zeros may be seen here: a false candidate */
    sieve(scanner, text, begin, piece, held, found);
    find_bytes(scanner, classes, piece, held, &bits);
    add_byte_rows(scanner, bits, found);
    uint64_t any = 0;
    for (uint32_t w = 0; w < scanner->word_count; w++) any |= found[w];
    return any != 0;
}
