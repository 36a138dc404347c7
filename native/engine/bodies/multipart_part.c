/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of one part, and the name and filename in its Content-Disposition. */
#include "bodies/multipart_parser.h"

enum {
    folded_value_max_bytes = 4096,
    /* Browsers send two or three. Duplicates are looked for one by one, so this bounds that search too. */
    headers_per_part_max = 64,
};

/* ---- header lines ---------------------------------------------------------------------------------- */

static bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

/* What follows the colon behind the name, and its blanks. */
static sl_slice value_of(sl_slice line, size_t name_len) {
    sl_slice value = sl_slice_from(line, name_len + 1);
    while (value.len > 0 && is_blank(value.ptr[0])) value = sl_slice_from(value, 1);
    return value;
}

/* Puts the newest header line, now complete, into the list of the part. */
static void keep_header(sl_multipart_parser *parser) {
    if (parser->header_name.len == 0) return;
    sl_slice line = parser->header_line;
    if (parser->is_folded) {
        sl_strbuf joined;
        const sl_slice value = sl_strbuf_slice(&parser->header_value);
        sl_strbuf_init(&joined, parser->arena, parser->header_name.len + 2 + value.len);
        sl_strbuf_add(&joined, parser->header_name);
        sl_strbuf_add(&joined, SL_LIT(": "));
        sl_strbuf_add(&joined, value);
        line = sl_strbuf_slice(&joined);
    }
    sl_members_add(&parser->part->headers, parser->arena, parser->header_name, line);
    parser->header_name = SL_EMPTY;
}

static bool find_header(const sl_part *part, sl_slice name, sl_slice *value) {
    const sl_member *header = sl_members_find(&part->headers, name);
    if (header == NULL) return false;
    *value = value_of(header->value->slice, header->name->slice.len);
    return true;
}

static bool continue_header(sl_multipart_parser *parser, sl_slice line) {
    parser->out->header_folding = true;
    size_t text = 0;
    while (text < line.len && sl_ascii_is_space(line.ptr[text])) {
        if (line.ptr[text] != ' ' && line.ptr[text] != '\t') parser->out->invalid_header_folding = true;
        text++;
    }
    if (parser->header_name.len == 0) {
        return sl_multipart_fail(parser, "Multipart: Invalid part header (folding error).");
    }
    if (!parser->is_folded) {
        sl_strbuf_init(&parser->header_value, parser->arena, 0);
        sl_strbuf_add(&parser->header_value, value_of(parser->header_line, parser->header_name.len));
        parser->is_folded = true;
    }
    if (parser->header_value.len + 1 + (line.len - text) > folded_value_max_bytes) {
        return sl_multipart_fail(parser, "Multipart: Part header too long.");
    }
    sl_strbuf_add_byte(&parser->header_value, ' ');
    sl_strbuf_add(&parser->header_value, sl_slice_from(line, text));
    return true;
}

static bool begin_header(sl_multipart_parser *parser, sl_slice line) {
    const size_t colon = sl_slice_find_byte(line, ':');
    if (colon == SIZE_MAX) {
        return sl_multipart_fail_at(parser, "Multipart: Invalid part header (colon missing): ", line);
    }
    if (colon == 0) {
        return sl_multipart_fail(parser, "Multipart: Invalid part header (header name missing).");
    }
    for (size_t i = 0; i < colon; i++) {
        if (line.ptr[i] < 33 || line.ptr[i] > 126) {
            return sl_multipart_fail(parser, "Multipart: Invalid part header (contains invalid character).");
        }
    }
    keep_header(parser);
    const sl_slice name = sl_slice_of(line.ptr, colon);
    if (sl_members_find(&parser->part->headers, name) != NULL) {
        sl_strbuf detail;
        sl_strbuf_init(&detail, parser->arena, name.len + 1);
        sl_strbuf_add(&detail, name);
        sl_strbuf_add_byte(&detail, '.');
        return sl_multipart_fail_at(parser, "Multipart: Duplicate part header: ", sl_strbuf_slice(&detail));
    }
    if (parser->part->headers.count >= headers_per_part_max) {
        return sl_multipart_fail(parser, "Multipart: Too many part headers.");
    }
    parser->header_name = name;
    parser->header_line = line;
    parser->is_folded = false;
    return true;
}

