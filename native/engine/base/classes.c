/* SPDX-License-Identifier: Apache-2.0 */
/* One table look-up a byte, four texts' worth of independent unions to keep the loads flowing. */
#include "base/classes.h"

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

static const uint16_t class_of[256] = {
    NU, OT, OT, OT, OT, OT, OT, OT, OT, SP, SP, SP, SP, SP, OT, OT, /* 00 */
    OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, /* 10 */
    SP, CO, QU, CO, OT, EN, AM, QU, OT, OT, CO, EN, QU, CO, DT, SL, /* 20: blank ! " # $ % & ' ( ) * + , - . / */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, OT, QU, CO, OT, CO, OT, /* 30: digits : ; < = > ? */
    OT, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, /* 40 */
    UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, UP, OT, BS, OT, QU, LO, /* 50: … [ \ ] ^ _ */
    OT, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, /* 60 */
    LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, LO, OT, OT, OT, OT, OT, /* 70 */
    HI16, HI16, HI16, HI16, HI16, HI16, HI16, HI16,
};

uint32_t sl_class_of_byte(uint8_t byte) { return class_of[byte]; }

uint32_t sl_classes_of(sl_slice text) {
    uint32_t a = SL_CLASS_ANY, b = 0, c = 0, d = 0;
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
