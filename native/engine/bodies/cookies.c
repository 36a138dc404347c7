/* SPDX-License-Identifier: Apache-2.0 */
/* Cookie lines: format 0 as browsers send them, format 1 with quotes and $attributes (RFC 2109). */
#include "bodies/cookies.h"

static sl_slice trim_left(sl_slice text) {
    while (text.len > 0 && sl_ascii_is_space(text.ptr[0])) text = sl_slice_from(text, 1);
    return text;
}

static sl_slice trim_right(sl_slice text) {
    while (text.len > 0 && sl_ascii_is_space(text.ptr[text.len - 1])) text.len--;
    return text;
}

/* Blanks after a name and around a value are kept: an application may see them, so rules must. */
static void parse_format_0(sl_slice line, uint8_t separator, const sl_argument_sink *sink) {
    line = trim_right(line);
    size_t start = 0;
    while (start < line.len) {
        const sl_slice rest = sl_slice_from(line, start);
        const size_t found = sl_slice_find_byte(rest, separator);
        const sl_slice piece = sl_slice_of(rest.ptr, found == SIZE_MAX ? rest.len : found);
        start += piece.len + 1;

        const size_t equals = sl_slice_find_byte(piece, '=');
        sl_slice name = piece, value = SL_EMPTY;
        if (equals != SIZE_MAX) {
            name = sl_slice_of(piece.ptr, equals);
            value = sl_slice_from(piece, equals + 1);
        }
        name = trim_left(name);
        if (name.len != 0 && !sink->add(sink->context, name, value)) return;
    }
}

static bool ends_cookie(uint8_t byte) { return byte == ';' || byte == ','; }

static size_t find_end(sl_slice line, size_t at, bool stop_at_equals) {
    while (at < line.len && !ends_cookie(line.ptr[at]) && !(stop_at_equals && line.ptr[at] == '=')) at++;
    return at;
}

static size_t skip_space(sl_slice line, size_t at) {
    while (at < line.len && sl_ascii_is_space(line.ptr[at])) at++;
    return at;
}

/* "$Path" after the cookie "a" is an attribute of it: "$a_Path". */
static sl_slice attribute_name(sl_arena *arena, sl_slice cookie, sl_slice attribute) {
    const size_t len = 1 + cookie.len + 1 + attribute.len - 1;
    uint8_t *const name = sl_arena_alloc(arena, len);
    name[0] = '$';
    memcpy(name + 1, cookie.ptr, cookie.len);
    name[1 + cookie.len] = '_';
    memcpy(name + 1 + cookie.len + 1, attribute.ptr + 1, attribute.len - 1);
    return sl_slice_of(name, len);
}

/* Reads the value at *at and moves *at behind it. A missing closing quote ends with the line. */
static sl_slice read_value(sl_slice line, size_t *at) {
    size_t start = skip_space(line, *at);
    if (start < line.len && line.ptr[start] == '"') {
        start++;
        const size_t quote = sl_slice_find_byte(sl_slice_from(line, start), '"');
        const size_t len = quote == SIZE_MAX ? line.len - start : quote;
        *at = quote == SIZE_MAX ? line.len : start + len + 1;
        return sl_slice_of(line.ptr + start, len);
    }
    *at = find_end(line, start, false);
    return trim_right(sl_slice_of(line.ptr + start, *at - start));
}

/* An attribute's composed name costs the length of the cookie's name each time, so a long name with many
 * attributes would grow with the square of the line: such a name is not composed. */
enum { attribute_cookie_name_max = 256 };

static void parse_format_1(sl_arena *arena, sl_slice line, const sl_argument_sink *sink) {
    sl_slice cookie = SL_EMPTY; /* the last name that is not an attribute */
    size_t at = 0;
    while (at < line.len) {
        const size_t start = skip_space(line, at);
        at = find_end(line, start, true);
        sl_slice name = trim_right(sl_slice_of(line.ptr + start, at - start));
        sl_slice value = SL_EMPTY;
        if (at < line.len && line.ptr[at] == '=') {
            at++;
            value = read_value(line, &at);
        }
        if (name.len != 0) {
            if (name.ptr[0] != '$') {
                cookie = name;
            } else if (cookie.len != 0 && cookie.len <= attribute_cookie_name_max) {
                name = attribute_name(arena, cookie, name);
            }
            if (!sink->add(sink->context, name, value)) return;
        }
        while (at < line.len && (ends_cookie(line.ptr[at]) || sl_ascii_is_space(line.ptr[at]))) at++;
    }
}

void sl_cookies_parse(sl_arena *arena, sl_slice line, uint8_t format, uint8_t v0_separator,
                      const sl_argument_sink *sink) {
    if (format == 0) {
        parse_format_0(line, v0_separator, sink);
    } else {
        parse_format_1(arena, line, sink);
    }
}
