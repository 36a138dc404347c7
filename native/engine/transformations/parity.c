/* SPDX-License-Identifier: Apache-2.0 */
/* parityEven7bit, parityOdd7bit, parityZero7bit: bit 7 as a parity bit.
 *
 * As in the engines, the old bit 7 counts into the parity that the new one shows. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

static bool has_odd_ones(uint8_t c) {
    c ^= c >> 4;
    c ^= c >> 2;
    c ^= c >> 1;
    return (c & 1) != 0;
}

static uint8_t even_of(uint8_t c) { return has_odd_ones(c) ? c | 0x80 : c & 0x7F; }
static uint8_t odd_of(uint8_t c) { return has_odd_ones(c) ? c & 0x7F : c | 0x80; }
static uint8_t zero_of(uint8_t c) { return c & 0x7F; }

static size_t find_other(sl_slice value, uint8_t (*parity_of)(uint8_t)) {
    for (size_t i = 0; i < value.len; i++) {
        if (parity_of(value.ptr[i]) != value.ptr[i]) return i;
    }
    return SIZE_MAX;
}

static sl_slice set_all(sl_arena *arena, sl_slice value, uint8_t (*parity_of)(uint8_t)) {
    const size_t first = find_other(value, parity_of);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    for (size_t i = first; i < value.len; i++) sl_rewrite_put(&r, parity_of(value.ptr[i]));
    return sl_rewrite_end(arena, r, value);
}

static bool changes_to_even(sl_slice value) { return find_other(value, even_of) != SIZE_MAX; }
static bool changes_to_odd(sl_slice value) { return find_other(value, odd_of) != SIZE_MAX; }
static bool changes_to_zero(sl_slice value) { return find_other(value, zero_of) != SIZE_MAX; }

static sl_slice parity_even(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return set_all(arena, value, even_of);
}

static sl_slice parity_odd(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return set_all(arena, value, odd_of);
}

static sl_slice parity_zero(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return set_all(arena, value, zero_of);
}

const sl_transformation sl_transformations_parity[] = {
    {"parityEven7bit", NULL, changes_to_even, SL_CLASS_ANY, parity_even,
     "sets bit 7 of bytes with an odd number of one bits, else clears it"},
    {"parityOdd7bit", NULL, changes_to_odd, SL_CLASS_ANY, parity_odd,
     "sets bit 7 of bytes with an even number of one bits, else clears it"},
    {"parityZero7bit", NULL, changes_to_zero, SL_CLASS_HIGH, parity_zero, "clears bit 7"},
    {0},
};
