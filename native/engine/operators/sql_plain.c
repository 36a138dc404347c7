/* SPDX-License-Identifier: Apache-2.0 */
/* libinjection folds a text into at most five tokens and looks for their kinds in a list of some 8,000 fingerprints. None of
 * these consists of nothing but barewords, numbers, operators, dots, colons, commas and semicolons (operator_models_test.c
 * looks at all of them). So a text that can yield no other token is no injection: one without quotes, brackets, comments,
 * logical operators and variables, none of whose words, alone or after a blank with the one before, is in the list of words.
 *
 * Where a word begins depends on how a number before it is read (1e5or, 0x1for, 2.fUNION). Each place where it might begin
 * is looked at: one that libinjection would not see costs a short-cut, never an answer. */
#include "operators/sql_plain.h"

enum {
    text_bytes_max = 160, /* libinjection itself looks at the first few tokens only */
    known_bytes_max = 29, /* of a word in the list; longer ones are none */
    starts_max = 6        /* of words in one run */
};

/* MARK: an operator or a separator that is a token by itself, whatever stands beside it but for is_more_than_marks. */
enum { OTHER = 0, WORD = 1, DIGIT = 2, BLANK = 4, MARK = 8 };

#define W WORD
#define D DIGIT
#define M MARK
#define O OTHER
#define W16 W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W

static const uint8_t kind_of[256] = {
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* controls */
    BLANK, M, O, O, O, M, M, O, O, O, M, M, M, M, M, M,     /* blank ! " # $ % & ' ( ) * + , - . / */
    D, D, D, D, D, D, D, D, D, D, M, M, M, M, M, M,         /* digits : ; < = > ? */
    O, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, O, O, O, M, W, /* @ A-Z [ \ ] ^ _ */
    O, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, O, M, O, M, O, /* ` a-z { | } ~ DEL */
    W16, W16,
    O, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* A0: a blank for libinjection */
    W16, W16, W16, W16, W16,
};

static inline bool is_word(uint8_t c) { return (kind_of[c] & (WORD | DIGIT)) != 0; }

/* Two bytes that are no operators but the beginning of a comment, or a logical operator. */
static bool is_more_than_marks(uint8_t first, uint8_t second) {
    if (first == '&' || first == '|') return second == '&' || second == '|';
    return (first == '-' && second == '-') || (first == '/' && second == '*');
}

static inline bool is_digit(uint8_t c) { return kind_of[c] == DIGIT; }

static inline size_t behind_word(sl_slice text, size_t at) {
    while (at < text.len && is_word(text.ptr[at])) at++;
    return at;
}

static inline size_t behind_digits(sl_slice text, size_t at) {
    while (at < text.len && is_digit(text.ptr[at])) at++;
    return at;
}

static bool is_one_of(uint8_t c, uint8_t lower) { return (c | ('a' ^ 'A')) == lower; }

/* Where words may begin in the run of letters and digits from `start` on, of which the beginning may be a number's. */
static size_t word_starts(sl_slice text, size_t start, size_t *starts) {
    size_t count = 0;
    const size_t number = behind_digits(text, start);
    starts[count++] = number;
    size_t at = number;
    if (at < text.len && is_one_of(text.ptr[at], 'e')) starts[count++] = at = behind_digits(text, at + 1);
    if (at < text.len && (is_one_of(text.ptr[at], 'd') || is_one_of(text.ptr[at], 'f'))) starts[count++] = at + 1;
    if (number != start && number < text.len && (is_one_of(text.ptr[number], 'x') || is_one_of(text.ptr[number], 'b'))) {
        starts[count++] = number + 1;
        at = number + 1;
        while (at < text.len && sl_ascii_is_hex(text.ptr[at])) at++;
        starts[count++] = at;
        at = number + 1;
        while (at < text.len && (text.ptr[at] == '0' || text.ptr[at] == '1')) at++;
        starts[count++] = at;
    }
    return count;
}

static inline bool has_outline(const uint64_t *outlines, sl_slice text, size_t start, size_t end) {
    return sl_sql_has_outline(outlines, sl_sql_outline_of(sl_slice_of(text.ptr + start, end - start)));
}

