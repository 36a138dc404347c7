/* SPDX-License-Identifier: Apache-2.0 */
/* htmlEntityDecode: numeric character references and the five names that attacks need.
 *
 * The number of digits is not limited: leading zeros are an evasion (v3.0.13 reads at most three,
 * CVE-2025-27110; the CRS test 944150-23 guards this). One pass: what was decoded is not read again. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

typedef struct entity {
    const char *name;
    uint8_t byte;
} entity;

static const entity entities[] = {{"quot", '"'}, {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"nbsp", 0xA0}};

enum { entity_count = sizeof entities / sizeof entities[0] };

/* Length of the digits that `rest` begins with; *byte becomes the low byte of their value, which
 * saturates at 2^63-1. */
static size_t read_number(sl_slice rest, uint64_t base, uint8_t *byte) {
    uint64_t number = 0;
    size_t len = 0;
    for (; len < rest.len; len++) {
        const uint8_t c = rest.ptr[len];
        if (!(base == 16 ? sl_ascii_is_hex(c) : sl_ascii_is_digit(c))) break;
        const uint64_t digit = sl_ascii_hex_value(c);
        number = number > (INT64_MAX - digit) / base ? INT64_MAX : number * base + digit;
    }
    if (len != 0) *byte = (uint8_t)number;
    return len;
}

static size_t read_name(sl_slice rest, uint8_t *byte) {
    for (size_t e = 0; e < entity_count; e++) {
        const sl_slice name = sl_slice_z(entities[e].name);
        if (!sl_slice_starts_fold(rest, name)) continue;
        if (rest.len > name.len && sl_ascii_is_alnum(rest.ptr[name.len])) continue; /* a longer name */
        *byte = entities[e].byte;
        return name.len;
    }
    return 0;
}

/* Length of the reference at the '&' that `rest` begins with, its ';' included, or 0 when there is none.
 * Copying such a '&' alone is right for all shapes that are none: nothing that follows can be read
 * otherwise without it. */
static size_t read_reference(sl_slice rest, uint8_t *byte) {
    size_t start = 1;
    size_t len;
    if (rest.len < 2) return 0;
    if (rest.ptr[1] != '#') {
        len = read_name(sl_slice_from(rest, start), byte);
    } else if (rest.len > 2 && (rest.ptr[2] | 0x20) == 'x') {
        start = 3;
        len = read_number(sl_slice_from(rest, start), 16, byte);
    } else {
        start = 2;
        len = read_number(sl_slice_from(rest, start), 10, byte);
    }
    if (len == 0) return 0;
    const size_t end = start + len;
    return end < rest.len && rest.ptr[end] == ';' ? end + 1 : end;
}

static bool has_ampersand(sl_slice value) { return sl_slice_find_byte(value, '&') != SIZE_MAX; }

static sl_slice html_entity_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    const size_t first = sl_slice_find_byte(value, '&');
    if (first == SIZE_MAX) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, first, value.len);
    size_t i = first;
    while (i < value.len) {
        uint8_t byte = value.ptr[i];
        const size_t len = byte == '&' ? read_reference(sl_slice_from(value, i), &byte) : 0;
        sl_rewrite_put(&r, byte);
        i += len == 0 ? 1 : len;
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_html[] = {
    {"htmlEntityDecode", NULL, has_ampersand, SL_CLASS_AMPERSAND, html_entity_decode,
     "decodes &#1; &#x1; &quot; &amp; &lt; &gt; &nbsp; with or without the semicolon"},
    {0},
};
