/* SPDX-License-Identifier: Apache-2.0 */
/* libinjection's table of SQL words and fingerprints, looked up by hash instead of by bisection: the table is asked for each
 * word of a text, up to three times. */
#ifndef SL_SQL_WORDS_H
#define SL_SQL_WORDS_H

#include "base/arena.h"
#include "base/ascii.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Length, the first two bytes and the last: what no word has in common with a text need not be looked up. */
enum { sl_sql_outlines = 1 << 15 };

typedef struct sl_sql_words {
    uint64_t outlines[sl_sql_outlines / 64];
    uint64_t heads[sl_sql_outlines / 64]; /* the same of what stands before the first blank or dot, of words that hold one */
    uint16_t *slots; /* 1 + index into the table; 0 = free */
} sl_sql_words;

/* Load side; in the arena. */
const sl_sql_words *sl_sql_words_new(sl_arena *arena);
/* What libinjection_sqli_lookup_word answers for LOOKUP_WORD: the type of the word in any case, 0 when it is none. */
char sl_sql_words_type(const sl_sql_words *words, sl_slice word);

/* Of a text that is not empty. */
static inline uint32_t sl_sql_outline_of(sl_slice word) {
    const uint32_t first = sl_ascii_lower(word.ptr[0]), second = sl_ascii_lower(word.ptr[word.len > 1]);
    const uint32_t last = sl_ascii_lower(word.ptr[word.len - 1]);
    return ((first | second << 8 | last << 16 | (uint32_t)word.len << 24) * UINT32_C(0x9E3779B1)) >> 17;
}

static inline bool sl_sql_has_outline(const uint64_t *outlines, uint32_t outline) { return (outlines[outline / 64] >> (outline % 64) & 1) != 0; }

#ifdef __cplusplus
}
#endif
#endif
