/* SPDX-License-Identifier: Apache-2.0 */
/* length: the number of bytes, in decimal. */
#include "transformations/families.h"

enum { digits_max = 20 }; /* of a 64-bit number */

/* "1" is the one text that is its own length. */
static bool is_not_its_length(sl_slice value) { return value.len != 1 || value.ptr[0] != '1'; }

static sl_slice length(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    uint8_t digits[digits_max];
    size_t start = digits_max;
    size_t rest = value.len;
    do {
        digits[--start] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    const sl_slice text = sl_slice_of(digits + start, digits_max - start);
    return sl_slice_equal(text, value) ? value : sl_arena_copy(arena, text);
}

const sl_transformation sl_transformations_length[] = {
    {"length", NULL, is_not_its_length, SL_CLASS_ANY, length, "the length in bytes, as a decimal number"},
    {0},
};
