/* SPDX-License-Identifier: Apache-2.0 */
/* The boundary parameter of a multipart Content-Type.
 *
 * An application and its rules must agree on the boundary, or parts hide from the rules. So whatever two
 * parsers might read differently is an error here, even where a standard would allow it; the steps are
 * those of ModSecurity, except that only parameter names count as "boundary", not those letters anywhere. */
#include "bodies/multipart_parser.h"

enum { content_type_max_bytes = 1024 };

static const char boundary_word[] = "boundary";
#define WORD_LENGTH (sizeof boundary_word - 1)

/* Index of the word at or after from, or SIZE_MAX. */
static size_t find_word(sl_slice text, size_t from, bool fold) {
    const sl_slice word = sl_slice_of(boundary_word, WORD_LENGTH);
    for (size_t at = from; at + WORD_LENGTH <= text.len; at++) {
        const sl_slice here = sl_slice_of(text.ptr + at, WORD_LENGTH);
        if (fold ? sl_slice_equal_fold(here, word) : sl_slice_equal(here, word)) return at;
    }
    return SIZE_MAX;
}

/* A parameter name stands at the start or after ";", "," or white space, and "=" follows it. */
static bool is_parameter_name(sl_slice text, size_t at) {
    if (at > 0) {
        const uint8_t before = text.ptr[at - 1];
        if (before != ';' && before != ',' && !sl_ascii_is_space(before)) return false;
    }
    size_t after = at + WORD_LENGTH;
    while (after < text.len && sl_ascii_is_space(text.ptr[after])) after++;
    return after < text.len && text.ptr[after] == '=';
}

static size_t count_parameters(sl_slice text) {
    size_t count = 0;
    for (size_t at = find_word(text, 0, true); at != SIZE_MAX; at = find_word(text, at + WORD_LENGTH, true)) {
        count += is_parameter_name(text, at);
    }
    return count;
}

static bool is_blank_text(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!sl_ascii_is_space(text.ptr[i])) return false;
    }
    return true;
}

/* The characters of RFC 2046; a blank may not be the last. */
static bool has_invalid_characters(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (sl_ascii_is_alnum(byte)) continue;
        if (byte == ' ' && i + 1 < text.len) continue;
        if (byte == '\0' || byte == ' ' || strchr("'()+_,-./:=?", byte) == NULL) return true;
    }
    return false;
}

/* What stands between the media type and the word: white space and at most one semicolon. */
static bool read_gap(sl_multipart_parser *parser, sl_slice gap) {
    size_t semicolons = 0;
    for (size_t i = 0; i < gap.len; i++) {
        if (gap.ptr[i] == ';') {
            semicolons++;
        } else if (!sl_ascii_is_space(gap.ptr[i])) {
            return false;
        }
    }
    if (semicolons == 0) parser->out->missing_semicolon = true;
    return semicolons <= 1;
}

/* The value as it stands behind "=", quotes and all. */
static bool read_value(sl_multipart_parser *parser, sl_slice value) {
    if (value.len > 0 && sl_ascii_is_space(value.ptr[0])) parser->out->boundary_whitespace = true;

    const bool opens = value.len > 0 && value.ptr[0] == '"';
    const bool closes = value.len > 0 && value.ptr[value.len - 1] == '"';
    if (opens && closes && value.len >= 2) {
        parser->out->boundary_quoted = true;
        value = sl_slice_of(value.ptr + 1, value.len - 2);
    } else if (opens || closes) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (quote).");
    }
    if (count_parameters(value) != 0) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (content).");
    }
    if (has_invalid_characters(value)) {
        /* v3 tolerates parameters behind the boundary, such as "; charset=utf-8". */
        const size_t semicolon = sl_slice_find_byte(value, ';');
        if (semicolon != SIZE_MAX) value.len = semicolon;
    }
    if (has_invalid_characters(value)) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (characters).");
    }
    if (value.len == 0) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (empty).");
    }
    parser->boundary = value;
    return true;
}

bool sl_multipart_find_boundary(sl_multipart_parser *parser, sl_slice content_type) {
    const sl_slice media_type = SL_LIT("multipart/form-data");
    if (content_type.len > content_type_max_bytes) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (length).");
    }
    if (!sl_slice_starts_fold(content_type, media_type)) {
        return sl_multipart_fail(parser, "Multipart: Invalid MIME type.");
    }
    if (count_parameters(content_type) > 1) {
        return sl_multipart_fail(parser, "Multipart: Multiple boundary parameters in C-T.");
    }
    const size_t word = find_word(content_type, 0, false);
    if (word == SIZE_MAX) {
        if (find_word(content_type, 0, true) != SIZE_MAX) {
            return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (case sensitivity).");
        }
        return sl_multipart_fail(parser, "Multipart: Boundary not found in C-T.");
    }
    const sl_slice gap = sl_slice_of(content_type.ptr + media_type.len, word - media_type.len);
    const sl_slice rest = sl_slice_from(content_type, word + WORD_LENGTH);
    const size_t equals = sl_slice_find_byte(rest, '=');
    if (!read_gap(parser, gap) || equals == SIZE_MAX) {
        return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (malformed).");
    }
    if (equals > 0) {
        if (!is_blank_text(sl_slice_of(rest.ptr, equals))) {
            return sl_multipart_fail(parser, "Multipart: Invalid boundary in C-T (parameter name).");
        }
        parser->out->boundary_whitespace = true;
    }
    return read_value(parser, sl_slice_from(rest, equals + 1));
}
