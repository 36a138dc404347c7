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

/* Bits by hash: a clear one says that nothing of this hash was put in. */
typedef struct sl_sieve {
    const uint32_t *words;
    uint32_t shift; /* a hash has 32 - shift bits */
} sl_sieve;

/* A filter is a number below this one. */
enum { sl_no_filter = UINT16_MAX };

/* Filters that a literal says of; 0 = none. */
typedef uint32_t sl_filter_set;

typedef struct sl_filter_list {
    uint32_t first, count; /* in sl_prefilter.filters */
} sl_filter_list;

/* A literal of two, three or four bytes, shifted up to the top; the first byte lowest. */
typedef struct sl_short_literal {
    uint32_t bytes;
    sl_filter_set set; /* 0 = an empty slot */
} sl_short_literal;

typedef struct sl_short_literals {
    const sl_short_literal *slots; /* by hash */
    uint32_t shift, mask;
} sl_short_literals;

/* Five bytes that are a literal, that longer ones begin with, or both. */
typedef struct sl_five {
    uint64_t bytes;    /* the first one lowest, and sl_five_used; 0 = an empty slot */
    sl_filter_set set; /* of the five themselves */
    uint32_t first, count; /* of the longer ones */
} sl_five;

#define sl_five_bytes UINT64_C(0xFFFFFFFFFF)
#define sl_five_used (UINT64_C(1) << 63)

/* A literal of more than five bytes. */
typedef struct sl_long_literal {
    uint64_t bytes; /* the first one lowest; in the highest byte by how many bits a window is shifted up to leave only them */
    sl_filter_set set;
    uint32_t wholes; /* 1 + the first text that it is a part of, in sl_prefilter.wholes; 0 = none */
} sl_long_literal;

/* A longer text, of which one literal is looked for; where that is, the whole of it is compared. */
typedef struct sl_whole_text {
    const uint8_t *bytes; /* folded */
    uint16_t length;
    uint16_t before;      /* bytes of it before the literal */
    bool is_last;         /* of its literal */
    sl_filter_set set;    /* filters that want the whole text */
} sl_whole_text;

/* A literal of one byte that has no class of its own (base/classes.h). */
typedef struct sl_numbered_byte {
    uint64_t shared_class; /* that it shares with others: a text without it is not searched */
    uint8_t byte;
    uint8_t number; /* of its bit: of no class that is one byte's own */
} sl_numbered_byte;

struct sl_scanner;

/* What is done for each byte of a text, in two ways: plainly, and with vectors. */
typedef struct sl_scan_functions {
    /* Writes `count` bytes, case folded, and up to 31 of no meaning. */
    void (*fold)(const uint8_t *from, size_t count, uint8_t *to);
    /* Which of the first `count` places of a piece pass each sieve. */
    void (*sieve)(const struct sl_scanner *scanner, const uint8_t *piece, size_t count, sl_places *pairs,
                  sl_places *triples, sl_places *quads);
    /* Does the byte stand at one of the first `count` places of a piece? */
    bool (*has_byte)(const uint8_t *piece, size_t count, uint8_t byte);
    /* Adds these rows of so many words to found, a row itself. */
    void (*add_rows)(const uint64_t *rows, size_t words, const uint32_t *numbers, size_t count, uint64_t *found);
} sl_scan_functions;

/* Looks for the literals of some filters. Where one may begin is seen from small tables that stay in the first caches: the
 * pair of bytes there, the hash of three, the hash of four. What passes by four bytes is asked once more, by five, for most
 * texts hold the beginnings of words only. What is left is looked up. An automaton over the same literals has one look-up a
 * byte, but in megabytes that are not in the caches. */
