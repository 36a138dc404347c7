/* SPDX-License-Identifier: Apache-2.0 */
/* utf8toUnicode, and the reader of the Unicode map file.
 *
 * utf8toUnicode writes UTF-8 sequences as %uhhhh, for urlDecodeUni to fold to one byte afterwards. What
 * is suspicious stays visible: overlong sequences and surrogates show their raw lead byte behind the
 * code, impossible leads before it. */
#include "transformations/unicode.h"

#include "transformations/families.h"
#include "transformations/rewrite.h"

/* A NUL is dropped, but not one that ends the text (v2 drops that one too). */
static size_t find_transcoded(sl_slice value) {
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] >= 0x80 || (value.ptr[i] == 0 && i + 1 < value.len)) return i;
    }
    return SIZE_MAX;
}

static bool has_transcoded(sl_slice value) { return find_transcoded(value) != SIZE_MAX; }

/* The longest output is that of an overlong surrogate: eight bytes for its four. So four for each byte is
 * enough. */
static size_t transcoded_len_max(sl_slice value) {
    size_t len = value.len;
    for (size_t i = 0; i < value.len; i++) len += value.ptr[i] >= 0x80 ? 3 : 0;
    return len;
}

/* How long a sequence the lead byte announces; 0 when it is no lead byte. F5 to F7 count, as in the
 * engines. */
static size_t announced_len(uint8_t lead) {
    if ((lead & 0xE0) == 0xC0) return 2;
    if ((lead & 0xF0) == 0xE0) return 3;
    if ((lead & 0xF8) == 0xF0) return 4;
    return 0;
}

static bool is_complete(sl_slice rest, size_t len) {
    if (rest.len < len) return false;
    for (size_t i = 1; i < len; i++) {
        if ((rest.ptr[i] & 0xC0) != 0x80) return false;
    }
    return true;
}

static uint32_t code_point_of(const uint8_t *sequence, size_t len) {
    uint32_t code = sequence[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) code = code << 6 | (sequence[i] & 0x3Fu);
    return code;
}

static bool is_surrogate(uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

static bool is_overlong(uint32_t code, size_t len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code < least[len];
}

static void put_code(sl_rewrite *r, uint32_t code) {
    static const uint8_t digits[16] = "0123456789abcdef";
    unsigned shift = code > 0xFFFFF ? 20 : code > 0xFFFF ? 16 : 12;
    sl_rewrite_put(r, '%');
    sl_rewrite_put(r, 'u');
    for (;; shift -= 4) {
        sl_rewrite_put(r, digits[code >> shift & 15]);
        if (shift == 0) return;
    }
}

/* Transcodes what stands at `at` and returns how much of the text it was. */
static size_t transcode(sl_rewrite *r, sl_slice value, size_t at) {
    const uint8_t c = value.ptr[at];
    if (c == 0 && at + 1 < value.len) return 1;
    const size_t len = announced_len(c);
    if (len == 0) {
        sl_rewrite_put(r, c);
        return 1;
    }
    if (c >= 0xF5) sl_rewrite_put(r, c);
    if (!is_complete(sl_slice_from(value, at), len)) return 1;
    const uint32_t code = code_point_of(value.ptr + at, len);
    put_code(r, code);
    if (is_surrogate(code)) sl_rewrite_put(r, c);
    if (is_overlong(code, len)) sl_rewrite_put(r, c);
    return len;
}

static sl_slice utf8_to_unicode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = find_transcoded(value);
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, transcoded_len_max(value));
    for (size_t i = first; i < value.len;) i += transcode(&r, value, i);
    return sl_rewrite_end(arena, r, value);
}

/* The map file: tokens between white space. A number names a code page, "hhhh:hh" tokens after it are its
 * entries, and the next token without a colon ends them. Words before the entries ("(US-ASCII)") are
 * comments. */

static sl_slice next_token(sl_slice *text) {
    size_t start = 0;
    while (start < text->len && sl_ascii_is_space(text->ptr[start])) start++;
    size_t end = start;
    while (end < text->len && !sl_ascii_is_space(text->ptr[end])) end++;
    const sl_slice token = sl_slice_of(text->ptr + start, end - start);
    *text = sl_slice_from(*text, end);
    return token;
}

static bool names_code_page(sl_slice token, unsigned code_page) {
    uint64_t number = 0;
    size_t i = 0;
    for (; i < token.len && sl_ascii_is_digit(token.ptr[i]) && number <= UINT32_MAX; i++) {
        number = number * 10 + (token.ptr[i] - '0');
    }
    return i != 0 && number == code_page;
}

/* A number of 1 to digits_max hex digits and nothing else. */
static bool read_hex(sl_slice digits, size_t digits_max, unsigned *number) {
    if (digits.len == 0 || digits.len > digits_max) return false;
    *number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!sl_ascii_is_hex(digits.ptr[i])) return false;
        *number = *number * 16 + sl_ascii_hex_value(digits.ptr[i]);
    }
    return true;
}

void sl_unicode_map_clear(sl_unicode_map *map) {
    for (size_t code = 0; code < 65536; code++) map->byte_of[code] = -1;
    map->byte_of[0x002E] = '.';
    map->byte_of[0x3002] = '.';
    map->byte_of[0xFF0E] = '.';
    map->byte_of[0xFF61] = '.';
}

bool sl_unicode_map_read(sl_slice file_text, unsigned code_page, sl_unicode_map *out) {
    bool is_found = false;
    bool has_entries = false;
    sl_unicode_map_clear(out);
    while (file_text.len != 0) {
        const sl_slice token = next_token(&file_text);
        const size_t colon = sl_slice_find_byte(token, ':');
        if (colon == SIZE_MAX) {
            if (has_entries) break;
            is_found = is_found || names_code_page(token, code_page);
            continue;
        }
        if (!is_found) continue;
        has_entries = true;
        unsigned code, byte;
        if (read_hex(sl_slice_of(token.ptr, colon), 4, &code) &&
            read_hex(sl_slice_from(token, colon + 1), 2, &byte)) {
            out->byte_of[code] = (int16_t)byte;
        }
    }
    return is_found;
}

const sl_transformation sl_transformations_unicode[] = {
    {"utf8toUnicode", NULL, has_transcoded, SL_CLASS_HIGH | SL_CLASS_NULL, utf8_to_unicode,
     "writes UTF-8 sequences as %uhhhh and drops NUL bytes"},
    {0},
};