bool sl_multipart_read_header(sl_multipart_parser *parser, sl_slice line) {
    if (sl_ascii_is_space(line.ptr[0])) return continue_header(parser, line);
    return begin_header(parser, line);
}

/* ---- Content-Disposition --------------------------------------------------------------------------- */

/* Answers of the parameter readers: 0, or the negative code that ModSecurity writes into its error text. */
typedef struct disposition {
    sl_multipart_parser *parser;
    sl_slice text;
    size_t at;
    bool has_extended; /* filename* */
} disposition;

static bool at_end(const disposition *in) { return in->at >= in->text.len; }
static uint8_t here(const disposition *in) { return in->text.ptr[in->at]; }
static void skip_blanks(disposition *in) {
    while (!at_end(in) && is_blank(here(in))) in->at++;
}

/* strchr finds the end of its text too: NUL is in no set. */
static bool is_one_of(uint8_t byte, const char *set) { return byte != '\0' && strchr(set, byte) != NULL; }

static bool is_token(uint8_t byte) {
    return byte > 32 && byte < 127 && !is_one_of(byte, "()<>@,;:\\\"/[]?=");
}

/* In quotes; either kind, since some servers take both. Only the quote itself and "\" can be escaped: other
 * backslashes are paths of old browsers. */
static int read_quoted(disposition *in, sl_slice *value) {
    const uint8_t quote = here(in);
    if (quote == '\'') in->parser->out->invalid_quoting = true;
    in->at++;
    if (at_end(in)) return -7;

    const size_t start = in->at;
    uint8_t *unescaped = NULL; /* only made for the first escape */
    size_t len = 0;
    while (!at_end(in) && here(in) != quote) {
        uint8_t byte = here(in);
        if (byte == '\\') {
            if (in->at + 1 == in->text.len) return -8;
            const uint8_t next = in->text.ptr[in->at + 1];
            if (next == quote || next == '\\') {
                if (unescaped == NULL) {
                    unescaped = sl_arena_alloc(in->parser->arena, in->text.len - start);
                    memcpy(unescaped, in->text.ptr + start, len);
                }
                byte = next;
                in->at++;
            }
        }
        if (unescaped != NULL) unescaped[len] = byte;
        len++;
        in->at++;
    }
    if (at_end(in)) return -10;
    in->at++;
    *value = sl_slice_of(unescaped != NULL ? unescaped : in->text.ptr + start, len);
    return 0;
}

static int read_plain(disposition *in, sl_slice *value) {
    if (here(in) == '"' || here(in) == '\'') {
        const bool is_single = here(in) == '\'';
        const int code = read_quoted(in, value);
        if (code != 0) return code;
        if (!is_single) return 0; /* inside double quotes a single one is just a character */
    } else {
        const size_t start = in->at;
        while (!at_end(in) && is_token(here(in))) in->at++;
        *value = sl_slice_of(in->text.ptr + start, in->at - start);
    }
    if (sl_slice_find_byte(*value, '\'') != SIZE_MAX) in->parser->out->invalid_quoting = true;
    return 0;
}

/* filename* of RFC 5987: charset'language'text, checked and not used. */
static int read_extended(disposition *in) {
    const size_t start = in->at;
    while (!at_end(in) && (sl_ascii_is_alnum(here(in)) || is_one_of(here(in), "!#$%&+-^_`{}~"))) in->at++;
    if (at_end(in) || here(in) != '\'' || in->at == start) return -16;
    in->at++;
    while (!at_end(in) && (sl_ascii_is_alpha(here(in)) || here(in) == '-')) in->at++;
    if (at_end(in) || here(in) != '\'') return -17;
    in->at++;
    while (!at_end(in) && here(in) != ';') {
        if (here(in) == '%') {
            if (in->text.len - in->at < 3 || !sl_ascii_is_hex(in->text.ptr[in->at + 1]) ||
                !sl_ascii_is_hex(in->text.ptr[in->at + 2])) {
                return -18;
            }
            in->at += 3;
        } else if (sl_ascii_is_alnum(here(in)) || is_one_of(here(in), "!#$&+-.^_`|~")) {
            in->at++;
        } else {
            return -19;
        }
    }
    return 0;
}

