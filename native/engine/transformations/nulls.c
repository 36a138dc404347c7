/* SPDX-License-Identifier: Apache-2.0 */
/* removeNulls, replaceNulls. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

static bool has_null(sl_slice value) { return sl_slice_find_byte(value, 0) != SIZE_MAX; }

static sl_slice remove_nulls(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = sl_slice_find_byte(value, 0);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    for (size_t i = first; i < value.len; i++) {
        if (value.ptr[i] != 0) sl_rewrite_put(&r, value.ptr[i]);
    }
    return sl_rewrite_end(arena, r, value);
}

static sl_slice replace_nulls(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = sl_slice_find_byte(value, 0);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    for (size_t i = first; i < value.len; i++) sl_rewrite_put(&r, value.ptr[i] == 0 ? ' ' : value.ptr[i]);
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_nulls[] = {
    {"removeNulls", NULL, has_null, SL_CLASS_NULL, remove_nulls, "deletes NUL bytes"},
    {"replaceNulls", NULL, has_null, SL_CLASS_NULL, replace_nulls, "NUL bytes become blanks"},
    {0},
};
