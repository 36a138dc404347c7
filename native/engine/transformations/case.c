/* SPDX-License-Identifier: Apache-2.0 */
/* lowercase, uppercase: ASCII letters only, whatever the locale; bytes from 0x80 stay.
 *
 * Half of all CRS rules lowercase, and most values are lower case already, so the search for a letter to
 * change goes by blocks whose inner loop compilers turn into vector code. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

enum { block_bytes = 32, letters = 26 };

static bool is_letter_from(uint8_t c, uint8_t first_letter) { return (uint8_t)(c - first_letter) < letters; }

static bool block_has_letter(const uint8_t *block, uint8_t first_letter) {
    bool is_found = false;
    for (size_t i = 0; i < block_bytes; i++) is_found |= is_letter_from(block[i], first_letter);
    return is_found;
}

static size_t find_letter(sl_slice value, uint8_t first_letter) {
    size_t i = 0;
    while (value.len - i >= block_bytes && !block_has_letter(value.ptr + i, first_letter)) i += block_bytes;
    for (; i < value.len; i++) {
        if (is_letter_from(value.ptr[i], first_letter)) return i;
    }
    return SIZE_MAX;
}

/* Flips the case of the 26 letters that begin with first_letter. */
static sl_slice flip(sl_arena *arena, sl_slice value, uint8_t first_letter) {
    const size_t first = find_letter(value, first_letter);
    if (first == SIZE_MAX) return value;
    uint8_t *const restrict out = sl_arena_alloc(arena, value.len);
    memcpy(out, value.ptr, first);
    for (size_t i = first; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        out[i] = is_letter_from(c, first_letter) ? c ^ 0x20 : c;
    }
    return sl_slice_of(out, value.len);
}

static bool has_upper(sl_slice value) { return find_letter(value, 'A') != SIZE_MAX; }
static bool has_lower(sl_slice value) { return find_letter(value, 'a') != SIZE_MAX; }

static sl_slice lowercase(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return flip(arena, value, 'A');
}

static sl_slice uppercase(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return flip(arena, value, 'a');
}

const sl_transformation sl_transformations_case[] = {
    {"lowercase", NULL, has_upper, SL_CLASS_UPPER, lowercase, "A-Z become a-z"},
    {"uppercase", NULL, has_lower, SL_CLASS_LOWER, uppercase, "a-z become A-Z"},
    {0},
};

bool sl_transformation_is_case_only(const sl_transformation *transformation) {
    for (const sl_transformation *row = sl_transformations_case; row->name != NULL; row++) {
        if (row == transformation) return true;
    }
    return false;
}
