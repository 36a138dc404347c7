/* SPDX-License-Identifier: Apache-2.0 */
/* cmdLine: a command line without what a shell ignores.
 *
 * Quotes, backslashes and carets go; blanks, commas and semicolons join to one blank, which goes too
 * before a slash or an opening parenthesis; letters become lower case. VT, FF and NUL are ordinary (v2
 * stops at a NUL: an evasion). */
#include "transformations/families.h"
#include "transformations/rewrite.h"

static bool is_shell_quote(uint8_t c) { return c == '"' || c == '\'' || c == '\\' || c == '^'; }

static bool is_shell_blank(uint8_t c) {
    return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\r' || c == '\n';
}

static bool takes_blank_back(uint8_t c) { return c == '/' || c == '('; }

/* A single blank stays unless the byte after it makes it go; any other blank, quote or capital changes at
 * once. */
static size_t find_shell_noise(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        if (c == ' ') {
            if (i + 1 == value.len) return SIZE_MAX;
            const uint8_t next = value.ptr[i + 1];
            if (is_shell_blank(next) || is_shell_quote(next) || takes_blank_back(next)) return i;
        } else if (is_shell_quote(c) || is_shell_blank(c) || (uint8_t)(c - 'A') < 26) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool has_shell_noise(sl_slice value) { return find_shell_noise(value) != SIZE_MAX; }

/* A blank counts as ours, for collapsing and taking back, until another byte is put out; a dropped quote
 * leaves it ours. */
static sl_slice cmd_line(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_shell_noise(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    bool is_after_blank = first != 0 && value.ptr[first - 1] == ' ';
    for (size_t i = first; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        if (is_shell_quote(c)) continue;
        if (is_shell_blank(c)) {
            if (!is_after_blank) sl_rewrite_put(&r, ' ');
            is_after_blank = true;
            continue;
        }
        if (is_after_blank && takes_blank_back(c)) r.len--;
        sl_rewrite_put(&r, sl_ascii_lower(c));
        is_after_blank = false;
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_command[] = {
    {"cmdLine", "cmd_line", has_shell_noise, SL_CLASS_UPPER | SL_CLASS_SPACE | SL_CLASS_BACKSLASH | SL_CLASS_QUOTE, cmd_line,
     "drops quotes, joins separators to one blank, lower case"},
    {0},
};