typedef struct sl_scanner {
    bool has_pairs, has_triples, has_quads; /* sieves; that of triples has pairs, too, with any byte, where there are few */
    bool has_pairs_in_triples;
    uint64_t own_classes;    /* of literals of one byte that have a class of their own: it is their bit, too */
    const uint64_t *byte_rows; /* by bit of a literal of one byte: a row of the filters that have it */
    const sl_numbered_byte *numbered; /* the others */
    uint32_t numbered_count;
    uint64_t numbered_classes; /* all that these share with others */
    const uint32_t *pair_bits; /* by two bytes, the first one lowest */
    sl_sieve triple_sieve, quad_sieve; /* the latter also of what longer ones begin with */
    sl_sieve five_sieve;       /* of 64 bits of a hash: what literals of five bytes or more begin with */
    sl_short_literals pairs, triples, quads;
    const sl_five *five_slots;
    uint64_t five_mask;
    uint32_t five_shift; /* of 64 bits of a hash */
    const sl_long_literal *longer;
    const sl_whole_text *wholes;
    sl_scan_functions functions; /* the fastest ones that this processor has */
    const uint8_t (*set_bits)[8]; /* by byte: the numbers of its set bits, then zeros */

    /* What a set of filters stands for: a row of word_count words where there are few filters, a list where there are many. */
    const uint64_t *rows;
    const sl_filter_list *lists;
    const uint16_t *filters;
    uint32_t word_count; /* of what a scan yields; whole vectors of sl_row_step */
    const uint64_t *nothing; /* what is kept of a scan that finds nothing */
    const uint64_t *of_plain; /* the same with the filters that only speak of plain values; others pass them in any case */
} sl_scanner;

/* Bits of scanners, by number. */
typedef uint64_t sl_scanner_set;
enum { sl_scanners_max = 64 };

/* All filters, and who looks for their literals. What a scan yields has the same layout for every scanner; each says nothing of
 * filters that are not its own. */
typedef struct sl_prefilter {
    const sl_scanner *scanners; /* the first one is of all filters */
    uint32_t scanner_count;
    uint64_t breaker_classes; /* SL_CLASS_*: a value without them is plain */
    uint32_t word_count;
    uint32_t filter_count;
} sl_prefilter;

enum { sl_row_step = 4, sl_row_words_max = 16 };

/* A value without any of these bytes is plain: of it patterns that allow for quotes and the like between the letters of a word
 * ask for the word. */
#define sl_prefilter_breakers "\"'`\\^$()[]{}|<>!&;\n\r"

/* Adds to found (word_count words) every filter that has a literal which the text, with these kinds of bytes, holds; true when
 * there is any. */
bool sl_prefilter_scan(const sl_scanner *scanner, sl_slice text, uint64_t classes, uint64_t *found);

/* Those that any processor has, and those with vectors, for one that has them. */
extern const sl_scan_functions sl_scan_plainly;
bool sl_scan_with_vectors(sl_scan_functions *functions);

/* Eight bytes as a number, the first one lowest. */
static inline uint64_t sl_prefilter_window(const uint8_t *at) {
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
           (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56; /* one load, as compilers see it */
}

static inline uint32_t sl_prefilter_hash(uint32_t bytes) { return bytes * UINT32_C(0x9E3779B1); }

static inline uint64_t sl_prefilter_hash_five(uint64_t key) { return key * UINT64_C(0xD6E8FEB86659FD93); }

/* What is kept of a scan: the words that it yields, and behind them the number of the scanner. */
static inline size_t sl_found_bytes(const sl_prefilter *prefilter) { return (prefilter->word_count + 1) * sizeof(uint64_t); }

/* Where the bit of a filter is in what a scan yields. */
static inline uint32_t sl_prefilter_word(uint32_t filter) { return filter / 64; }

/* Is there a literal of the filter in what a scan yielded, or several together? */
static inline bool sl_prefilter_lets(const uint64_t *found, uint32_t filter) { return (found[sl_prefilter_word(filter)] >> (filter % 64) & 1) != 0; }

#ifdef __cplusplus
}
#endif
#endif
