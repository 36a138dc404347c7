/* SPDX-License-Identifier: Apache-2.0 */
/* The request's side of starts.h. */
#include "prefilter/starts.h"

/* Digits are one kind, controls are another, blanks that are no blank a third, and so are bytes past ASCII. */
enum { CONTROL = 59, SPACE = 60, DIGIT = 61, HIGH = 62 };

#define MARKS(i) (i), (i) + 1, (i) + 2, (i) + 3
#define LETTERS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25
#define C4 CONTROL, CONTROL, CONTROL, CONTROL
#define D5 DIGIT, DIGIT, DIGIT, DIGIT, DIGIT
#define H8 HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define H32 H8, H8, H8, H8

const uint8_t sl_start_kind_of[256] = {
    C4, C4, CONTROL, SPACE, SPACE, SPACE, SPACE, SPACE, CONTROL, CONTROL, C4, C4, C4, C4,
    MARKS(26), MARKS(30), MARKS(34), MARKS(38), D5, D5, MARKS(42), 46, 47, /* blank to ? */
    48, LETTERS, 49, 50, 51, 52, 53,                                       /* @ to _ */
    54, LETTERS, 55, 56, 57, 58, CONTROL,                                  /* ` to DEL */
    H32, H32, H32, H32,
};

static uint8_t kind_at(sl_slice text, size_t at) { return at < text.len ? sl_start_kind_of[text.ptr[at]] : (uint8_t)sl_start_end; }

bool sl_starts_suffice(const sl_starts *starts, sl_slice text, size_t from) {
    uint32_t left = starts->least_count;
    for (size_t at = from; at < text.len && left != 0; at++) left -= (uint32_t)(starts->counted_kinds >> sl_start_kind_of[text.ptr[at]] & 1);
    return left == 0;
}

size_t sl_starts_next(const sl_starts *starts, sl_slice text, size_t from) {
    if (from >= text.len) return text.len;
    size_t at = from;
    uint8_t first = kind_at(text, at);
    for (; at + sl_start_steps < text.len; at++) {
        const uint8_t second = sl_start_kind_of[text.ptr[at + 1]];
        if (sl_start_follows(starts, 0, first, second)) {
            const uint8_t third = sl_start_kind_of[text.ptr[at + 2]];
            const uint8_t fourth = sl_start_kind_of[text.ptr[at + 3]];
            if (sl_start_follows(starts, 1, second, third) && sl_start_follows(starts, 2, third, fourth)) return at;
        }
        first = second;
    }
    for (; at < text.len; at++) { /* the last few, up to the end */
        const uint8_t second = kind_at(text, at + 1), third = kind_at(text, at + 2), fourth = kind_at(text, at + 3);
        if (sl_start_follows(starts, 0, kind_at(text, at), second) && sl_start_follows(starts, 1, second, third) &&
            sl_start_follows(starts, 2, third, fourth)) {
            return at;
        }
    }
    return text.len;
}
