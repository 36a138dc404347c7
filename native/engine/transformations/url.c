/* SPDX-License-Identifier: Apache-2.0 */
/* urlDecode, urlDecodeUni, urlEncode. An escape that is none is copied, and what follows its '%' is read
 * again. */
#include "transformations/escape.h"
#include "transformations/families.h"
#include "transformations/rewrite.h"

static size_t find_encoded(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '%' || value.ptr[i] == '+') return i;
    }
    return SIZE_MAX;
}

static bool has_encoded(sl_slice value) { return find_encoded(value) != SIZE_MAX; }

static sl_slice url_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_encoded(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        const uint8_t c = value.ptr[i];
        if (c == '%' && sl_escape_has_hex(value, i + 1, 2)) {
            sl_rewrite_put(&r, sl_escape_pair(value.ptr + i + 1));
            i += 3;
        } else {
            sl_rewrite_put(&r, c == '+' ? ' ' : c);
            i++;
        }
    }
    return sl_rewrite_end(arena, r, value);
}

static bool is_unicode_escape_at(sl_slice value, size_t at) {
    return value.len - at >= 6 && (value.ptr[at + 1] | 0x20) == 'u' && sl_escape_has_hex(value, at + 2, 4);
}

/* The map speaks first; without an entry, the full-width fold. */
static uint8_t byte_of_code(const sl_unicode_map *map, uint8_t high, uint8_t low) {
    const int16_t mapped = map == NULL ? -1 : map->byte_of[high << 8 | low];
    return mapped >= 0 ? (uint8_t)mapped : sl_escape_fold(high, low);
}

static sl_slice url_decode_uni(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    const size_t first = find_encoded(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        const uint8_t c = value.ptr[i];
        if (c == '%' && sl_escape_has_hex(value, i + 1, 2)) {
            sl_rewrite_put(&r, sl_escape_pair(value.ptr + i + 1));
            i += 3;
        } else if (c == '%' && is_unicode_escape_at(value, i)) {
            const uint8_t *const digits = value.ptr + i + 2;
            sl_rewrite_put(&r, byte_of_code(map, sl_escape_pair(digits), sl_escape_pair(digits + 2)));
            i += 6;
        } else {
            sl_rewrite_put(&r, c == '+' ? ' ' : c);
            i++;
        }
    }
    return sl_rewrite_end(arena, r, value);
}

static bool is_kept(uint8_t c) { return sl_ascii_is_alnum(c) || c == '*'; }

static size_t find_to_encode(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (!is_kept(value.ptr[i])) return i;
    }
    return SIZE_MAX;
}

static bool has_to_encode(sl_slice value) { return find_to_encode(value) != SIZE_MAX; }

static size_t encoded_len(sl_slice value) {
    size_t len = value.len;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_kept(value.ptr[i]) && value.ptr[i] != ' ') len += 2;
    }
    return len;
}

static sl_slice url_encode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    static const uint8_t digits[16] = "0123456789abcdef";
    const size_t first = find_to_encode(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, encoded_len(value));
    for (size_t i = first; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        if (is_kept(c)) {
            sl_rewrite_put(&r, c);
        } else if (c == ' ') {
            sl_rewrite_put(&r, '+');
        } else {
            sl_rewrite_put(&r, '%');
            sl_rewrite_put(&r, digits[c >> 4]);
            sl_rewrite_put(&r, digits[c & 15]);
        }
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_url[] = {
    {"urlDecode", NULL, has_encoded, SL_CLASS_ENCODED, url_decode, "decodes %hh and +"},
    {"urlDecodeUni", NULL, has_encoded, SL_CLASS_ENCODED, url_decode_uni,
     "decodes %hh, + and %uhhhh, the last through the Unicode map"},
    {"urlEncode", NULL, has_to_encode, SL_CLASS_ANY, url_encode,
     "encodes all but letters, digits and * as %hh, blanks as +"},
    {0},
};
