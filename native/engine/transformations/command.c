/* SPDX-License-Identifier: Apache-2.0 */
/* cmdLine: a command line without what a shell ignores.
 *
 * Quotes, backslashes and carets go; blanks, commas and semicolons join to one blank, which goes too
 * before a slash or an opening parenthesis; letters become lower case. VT, FF and NUL are ordinary (v2
 * stops at a NUL: an evasion). */
#include "transformations/families.h"
#include "transformations/rewrite.h"

enum { PLAIN = 0, UPPER, QUOTE, BLANK, TAKES_BLANK_BACK };

static const uint8_t kind_of[256] = {
    ['"'] = QUOTE, ['\''] = QUOTE, ['\\'] = QUOTE, ['^'] = QUOTE, [' '] = BLANK, [','] = BLANK, [';'] = BLANK, ['\t'] = BLANK,
    ['\r'] = BLANK, ['\n'] = BLANK, ['/'] = TAKES_BLANK_BACK, ['('] = TAKES_BLANK_BACK, ['A'] = UPPER, ['B'] = UPPER, ['C'] = UPPER,
    ['D'] = UPPER, ['E'] = UPPER, ['F'] = UPPER, ['G'] = UPPER, ['H'] = UPPER, ['I'] = UPPER, ['J'] = UPPER, ['K'] = UPPER, ['L'] = UPPER,
    ['M'] = UPPER, ['N'] = UPPER, ['O'] = UPPER, ['P'] = UPPER, ['Q'] = UPPER, ['R'] = UPPER, ['S'] = UPPER, ['T'] = UPPER, ['U'] = UPPER,
    ['V'] = UPPER, ['W'] = UPPER, ['X'] = UPPER, ['Y'] = UPPER, ['Z'] = UPPER};

/* A single blank stays unless the byte after it makes it go; any other blank, quote or capital changes at
 * once. */
static size_t find_shell_noise(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t kind = kind_of[value.ptr[i]];
        if (kind == PLAIN || kind == TAKES_BLANK_BACK) continue;
        if (value.ptr[i] != ' ') return i;
        if (i + 1 == value.len) return SIZE_MAX;
        const uint8_t next = kind_of[value.ptr[i + 1]];
        if (next != PLAIN && next != UPPER) return i;
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
    uint8_t *out = r.out + r.len; /* each byte puts out at most one */
    for (size_t i = first; i < value.len; i++) {
        const uint8_t c = value.ptr[i], kind = kind_of[c];
        if (kind == PLAIN) {
            *out++ = c;
            is_after_blank = false;
        } else if (kind == BLANK) {
            if (!is_after_blank) *out++ = ' ';
            is_after_blank = true;
        } else if (kind != QUOTE) {
            if (is_after_blank && kind == TAKES_BLANK_BACK) out--;
            *out++ = kind == UPPER ? (uint8_t)(c | ('a' ^ 'A')) : c;
            is_after_blank = false;
        }
    }
    r.len = (size_t)(out - r.out);
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_command[] = {
    {"cmdLine", "cmd_line", has_shell_noise, SL_CLASS_UPPER | SL_CLASS_SPACE | SL_CLASS_BACKSLASH | SL_CLASS_QUOTE, cmd_line,
     "drops quotes, joins separators to one blank, lower case"},
    {0},
};
