/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of escapes (%41, \x41, \u0041, \ff21) share. */
#ifndef SL_ESCAPE_H
#define SL_ESCAPE_H

#include "base/slice.h"

/* Whether `count` hex digits stand at `at`. A look past the end of the text finds none. */
static inline bool sl_escape_has_hex(sl_slice text, size_t at, size_t count) {
    if (at > text.len || text.len - at < count) return false;
    for (size_t i = 0; i < count; i++) {
        if (!sl_ascii_is_hex(text.ptr[at + i])) return false;
    }
    return true;
}

/* Value of two hex digits; both must be one. */
static inline uint8_t sl_escape_pair(const uint8_t *digits) {
    return (uint8_t)(sl_ascii_hex_value(digits[0]) << 4 | sl_ascii_hex_value(digits[1]));
}

static inline bool sl_escape_is_octal(uint8_t c) { return (uint8_t)(c - '0') < 8; }

/* A 16-bit code as one byte: full-width forms (U+FF01 to U+FF5E) are the ASCII they look like, of others
 * the low byte stays. That loses the high byte on purpose: servers with a "best fit" do the same, and
 * rules are written for its result. */
static inline uint8_t sl_escape_fold(uint8_t high, uint8_t low) {
    return high == 0xFF && low >= 0x01 && low <= 0x5E ? (uint8_t)(low + 0x20) : low;
}

/* The letter escapes that C and JavaScript have in common, or 0 for another byte. */
static inline uint8_t sl_escape_letter(uint8_t c) {
    switch (c) {
    case 'a': return 0x07;
    case 'b': return 0x08;
    case 'f': return 0x0C;
    case 'n': return 0x0A;
    case 'r': return 0x0D;
    case 't': return 0x09;
    case 'v': return 0x0B;
    default: return 0;
    }
}

#endif
