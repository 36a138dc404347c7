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

/* Where the path first is not in normal form; before that, every byte is copied as it is. Each dot or slash that matters stands
 * before a slash, or is the last byte; of dots there are many more. */
static size_t find_reference(sl_slice path) {
    for (size_t slash = sl_slice_find_byte(path, '/'); slash != SIZE_MAX;) {
        if (slash != 0 && (path.ptr[slash - 1] == '.' || path.ptr[slash - 1] == '/')) return slash - 1;
        const size_t next = sl_slice_find_byte(sl_slice_from(path, slash + 1), '/');
        slash = next == SIZE_MAX ? SIZE_MAX : slash + 1 + next;
    }
    return path.len != 0 && path.ptr[path.len - 1] == '.' ? path.len - 1 : SIZE_MAX;
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

/* ---- names as Windows reads them (compat.windowsNames) ---- */

static size_t drive_length(sl_slice path) {
    const bool has_drive = path.len >= 2 && path.ptr[1] == ':' && sl_ascii_lower(path.ptr[0]) >= 'a' &&
                           sl_ascii_lower(path.ptr[0]) <= 'z';
    return has_drive ? 2 : 0;
}

/* Where the last segment that is not empty begins. */
static size_t last_segment(sl_slice path, size_t from) {
    size_t end = path.len;
    while (end > from && path.ptr[end - 1] == '/') end--;
    while (end > from && path.ptr[end - 1] != '/') end--;
    return end;
}

static bool is_all_dots(sl_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] != '.') return false;
    }
    return true;
}

/* The file that a segment opens: without the stream (of the last segment only), without dots and blanks at its end. */
static sl_slice opened_name(sl_slice segment, bool is_last) {
    const size_t stream = is_last ? sl_slice_find_byte(segment, ':') : SIZE_MAX;
    sl_slice name = stream == SIZE_MAX ? segment : sl_slice_of(segment.ptr, stream);
    if (is_all_dots(name)) return name;
    while (name.len != 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' ')) name.len--;
    return name;
}

/* `path` may be the memory that `kept` writes to. A segment of which nothing is left goes, with the slash before it. */
static sl_rewrite open_names(sl_slice path, sl_rewrite kept) {
    const size_t first = drive_length(path), last = last_segment(path, first);
    for (size_t i = 0; i < first; i++) sl_rewrite_put(&kept, path.ptr[i]);
    for (size_t start = first; start <= path.len;) {
        const size_t slash = sl_slice_find_byte(sl_slice_from(path, start), '/');
        const sl_slice segment = sl_slice_of(path.ptr + start, slash == SIZE_MAX ? path.len - start : slash);
        const sl_slice name = opened_name(segment, start == last);
        if (name.len != 0 || segment.len == 0) {
            if (start != first) sl_rewrite_put(&kept, '/');
            for (size_t i = 0; i < name.len; i++) sl_rewrite_put(&kept, name.ptr[i]);
        }
        start += segment.len + 1;
    }
    return kept;
}

static bool has_windows_name(sl_slice value) {
    return has_windows_reference(value) || sl_slice_find_byte(value, ':') != SIZE_MAX || sl_slice_find_byte(value, ' ') != SIZE_MAX;
}

static sl_slice normalize_windows_names(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    const sl_slice path = normalize_path_win(arena, map, value);
    if (path.len == 0) return path;
    const bool is_own = !sl_slice_same(path, value); /* made here, so it may be written to */
    const sl_rewrite kept = is_own ? (sl_rewrite){(uint8_t *)path.ptr, 0, path.len} : sl_rewrite_begin(arena, value, 0, value.len);
    return sl_rewrite_end(arena, open_names(path, kept), value);
}

const sl_transformation sl_transformation_windows_names = {
    "normalizePathWin", "normalisePathWin", has_windows_name,
    SL_CLASS_SLASH | SL_CLASS_DOT | SL_CLASS_BACKSLASH | SL_CLASS_SPACE | SL_CLASS_OTHER, normalize_windows_names,
    "turns backslashes to slashes, then as normalizePath, then each name as Windows reads it"};

const sl_transformation sl_transformations_path[] = {
    {"normalizePath", "normalisePath", has_reference, SL_CLASS_SLASH | SL_CLASS_DOT, normalize_path, "resolves //, ./ and ../ in a path"},
    {"normalizePathWin", "normalisePathWin", has_windows_reference, SL_CLASS_SLASH | SL_CLASS_DOT | SL_CLASS_BACKSLASH, normalize_path_win,
     "turns backslashes to slashes, then as normalizePath"},
    {0},
};
