/* SPDX-License-Identifier: Apache-2.0 */
/* cssDecode: backslash escapes of CSS. Every backslash goes, also one at the end of the text. */
#include "transformations/escape.h"
#include "transformations/families.h"
#include "transformations/rewrite.h"

enum { digits_max = 6 };

static size_t count_hex(sl_slice rest) {
    size_t count = 0;
    while (count < digits_max && count < rest.len && sl_ascii_is_hex(rest.ptr[count])) count++;
    return count;
}

/* Low byte of the code point; folded when the code point has 16 bits, that is, when the digits before the
 * last four are 0. */
static uint8_t byte_of(const uint8_t *digits, size_t count) {
    if (count == 1) return sl_ascii_hex_value(digits[0]);
    const uint8_t low = sl_escape_pair(digits + count - 2);
    if (count < 4) return low;
    for (size_t i = 0; i < count - 4; i++) {
        if (digits[i] != '0') return low;
    }
    return sl_escape_fold(sl_escape_pair(digits + count - 4), low);
}

static bool has_backslash(sl_slice value) { return sl_slice_find_byte(value, '\\') != SIZE_MAX; }

static sl_slice css_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = sl_slice_find_byte(value, '\\');
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        if (value.ptr[i] != '\\') {
            sl_rewrite_put(&r, value.ptr[i++]);
            continue;
        }
        i++;
        if (i == value.len) break;
        const size_t count = count_hex(sl_slice_from(value, i));
        if (count != 0) {
            sl_rewrite_put(&r, byte_of(value.ptr + i, count));
            i += count;
            /* One white space ends an escape and belongs to it. */
            if (i < value.len && sl_ascii_is_space(value.ptr[i])) i++;
        } else if (value.ptr[i] == '\n') {
            i++;
        } else {
            sl_rewrite_put(&r, value.ptr[i++]);
        }
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_css[] = {
    {"cssDecode", NULL, has_backslash, SL_CLASS_BACKSLASH, css_decode, "decodes the escapes of CSS: \\41 and \\j"},
    {0},
};
