/* SPDX-License-Identifier: Apache-2.0 */
/* hexDecode, hexEncode, sqlHexDecode. */
#include "transformations/escape.h"
#include "transformations/families.h"
#include "transformations/rewrite.h"

/* Decoding halves and encoding doubles, so every text but the empty one changes. */
static bool is_filled(sl_slice value) { return value.len != 0; }

/* For any byte, hex digit or not, as the engines have it: rules see what they would see there. */
static uint8_t unchecked_nibble(uint8_t c) {
    return c >= 'A' ? (uint8_t)((c & 0xDF) - 55) : (uint8_t)(c - '0');
}

static sl_slice hex_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    if (value.len == 0) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, 0, value.len / 2);
    for (size_t i = 0; i + 1 < value.len; i += 2) {
        const uint8_t high = unchecked_nibble(value.ptr[i]);
        const uint8_t low = unchecked_nibble(value.ptr[i + 1]);
        sl_rewrite_put(&r, (uint8_t)(high * 16 + low));
    }
    return sl_rewrite_end(arena, r, value);
}

static sl_slice hex_encode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    static const uint8_t digits[16] = "0123456789abcdef";
    if (value.len == 0) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, 0, value.len * 2);
    for (size_t i = 0; i < value.len; i++) {
        sl_rewrite_put(&r, digits[value.ptr[i] >> 4]);
        sl_rewrite_put(&r, digits[value.ptr[i] & 15]);
    }
    return sl_rewrite_end(arena, r, value);
}

/* 0x or 0X with at least one pair of digits. */
static bool is_sql_hex_at(sl_slice value, size_t at) {
    return value.ptr[at] == '0' && value.len - at >= 4 && (value.ptr[at + 1] | 0x20) == 'x' &&
           sl_escape_has_hex(value, at + 2, 2);
}

static size_t find_sql_hex(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (is_sql_hex_at(value, i)) return i;
    }
    return SIZE_MAX;
}

static bool has_sql_hex(sl_slice value) { return find_sql_hex(value) != SIZE_MAX; }

static sl_slice sql_hex_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_sql_hex(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        if (!is_sql_hex_at(value, i)) {
            sl_rewrite_put(&r, value.ptr[i++]);
            continue;
        }
        for (i += 2; sl_escape_has_hex(value, i, 2); i += 2) {
            sl_rewrite_put(&r, sl_escape_pair(value.ptr + i));
        }
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_hex[] = {
    {"hexDecode", NULL, is_filled, SL_CLASS_ANY, hex_decode, "each two hex digits become one byte; nothing is checked"},
    {"hexEncode", NULL, is_filled, SL_CLASS_ANY, hex_encode, "each byte becomes two lower-case hex digits"},
    {"sqlHexDecode", NULL, has_sql_hex, SL_CLASS_DIGIT, sql_hex_decode, "decodes SQL hex literals: 0x414243 becomes ABC"},
    {0},
};
