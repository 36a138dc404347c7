/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII classes without a locale. */
#ifndef SL_ASCII_H
#define SL_ASCII_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t sl_ascii_lower(uint8_t c) { return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c; }
static inline uint8_t sl_ascii_upper(uint8_t c) { return (uint8_t)(c - 'a') < 26 ? (uint8_t)(c & 0xDF) : c; }
static inline bool sl_ascii_is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }
static inline bool sl_ascii_is_alpha(uint8_t c) { return (uint8_t)((c | 0x20) - 'a') < 26; }
static inline bool sl_ascii_is_alnum(uint8_t c) { return sl_ascii_is_digit(c) || sl_ascii_is_alpha(c); }
static inline bool sl_ascii_is_hex(uint8_t c) {
    return sl_ascii_is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 6;
}
/* Value of a hex digit; only for bytes that are one. */
static inline uint8_t sl_ascii_hex_value(uint8_t c) {
    return sl_ascii_is_digit(c) ? (uint8_t)(c - '0') : (uint8_t)((c | 0x20) - 'a' + 10);
}
/* Blank, TAB, LF, VT, FF, CR: "WS6" of the specification. */
static inline bool sl_ascii_is_space(uint8_t c) { return c == ' ' || (uint8_t)(c - 9) < 5; }

#endif
