/* SPDX-License-Identifier: Apache-2.0 */
/* One table look-up a byte, four texts' worth of independent unions to keep the loads flowing. */
#include "base/classes.h"

#include "base/ascii.h"

#define UP SL_CLASS_UPPER
#define LO SL_CLASS_LOWER
#define DI SL_CLASS_DIGIT
#define SP SL_CLASS_SPACE
#define EN SL_CLASS_ENCODED
#define BS SL_CLASS_BACKSLASH
#define AM SL_CLASS_AMPERSAND
#define SL SL_CLASS_SLASH
#define DT SL_CLASS_DOT
#define QU SL_CLASS_QUOTE
#define NU SL_CLASS_NULL
#define CO SL_CLASS_COMMENT
#define HI SL_CLASS_HIGH
#define OT SL_CLASS_OTHER
#define HI16 HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI, HI

#define LINE (SP | SL_CLASS_MARK(0)) /* LF and CR */
#define MARK(class, i) ((class) | SL_CLASS_MARK(i))
#define U(c) (UP | SL_CLASS_LETTER(c))
#define L(c) (LO | SL_CLASS_LETTER(c))

static const uint64_t class_of[256] = {
    NU, OT, OT, OT, OT, OT, OT, OT, OT, SP, LINE, SP, SP, LINE, OT, OT,
    OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT,
    /* blank ! " # $ % & ' ( ) * + , - . / */
    SP, MARK(CO, 1), MARK(QU, 2), CO, MARK(OT, 4), MARK(EN, 5), AM, MARK(QU, 6), MARK(OT, 7), MARK(OT, 8), CO, EN, QU, CO, DT, SL,
    /* digits : ; < = > ? */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, MARK(OT, 9), MARK(QU, 10), MARK(CO, 11), MARK(OT, 12), MARK(CO, 13), MARK(OT, 14),
    MARK(OT, 15), U('a'), U('b'), U('c'), U('d'), U('e'), U('f'), U('g'), U('h'), U('i'), U('j'), U('k'), U('l'), U('m'), U('n'), U('o'),
    U('p'), U('q'), U('r'), U('s'), U('t'), U('u'), U('v'), U('w'), U('x'), U('y'), U('z'), MARK(OT, 16), BS, MARK(OT, 17), MARK(QU, 3), LO,
    MARK(OT, 18), L('a'), L('b'), L('c'), L('d'), L('e'), L('f'), L('g'), L('h'), L('i'), L('j'), L('k'), L('l'), L('m'), L('n'), L('o'),
    L('p'), L('q'), L('r'), L('s'), L('t'), L('u'), L('v'), L('w'), L('x'), L('y'), L('z'), MARK(OT, 19), MARK(OT, 20), MARK(OT, 21), OT, OT,
    HI16, HI16, HI16, HI16, HI16, HI16, HI16, HI16,
};

uint64_t sl_class_of_byte(uint8_t byte) {
    const uint64_t finer = class_of[byte] & ~(SL_CLASS_LETTER('a') - 1);
    return finer != 0 ? finer : class_of[byte];
}

uint64_t sl_own_class_of_byte(uint8_t byte) {
    const uint64_t class = sl_class_of_byte(byte);
    for (unsigned other = 0; other < 256; other++) {
        if ((class_of[other] & class) != 0 && sl_ascii_lower((uint8_t)other) != sl_ascii_lower(byte)) return 0;
    }
    return class;
}

uint64_t sl_classes_of(sl_slice text) {
    uint64_t a = SL_CLASS_ANY, b = 0, c = 0, d = 0;
    size_t i = 0;
    for (; i + 4 <= text.len; i += 4) {
        a |= class_of[text.ptr[i]];
        b |= class_of[text.ptr[i + 1]];
        c |= class_of[text.ptr[i + 2]];
        d |= class_of[text.ptr[i + 3]];
    }
    for (; i < text.len; i++) a |= class_of[text.ptr[i]];
    return a | b | c | d;
}
