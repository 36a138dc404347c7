/* SPDX-License-Identifier: Apache-2.0 */
/* compressWhitespace, removeWhitespace, trim, trimLeft, trimRight.
 *
 * White space is the six ASCII bytes (blank, TAB, LF, VT, FF, CR), never what a locale or Unicode adds;
 * NUL is none. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

/* First byte of a run that is not a single blank already. */
static size_t find_run(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (!sl_ascii_is_space(value.ptr[i])) continue;
        if (value.ptr[i] != ' ' || (i + 1 < value.len && sl_ascii_is_space(value.ptr[i + 1]))) return i;
    }
    return SIZE_MAX;
}

static bool has_run(sl_slice value) { return find_run(value) != SIZE_MAX; }

static sl_slice compress_whitespace(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_run(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    bool is_in_run = false;
    for (size_t i = first; i < value.len; i++) {
        const bool is_space = sl_ascii_is_space(value.ptr[i]);
        if (!is_space) {
            sl_rewrite_put(&r, value.ptr[i]);
        } else if (!is_in_run) {
            sl_rewrite_put(&r, ' ');
        }
        is_in_run = is_space;
    }
    return sl_rewrite_end(arena, r, value);
}

/* 0xC2 and 0xA0 are the bytes of a no-break space in UTF-8 (0xA0 alone in Latin-1). Deleting each
 * wherever it stands damages other characters, but it is what v3 does and what its users rely on. */
static const bool is_removed[256] = {
    ['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true, [' '] = true, [0xA0] = true, [0xC2] = true};

static size_t find_removed(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (is_removed[value.ptr[i]]) return i;
    }
    return SIZE_MAX;
}

static bool has_removed(sl_slice value) { return find_removed(value) != SIZE_MAX; }

static sl_slice remove_whitespace(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_removed(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t kept = first; /* each byte is written, and those that go are written over: words are short, no branch would be foretold */
    for (size_t i = first; i < value.len; i++) {
        r.out[kept] = value.ptr[i];
        kept += !is_removed[value.ptr[i]];
    }
    r.len = kept;
    return sl_rewrite_end(arena, r, value);
}

static bool has_left_space(sl_slice value) { return value.len != 0 && sl_ascii_is_space(value.ptr[0]); }
static bool has_right_space(sl_slice value) {
    return value.len != 0 && sl_ascii_is_space(value.ptr[value.len - 1]);
}
static bool has_outer_space(sl_slice value) { return has_left_space(value) || has_right_space(value); }

static sl_slice without_left_space(sl_slice value) {
    size_t start = 0;
    while (start < value.len && sl_ascii_is_space(value.ptr[start])) start++;
    return start == 0 ? value : sl_slice_from(value, start);
}

static sl_slice without_right_space(sl_slice value) {
    while (has_right_space(value)) value.len--;
    return value;
}

/* A copy, although the part of the input would do: what changed must not share a pointer with what it
 * came from. */
static sl_slice keep(sl_arena *arena, sl_slice part, sl_slice value) {
    return part.len == value.len ? value : sl_arena_copy(arena, part);
}

static sl_slice trim(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return keep(arena, without_right_space(without_left_space(value)), value);
}

static sl_slice trim_left(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return keep(arena, without_left_space(value), value);
}

static sl_slice trim_right(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return keep(arena, without_right_space(value), value);
}

const sl_transformation sl_transformations_whitespace[] = {
    {"compressWhitespace", NULL, has_run, SL_CLASS_SPACE, compress_whitespace, "each run of white space becomes one blank"},
    {"removeWhitespace", NULL, has_removed, SL_CLASS_SPACE | SL_CLASS_HIGH, remove_whitespace,
     "deletes white space and the bytes of no-break spaces"},
    {"trim", NULL, has_outer_space, SL_CLASS_SPACE, trim, "deletes white space at both ends"},
    {"trimLeft", NULL, has_left_space, SL_CLASS_SPACE, trim_left, "deletes white space at the beginning"},
    {"trimRight", NULL, has_right_space, SL_CLASS_SPACE, trim_right, "deletes white space at the end"},
    {0},
};