/* The value behind "=" of the parameter called name. */
static int read_value(disposition *in, sl_slice name) {
    sl_multipart_parser *const parser = in->parser;
    if (sl_slice_equal(name, SL_LIT("filename*"))) {
        if (in->has_extended) return -20;
        in->has_extended = true;
        return read_extended(in);
    }
    sl_slice value = SL_EMPTY;
    const int code = read_plain(in, &value);
    if (code != 0) return code;
    if (sl_slice_equal(name, SL_LIT("name"))) {
        if (parser->has_name) return -14;
        parser->has_name = true;
        parser->part->name = value;
        return 0;
    }
    if (sl_slice_equal(name, SL_LIT("filename"))) {
        if (parser->has_filename) return -15;
        parser->has_filename = true;
        parser->part->filename = value;
        return 0;
    }
    return -11;
}

static int read_parameter(disposition *in) {
    skip_blanks(in);
    if (at_end(in)) return -3;
    const size_t start = in->at;
    while (!at_end(in) && here(in) != '=' && !is_blank(here(in))) in->at++;
    if (at_end(in)) return -4;
    const sl_slice name = sl_slice_of(in->text.ptr + start, in->at - start);
    skip_blanks(in);
    if (at_end(in)) return -5;
    if (here(in) != '=') return -13;
    in->at++;
    skip_blanks(in);
    if (at_end(in)) return -6;
    const int code = read_value(in, name);
    if (code != 0) return code;

    skip_blanks(in);
    if (at_end(in)) return 0;
    if (here(in) != ';') {
        if (is_one_of(in->text.ptr[in->at - 1], "'\"")) in->parser->out->invalid_quoting = true;
        return -12;
    }
    in->at++;
    return 0;
}

static int read_disposition(sl_multipart_parser *parser, sl_slice text) {
    disposition in = {.parser = parser, .text = text};
    const sl_slice kind = SL_LIT("form-data");
    if (!sl_slice_starts(text, kind)) return -1;
    in.at = kind.len;
    skip_blanks(&in);
    if (at_end(&in)) return 0;
    if (here(&in) != ';') return -2;
    in.at++;
    if (at_end(&in)) return -3;
    while (!at_end(&in)) { /* so one ";" at the very end is let pass, as v2 does */
        const int code = read_parameter(&in);
        if (code != 0) return code;
    }
    return in.has_extended && !parser->has_filename ? -21 : 0;
}

bool sl_multipart_end_headers(sl_multipart_parser *parser) {
    keep_header(parser);
    sl_part *const part = parser->part;
    sl_slice text = SL_EMPTY;
    if (!find_header(part, SL_LIT("Content-Disposition"), &text)) {
        return sl_multipart_fail(parser, "Multipart: Part missing Content-Disposition header.");
    }
    const int code = read_disposition(parser, text);
    if (code != 0) {
        sl_strbuf message;
        sl_strbuf_init(&message, parser->arena, 0);
        sl_strbuf_add_format(&message, "Multipart: Invalid Content-Disposition header (%d): ", code);
        sl_strbuf_add_byte(&message, '\0');
        return sl_multipart_fail_at(parser, (const char *)message.ptr, text);
    }
    if (!parser->has_name || part->name.len == 0) {
        return sl_multipart_fail(parser, "Multipart: Content-Disposition header missing name field.");
    }
    /* "filename =" is read by us and not by every application. */
    if (parser->has_filename && sl_slice_find(text, SL_LIT("filename=")) == SIZE_MAX) {
        return sl_multipart_fail(parser, "Multipart: Invalid Content-Disposition header (filename).");
    }
    part->is_file = parser->has_filename;
    (void)find_header(part, SL_LIT("Content-Type"), &part->content_type);
    return true;
}
