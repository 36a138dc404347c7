/* SPDX-License-Identifier: Apache-2.0 */
/* removeComments, removeCommentsChar, replaceComments: comments of SQL, C and HTML. None of them nests. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

/* The lengths of what `rest` (never empty) begins with; 0 when it does not. */

static size_t opener_len(sl_slice rest) {
    if (rest.ptr[0] == '/') return sl_slice_starts(rest, SL_LIT("/*")) ? 2 : 0;
    return sl_slice_starts(rest, SL_LIT("<!--")) ? 4 : 0;
}

static size_t closer_len(sl_slice rest) {
    if (rest.ptr[0] == '*') return sl_slice_starts(rest, SL_LIT("*/")) ? 2 : 0;
    return sl_slice_starts(rest, SL_LIT("-->")) ? 3 : 0;
}

/* The longest mark wins: "-->" before "--". */
static size_t mark_len(sl_slice rest) {
    switch (rest.ptr[0]) {
    case '#': return 1;
    case '/':
    case '<': return opener_len(rest);
    case '*': return closer_len(rest);
    case '-':
        if (closer_len(rest) != 0) return 3;
        return sl_slice_starts(rest, SL_LIT("--")) ? 2 : 0;
    default: return 0;
    }
}

static bool is_line_comment(sl_slice rest) {
    return rest.ptr[0] == '#' || sl_slice_starts(rest, SL_LIT("--"));
}

static size_t find_comment(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        const sl_slice rest = sl_slice_from(value, i);
        if (opener_len(rest) != 0 || is_line_comment(rest)) return i;
    }
    return SIZE_MAX;
}

static size_t find_mark(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (mark_len(sl_slice_from(value, i)) != 0) return i;
    }
    return SIZE_MAX;
}

static bool has_comment(sl_slice value) { return find_comment(value) != SIZE_MAX; }
static bool has_mark(sl_slice value) { return find_mark(value) != SIZE_MAX; }
static bool has_block_comment(sl_slice value) { return sl_slice_find(value, SL_LIT("/*")) != SIZE_MAX; }

/* Index behind the first closer from `at` on, whatever opened the comment, or SIZE_MAX. */
static size_t find_comment_end(sl_slice value, size_t at) {
    for (; at < value.len; at++) {
        const size_t len = closer_len(sl_slice_from(value, at));
        if (len != 0) return at + len;
    }
    return SIZE_MAX;
}

/* v2 and v3 copy the byte behind a closer without looking at it; at the end of the text that byte is the
 * terminator of their C string. Eight vectors of the rule language's suite expect this NUL, so it stays. */
static sl_slice remove_comments(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_comment(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        const sl_slice rest = sl_slice_from(value, i);
        if (is_line_comment(rest)) break;
        const size_t len = opener_len(rest);
        if (len == 0) {
            sl_rewrite_put(&r, value.ptr[i++]);
            continue;
        }
        i = find_comment_end(value, i + len);
        if (i == SIZE_MAX) {
            sl_rewrite_put(&r, ' ');
            break;
        }
        sl_rewrite_put(&r, i < value.len ? value.ptr[i] : 0);
        i++;
    }
    return sl_rewrite_end(arena, r, value);
}

static sl_slice remove_comments_char(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_mark(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        const size_t len = mark_len(sl_slice_from(value, i));
        if (len != 0) {
            i += len;
        } else {
            sl_rewrite_put(&r, value.ptr[i++]);
        }
    }
    return sl_rewrite_end(arena, r, value);
}

static sl_slice replace_comments(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = sl_slice_find(value, SL_LIT("/*"));
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        if (!sl_slice_starts(sl_slice_from(value, i), SL_LIT("/*"))) {
            sl_rewrite_put(&r, value.ptr[i++]);
            continue;
        }
        sl_rewrite_put(&r, ' ');
        i += 2;
        const size_t closer = sl_slice_find(sl_slice_from(value, i), SL_LIT("*/"));
        if (closer == SIZE_MAX) break;
        i += closer + 2;
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_comments[] = {
    {"removeComments", NULL, has_comment, SL_CLASS_SLASH | SL_CLASS_COMMENT, remove_comments,
     "deletes /* */ and <!-- --> comments, and all from -- or # on"},
    {"removeCommentsChar", NULL, has_mark, SL_CLASS_SLASH | SL_CLASS_COMMENT, remove_comments_char,
     "deletes the marks /* */ <!-- --> -- # and keeps the text"},
    {"replaceComments", NULL, has_block_comment, SL_CLASS_SLASH, replace_comments, "each /* */ comment becomes one blank"},
    {0},
};
