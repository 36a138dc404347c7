/* SPDX-License-Identifier: Apache-2.0 */
/* jsDecode, escapeSeqDecode: backslash escapes of JavaScript and of ANSI C.
 *
 * In both, a backslash before a byte that makes no escape is dropped and the byte stays; one at the end
 * of the text stays. */
#include "transformations/escape.h"
#include "transformations/families.h"
#include "transformations/rewrite.h"

/* How many octal digits stand at `at`, at most `most`; *value is theirs. */
static size_t read_octal(sl_slice text, size_t at, size_t most, unsigned *value) {
    size_t count = 0;
    *value = 0;
    while (count < most && at + count < text.len && sl_escape_is_octal(text.ptr[at + count])) {
        *value = *value * 8 + (text.ptr[at + count] - '0');
        count++;
    }
    return count;
}

/* Reads the escape whose letter stands at `at` (after the backslash): its byte, and the length from there
 * on. */

static size_t read_js_escape(sl_slice text, size_t at, uint8_t *byte) {
    const uint8_t c = text.ptr[at];
    if (c == 'u' && sl_escape_has_hex(text, at + 1, 4)) {
        *byte = sl_escape_fold(sl_escape_pair(text.ptr + at + 1), sl_escape_pair(text.ptr + at + 3));
        return 5;
    }
    if (c == 'x' && sl_escape_has_hex(text, at + 1, 2)) {
        *byte = sl_escape_pair(text.ptr + at + 1);
        return 3;
    }
    if (sl_escape_is_octal(c)) {
        /* Three digits from \400 on would not fit a byte: JavaScript reads two. */
        unsigned value;
        const size_t count = read_octal(text, at, c > '3' ? 2 : 3, &value);
        *byte = (uint8_t)value;
        return count;
    }
    const uint8_t control = sl_escape_letter(c);
    *byte = control != 0 ? control : c;
    return 1;
}

static size_t read_c_escape(sl_slice text, size_t at, uint8_t *byte) {
    const uint8_t c = text.ptr[at];
    if ((c | 0x20) == 'x' && sl_escape_has_hex(text, at + 1, 2)) {
        *byte = sl_escape_pair(text.ptr + at + 1);
        return 3;
    }
    if (sl_escape_is_octal(c)) {
        unsigned value;
        const size_t count = read_octal(text, at, 3, &value);
        *byte = (uint8_t)value; /* modulo 256 */
        return count;
    }
    const uint8_t control = sl_escape_letter(c);
    *byte = control != 0 ? control : c;
    return 1;
}

static sl_slice decode(sl_arena *arena, sl_slice value, size_t (*read_escape)(sl_slice, size_t, uint8_t *)) {
    const size_t first = sl_slice_find_byte(value, '\\');
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        uint8_t byte = value.ptr[i++];
        if (byte == '\\' && i < value.len) i += read_escape(value, i, &byte);
        sl_rewrite_put(&r, byte);
    }
    return sl_rewrite_end(arena, r, value);
}

static bool has_backslash(sl_slice value) { return sl_slice_find_byte(value, '\\') != SIZE_MAX; }

static sl_slice js_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return decode(arena, value, read_js_escape);
}

static sl_slice escape_seq_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return decode(arena, value, read_c_escape);
}

const sl_transformation sl_transformations_js[] = {
    {"escapeSeqDecode", NULL, has_backslash, SL_CLASS_BACKSLASH, escape_seq_decode,
     "decodes the escapes of ANSI C: \\n \\x41 \\101"},
    {"jsDecode", NULL, has_backslash, SL_CLASS_BACKSLASH, js_decode,
     "decodes the escapes of JavaScript: \\n \\x41 \\u0041 \\101"},
    {0},
};
