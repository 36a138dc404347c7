/* SPDX-License-Identifier: Apache-2.0 */
/* The header with libinjection's data declares its tokenizers, too, and has a table of them. Only the words are wanted here. */
#include "operators/sql_words.h"

#include <libinjection.h>
#include <libinjection_sqli.h>

#include "base/ascii.h"
#include "base/hash.h"

/* Stands in for every tokenizer in a table that is never read. */
#define parse_money not_called
#define parse_other not_called
#define parse_white not_called
#define parse_operator1 not_called
#define parse_char not_called
#define parse_hash not_called
#define parse_dash not_called
#define parse_slash not_called
#define parse_backslash not_called
#define parse_operator2 not_called
#define parse_string not_called
#define parse_word not_called
#define parse_var not_called
#define parse_number not_called
#define parse_tick not_called
#define parse_ustring not_called
#define parse_qstring not_called
#define parse_nqstring not_called
#define parse_xstring not_called
#define parse_bstring not_called
#define parse_estring not_called
#define parse_bword not_called

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#endif
#include <libinjection_sqli_data.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

static size_t not_called(sfilter *sf) {
    (void)sf;
    return 0;
}

enum { slot_count = 32768 }; /* for 9,000 words: most look-ups meet their word, or a free slot, at once */

_Static_assert(sizeof sql_keywords / sizeof sql_keywords[0] < slot_count / 2, "the table is to stay half empty");

static void note(uint64_t *outlines, sl_slice word) {
    if (word.len == 0) return;
    const uint32_t outline = sl_sql_outline_of(word);
    outlines[outline / 64] |= UINT64_C(1) << (outline % 64);
}

static void note_head(sl_sql_words *words, sl_slice word, uint8_t end) {
    const size_t at = sl_slice_find_byte(word, end);
    if (at != SIZE_MAX) note(words->heads, sl_slice_of(word.ptr, at));
}

const sl_sql_words *sl_sql_words_new(sl_arena *arena) {
    (void)char_parse_map;
    sl_sql_words *words = SL_NEW(arena, sl_sql_words);
    words->slots = SL_NEW_ARRAY(arena, uint16_t, slot_count);
    for (size_t i = 0; i < sql_keywords_sz; i++) {
        const sl_slice word = sl_slice_z(sql_keywords[i].word);
        /* Whatever bisection does not find is not found here either. */
        if (libinjection_sqli_lookup_word(NULL, LOOKUP_WORD, sql_keywords[i].word, word.len) != sql_keywords[i].type) continue;
        uint32_t slot = sl_hash_fold(word) % slot_count;
        while (words->slots[slot] != 0) slot = (slot + 1) % slot_count;
        words->slots[slot] = (uint16_t)(i + 1);
        note(words->outlines, word);
        note_head(words, word, ' ');
        note_head(words, word, '.');
    }
    return words;
}

char sl_sql_words_type(const sl_sql_words *words, sl_slice word) {
    if (word.len == 0) return 0;
    if (!sl_sql_has_outline(words->outlines, sl_sql_outline_of(word))) return 0;
    for (uint32_t slot = sl_hash_fold(word) % slot_count; words->slots[slot] != 0; slot = (slot + 1) % slot_count) {
        const keyword_t *known = &sql_keywords[words->slots[slot] - 1];
        if (sl_slice_equal_fold(sl_slice_z(known->word), word)) return known->type;
    }
    return 0;
}