static inline bool is_listed(const sl_sql_words *words, sl_slice text, size_t start, size_t end) {
    if (end - start > known_bytes_max || !has_outline(words->outlines, text, start, end)) return false;
    return sl_sql_words_type(words, sl_slice_of(text.ptr + start, end - start)) != 0;
}

/* With what dots add to the word. */
static bool is_listed_with_dots(const sl_sql_words *words, sl_slice text, size_t start, size_t end) {
    while (end + 1 < text.len && text.ptr[end] == '.' && end - start <= known_bytes_max) {
        end = behind_word(text, end + 1);
        if (is_listed(words, text, start, end)) return true;
    }
    return false;
}

/* The word from start to the end of its run, alone or with more behind a dot. may_go_on: what such words, and those of two,
 * begin with. */
static inline bool begins_listed(const sl_sql_words *words, sl_slice text, size_t start, size_t end, bool *may_go_on) {
    if (is_listed(words, text, start, end)) return true;
    *may_go_on = has_outline(words->heads, text, start, end);
    return *may_go_on && is_listed_with_dots(words, text, start, end);
}

/* The run before, where words that may begin a pair begin in it. */
typedef struct word_run {
    size_t starts[starts_max];
    size_t start_count; /* 0: there is none, or something but blanks behind it */
    size_t end;
} word_run;

static bool is_pair_listed(const sl_sql_words *words, sl_slice text, const word_run *before, size_t start, size_t end) {
    uint8_t pair[known_bytes_max];
    for (size_t i = 0; i < before->start_count; i++) {
        const size_t first = before->end - before->starts[i], second = end - start;
        if (before->end < before->starts[i] || first + 1 + second > sizeof pair) continue;
        memcpy(pair, text.ptr + before->starts[i], first);
        pair[first] = ' ';
        memcpy(pair + first + 1, text.ptr + start, second);
        if (sl_sql_words_type(words, sl_slice_of(pair, first + 1 + second)) != 0) return true;
    }
    return false;
}

/* Becomes the run before the next one. */
static bool is_run_plain(const sl_sql_words *words, sl_slice text, size_t start, size_t end, word_run *before) {
    size_t starts[starts_max];
    const size_t count = word_starts(text, start, starts);
    word_run run;
    run.start_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool may_go_on = false;
        if (starts[i] >= end) continue; /* the run is a number to its end */
        if (begins_listed(words, text, starts[i], end, &may_go_on)) return false;
        if (may_go_on) run.starts[run.start_count++] = starts[i];
    }
    if (before->start_count != 0 && is_pair_listed(words, text, before, start, end)) return false;
    run.end = end;
    *before = run;
    return true;
}

/* The same of a run that can only be one word, as most are. */
static inline bool is_word_plain(const sl_sql_words *words, sl_slice text, size_t start, size_t end, word_run *before) {
    bool may_go_on = false;
    if (begins_listed(words, text, start, end, &may_go_on)) return false;
    if (before->start_count != 0 && is_pair_listed(words, text, before, start, end)) return false;
    before->starts[0] = start;
    before->start_count = may_go_on ? 1 : 0;
    before->end = end;
    return true;
}

/* One that libinjection might read on from a number (1e5, 2f). */
static inline bool may_end_number(uint8_t c) { return is_one_of(c, 'd') || is_one_of(c, 'e') || is_one_of(c, 'f'); }

bool sl_sql_is_plain(const sl_sql_words *words, sl_slice text) {
    word_run before;
    before.start_count = 0;
    size_t at = 0;
    if (text.len > text_bytes_max) return false;
    while (at < text.len) {
        const uint8_t kind = kind_of[text.ptr[at]];
        if (kind == BLANK) {
            at++;
        } else if (kind == MARK) {
            if (at + 1 < text.len && is_more_than_marks(text.ptr[at], text.ptr[at + 1])) return false;
            before.start_count = 0;
            at++;
        } else if (kind == OTHER) {
            return false;
        } else {
            const size_t start = at;
            uint8_t kinds = kind;
            for (at++; at < text.len && is_word(text.ptr[at]); at++) kinds |= kind_of[text.ptr[at]];
            const bool is_one_word = (kinds & DIGIT) == 0 && !may_end_number(text.ptr[start]);
            if (!(is_one_word ? is_word_plain(words, text, start, at, &before) : is_run_plain(words, text, start, at, &before))) return false;
        }
    }
    return true;
}
