/* SPDX-License-Identifier: Apache-2.0 */
/* Which kinds of bytes a text holds: one pass, then one AND tells whether a whole pipeline can possibly change it. */
#ifndef SL_CLASSES_H
#define SL_CLASSES_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SL_CLASS_UPPER = 1 << 0,     /* A-Z */
    SL_CLASS_LOWER = 1 << 1,     /* a-z _ */
    SL_CLASS_DIGIT = 1 << 2,     /* 0-9 */
    SL_CLASS_SPACE = 1 << 3,     /* blank, TAB, LF, VT, FF, CR */
    SL_CLASS_ENCODED = 1 << 4,   /* % + */
    SL_CLASS_BACKSLASH = 1 << 5,
    SL_CLASS_AMPERSAND = 1 << 6,
    SL_CLASS_SLASH = 1 << 7,
    SL_CLASS_DOT = 1 << 8,
    SL_CLASS_QUOTE = 1 << 9,     /* " ' ^ , ; : what a shell ignores or splits at */
    SL_CLASS_NULL = 1 << 10,
    SL_CLASS_COMMENT = 1 << 11,  /* * - < # ! > */
    SL_CLASS_HIGH = 1 << 12,     /* 0x80 and above */
    SL_CLASS_OTHER = 1 << 13,
    SL_CLASS_ANY = 1 << 14       /* always set: for what may change every text, the empty one included */
};

/* Above these, a bit for each letter in either case, and for each of the marks that say most of what a text may be. */
#define SL_CLASS_LETTER(c) (UINT64_C(1) << (16 + (c) - 'a'))
#define SL_CLASS_MARK(i) (UINT64_C(1) << (42 + (i)))

/* What a text must hold: a byte of one of the first kinds, and one of one of the second. */
typedef uint64_t sl_classes_pair[2];
#define sl_class_any (~UINT64_C(0)) /* every text does */

static inline bool sl_classes_suffice(uint64_t classes, const sl_classes_pair needed) {
    return (classes & needed[0]) != 0 && (classes & needed[1]) != 0;
}

/* Union over the bytes, and SL_CLASS_ANY. */
uint64_t sl_classes_of(sl_slice text);
/* The one that the fewest bytes share. */
uint64_t sl_class_of_byte(uint8_t byte);
/* The same, if no other byte has it (but for the other case of a letter); else 0. */
uint64_t sl_own_class_of_byte(uint8_t byte);

#ifdef __cplusplus
}
#endif
#endif
