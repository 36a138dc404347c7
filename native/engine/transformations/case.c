/* SPDX-License-Identifier: Apache-2.0 */
/* lowercase, uppercase: ASCII letters only, whatever the locale; bytes from 0x80 stay.
 *
 * Half of all CRS rules lowercase, and scripts do, so both go by words of eight bytes: measured on arguments of 45 bytes, a
 * third of the instructions of a loop over bytes that the compiler vectorizes. */
#include "base/words.h"
#include "transformations/families.h"
#include "transformations/rewrite.h"

enum { letters = 26 };

static bool is_letter_from(uint8_t c, uint8_t first_letter) { return (uint8_t)(c - first_letter) < letters; }

static bool has_letter(sl_slice value, uint8_t first_letter) {
    size_t i = 0;
    for (; i + sl_word_bytes <= value.len; i += sl_word_bytes) {
        const uint64_t word = sl_word_load(value.ptr + i);
        if (sl_word_in_range(word, first_letter, first_letter + letters - 1) != 0) return true;
    }
    for (; i < value.len; i++) {
        if (is_letter_from(value.ptr[i], first_letter)) return true;
    }
    return false;
}

/* Flips the case of the 26 letters that begin with first_letter. */
static sl_slice flip(sl_arena *arena, sl_slice value, uint8_t first_letter) {
    if (!has_letter(value, first_letter)) return value;
    uint8_t *const restrict out = sl_arena_alloc(arena, value.len);
    size_t i = 0;
    for (; i + sl_word_bytes <= value.len; i += sl_word_bytes) {
        const uint64_t word = sl_word_load(value.ptr + i);
        const uint64_t found = sl_word_in_range(word, first_letter, first_letter + letters - 1);
        sl_word_store(out + i, word ^ found >> 2); /* 0x80 becomes 0x20, the difference between the cases */
    }
    for (; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        out[i] = is_letter_from(c, first_letter) ? c ^ 0x20 : c;
    }
    return sl_slice_of(out, value.len);
}

static bool has_upper(sl_slice value) { return has_letter(value, 'A'); }
static bool has_lower(sl_slice value) { return has_letter(value, 'a'); }

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

uint64_t sl_transformation_classes(const sl_transformation *transformation, uint64_t classes) {
    if (transformation->apply != lowercase || (classes & SL_CLASS_UPPER) == 0) return 0;
    return (classes & ~(uint64_t)SL_CLASS_UPPER) | SL_CLASS_LOWER; /* letters have their finer kinds in either case */
}
