/* SPDX-License-Identifier: Apache-2.0 */
/* normalizePath, normalizePathWin: runs of slashes, self references and back references.
 *
 * The rules are those of v2 and v3 byte for byte, odd ones included: a back reference is seen by two dots
 * only, so "bar.." and "..." act as one; a relative path keeps the ".." that climb out of it; an absolute
 * path cannot climb above its root. normalizePathWin turns every backslash first. v2 and v3 turn them
 * while walking, which leaves some in: an evasion. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

static bool ends_segment(sl_slice path, size_t at) { return at + 1 == path.len || path.ptr[at + 1] == '/'; }

/* Where the path first is not in normal form; before that, every byte is copied as it is. */
static size_t find_reference(sl_slice path) {
    for (size_t i = 0; i < path.len; i++) {
        const uint8_t c = path.ptr[i];
        if (c == '.' && ends_segment(path, i)) return i;
        if (c == '/' && i + 1 < path.len && path.ptr[i + 1] == '/') return i;
    }
    return SIZE_MAX;
}

typedef struct walk {
    sl_slice path;
    sl_rewrite kept;
    size_t at;
    bool is_relative;
    bool is_stuck; /* the last back reference found nothing more to take back */
} walk;

typedef enum step { COPY, STOP } step;

static bool kept_ends_in(const walk *w, uint8_t c) {
    return w->kept.len != 0 && w->kept.out[w->kept.len - 1] == c;
}

/* At the second dot of "..", the first is in `kept` already: takes both back, and the segment before them. */
static step take_segment_back(walk *w, bool is_last) {
    if (w->is_relative && (w->is_stuck || w->kept.len <= 2)) {
        w->is_stuck = true;
        return COPY;
    }
    size_t end = w->kept.len <= 3 ? 0 : w->kept.len - 3;
    while (end > 0 && w->kept.out[end] != '/') end--;
    w->kept.len = end;
    if (end == 0) w->is_stuck = true;
    if (is_last) return STOP;
    w->at++;
    return COPY;
}

/* At a dot that ends a segment. */
static step pass_dot(walk *w, bool is_last) {
    if (kept_ends_in(w, '.')) return take_segment_back(w, is_last);
    if (w->kept.len != 0 && !kept_ends_in(w, '/')) return COPY; /* a name that ends in a dot */
    if (is_last) return STOP;
    if (w->kept.len != 0) w->kept.len--; /* the slash; the one behind the dot takes its place */
    w->at++;
    return COPY;
}

static step pass_segment_end(walk *w, bool is_last) {
    const uint8_t c = w->path.ptr[w->at];
    if (c == '/' && !is_last) return COPY;
    if (c == '.') return pass_dot(w, is_last);
    if (w->kept.len != 0) w->is_stuck = false;
    return COPY;
}

/* Copies one byte, a run of slashes as one. A relative path does not begin with the slash of what was
 * taken back. */
static void copy(walk *w) {
    if (w->path.ptr[w->at] == '/') {
        while (w->at + 1 < w->path.len && w->path.ptr[w->at + 1] == '/') w->at++;
        if (w->is_relative && w->kept.len == 0) {
            w->at++;
            return;
        }
    }
    sl_rewrite_put(&w->kept, w->path.ptr[w->at++]);
}

/* `path` may be the memory that `kept` writes to: what is kept is never longer than what was read. */
static sl_rewrite normalize(sl_slice path, sl_rewrite kept) {
    walk w = {path, kept, kept.len, path.ptr[0] != '/', false};
    const bool ends_in_slash = path.ptr[path.len - 1] == '/';
    while (w.at < path.len) {
        if (ends_segment(path, w.at) && pass_segment_end(&w, w.at + 1 == path.len) == STOP) break;
        copy(&w);
    }
    if (!ends_in_slash && kept_ends_in(&w, '/')) w.kept.len--;
    return w.kept;
}

static bool has_reference(sl_slice value) { return find_reference(value) != SIZE_MAX; }

static bool has_windows_reference(sl_slice value) {
    return sl_slice_find_byte(value, '\\') != SIZE_MAX || has_reference(value);
}

static sl_slice normalize_path(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_reference(value);
    if (first == SIZE_MAX) return value;
    const sl_rewrite kept = sl_rewrite_begin(arena, value, first, value.len);
    return sl_rewrite_end(arena, normalize(value, kept), value);
}

static sl_slice normalize_path_win(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    if (sl_slice_find_byte(value, '\\') == SIZE_MAX) return normalize_path(arena, map, value);
    sl_rewrite turned = sl_rewrite_begin(arena, value, 0, value.len);
    for (size_t i = 0; i < value.len; i++) turned.out[i] = value.ptr[i] == '\\' ? '/' : value.ptr[i];
    return sl_rewrite_end(arena, normalize(sl_slice_of(turned.out, value.len), turned), value);
}

const sl_transformation sl_transformations_path[] = {
    {"normalizePath", "normalisePath", has_reference, SL_CLASS_SLASH | SL_CLASS_DOT, normalize_path, "resolves //, ./ and ../ in a path"},
    {"normalizePathWin", "normalisePathWin", has_windows_reference, SL_CLASS_SLASH | SL_CLASS_DOT | SL_CLASS_BACKSLASH, normalize_path_win,
     "turns backslashes to slashes, then as normalizePath"},
    {0},
};
