/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a multipart/form-data body.
 *
 * The whole body is at hand, so a part's data is one slice of it and no buffer limits a line. A boundary
 * counts only at the start of a line. What looks like one and is not raises unmatched_boundary; what breaks
 * the frame is an error and ends the parsing. The part that was open then is delivered with what was read
 * of it: rules shall see what a more tolerant application would see. Time is linear in the body. */
#include "bodies/multipart_parser.h"

enum {
    header_line_max_bytes = 4096,  /* with its end; v2 and v3 have a buffer of this size */
    error_detail_max_bytes = 1024, /* of a line quoted in an error text */
};

typedef enum line_end { NO_END, LF_END, CRLF_END } line_end;

typedef struct body_line {
    sl_slice text; /* without its end */
    size_t length; /* with it */
    line_end end;
} body_line;

typedef struct body_walk {
    sl_multipart_parser parser;
    enum { BEFORE_FIRST, IN_HEADERS, IN_DATA, AFTER_LAST } state;
    sl_slice delimiter; /* "--" and the boundary */
    uint64_t boundary_count;
    bool has_data_line;  /* of the part at hand */
    const uint8_t *data; /* its first byte; NULL before the first data line */
    size_t data_len;     /* up to the newest line, without that line's end */
    line_end previous_end;
} body_walk;

bool sl_multipart_fail_at(sl_multipart_parser *parser, const char *text, sl_slice detail) {
    if (detail.len > error_detail_max_bytes) detail.len = error_detail_max_bytes;
    sl_strbuf message;
    sl_strbuf_init(&message, parser->arena, strlen(text) + detail.len);
    sl_strbuf_add_z(&message, text);
    sl_strbuf_add(&message, detail);
    parser->out->has_error = true;
    parser->out->error = sl_strbuf_slice(&message);
    return false;
}

bool sl_multipart_fail(sl_multipart_parser *parser, const char *text) {
    return sl_multipart_fail_at(parser, text, SL_EMPTY);
}

static void note_line_end(body_walk *walk, line_end end) {
    if (end == LF_END) walk->parser.out->lf_line = true;
    if (end == CRLF_END) walk->parser.out->crlf_line = true;
}

/* ---- parts ----------------------------------------------------------------------------------------- */

static void open_part(body_walk *walk) {
    sl_multipart_parser *const parser = &walk->parser;
    parser->part = SL_NEW(parser->arena, sl_part);
    parser->part->name = parser->part->filename = SL_EMPTY;
    parser->part->content_type = parser->part->data = parser->part->tmp_path = SL_EMPTY;
    parser->has_name = parser->has_filename = false;
    parser->header_name = SL_EMPTY;
    walk->has_data_line = false;
    walk->data = NULL;
    walk->data_len = 0;
}

static void deliver(sl_multipart *out, sl_arena *arena, sl_part *part) {
    if (out->part_count == out->part_capacity) {
        const size_t capacity = out->part_capacity == 0 ? 8 : out->part_capacity * 2;
        sl_part **const parts = sl_arena_alloc(arena, capacity * sizeof *parts);
        if (out->part_count != 0) memcpy(parts, out->parts, out->part_count * sizeof *parts);
        out->parts = parts;
        out->part_capacity = capacity;
    }
    out->parts[out->part_count++] = part;
    if (part->is_file) {
        out->files_bytes += part->data.len;
    } else {
        out->no_files_bytes += part->data.len;
    }
}

/* false: there was a part, but it has no name. */
static bool close_part(body_walk *walk) {
    sl_part *const part = walk->parser.part;
    walk->parser.part = NULL;
    if (part == NULL) return true;
    if (walk->state != IN_DATA) return false; /* its headers did not end: nobody named it */
    if (walk->data != NULL) part->data = sl_slice_of(walk->data, walk->data_len);
    deliver(walk->parser.out, walk->parser.arena, part);
    return true;
}

/* ---- lines ----------------------------------------------------------------------------------------- */

typedef enum boundary_kind { NOT_A_BOUNDARY, A_BOUNDARY, A_BROKEN_BOUNDARY } boundary_kind;

static bool starts_after_blanks(sl_slice text, sl_slice boundary) {
    size_t at = 0;
    while (at < text.len && sl_ascii_is_space(text.ptr[at])) at++;
    return at > 0 && sl_slice_starts(sl_slice_from(text, at), boundary);
}

/* A line that begins with the delimiter. */
static boundary_kind pass_boundary(body_walk *walk, const body_line *line) {
    sl_multipart *const out = walk->parser.out;
    sl_slice tail = sl_slice_from(line->text, walk->delimiter.len);
    const bool is_final = sl_slice_starts(tail, SL_LIT("--"));
    if (is_final) tail = sl_slice_from(tail, 2);
    const bool is_unfinished_end = is_final && tail.len == 0 && line->end == NO_END;

    if (walk->previous_end == LF_END) out->lf_line = true;
    if (walk->boundary_count > 0 && !walk->has_data_line) {
        /* Where headers or data should begin: an ordinary line, unless the body ends with it. */
        out->invalid_part = true;
        if (!is_unfinished_end) return NOT_A_BOUNDARY;
    }
    if (tail.len != 0 || (line->end == NO_END && !is_unfinished_end)) {
        (void)sl_multipart_fail_at(&walk->parser, "Multipart: Invalid boundary: ", line->text);
        return A_BROKEN_BOUNDARY;
    }
    if (out->unmatched_boundary != 0) out->unmatched_boundary = 2;
    note_line_end(walk, line->end);
    if (!close_part(walk)) out->invalid_part = true;
    walk->boundary_count++;
    if (is_final) {
        walk->state = AFTER_LAST;
    } else {
        walk->state = IN_HEADERS;
        open_part(walk);
    }
    return A_BOUNDARY;
}

static boundary_kind look_for_boundary(body_walk *walk, const body_line *line) {
    sl_multipart *const out = walk->parser.out;
    const sl_slice boundary = walk->parser.boundary;
    if (line->length <= 3 || !sl_slice_starts(line->text, SL_LIT("--"))) {
        if (sl_slice_find(line->text, walk->delimiter) != SIZE_MAX) out->unmatched_boundary = 1;
        return NOT_A_BOUNDARY;
    }
    const sl_slice rest = sl_slice_from(line->text, 2);
    if (sl_slice_starts(rest, boundary)) return pass_boundary(walk, line);
    if (out->boundary_quoted && rest.len > 0 && rest.ptr[0] == '"' &&
        sl_slice_starts(sl_slice_from(rest, 1), boundary)) {
        (void)sl_multipart_fail(&walk->parser, "Multipart: Invalid boundary (quotes).");
        return A_BROKEN_BOUNDARY;
    }
    if (starts_after_blanks(rest, boundary)) {
        (void)sl_multipart_fail(&walk->parser, "Multipart: Invalid boundary (whitespace).");
        return A_BROKEN_BOUNDARY;
    }
    out->unmatched_boundary = 1;
    return NOT_A_BOUNDARY;
}

static bool read_header_line(body_walk *walk, const body_line *line) {
    sl_multipart_parser *const parser = &walk->parser;
    if (line->length >= header_line_max_bytes) {
        return sl_multipart_fail(parser, "Multipart: Part header line over 4096 bytes long");
    }
    if (sl_slice_find_byte(line->text, '\0') != SIZE_MAX) {
        return sl_multipart_fail(parser, "Multipart: Nul byte in part headers.");
    }
    note_line_end(walk, line->end);
    if (line->text.len == 0) {
        if (!sl_multipart_end_headers(parser)) return false;
        walk->state = IN_DATA;
        return true;
    }
    parser->out->no_files_bytes += line->length;
    return sl_multipart_read_header(parser, line->text);
}

/* The end of a line is data only when another data line follows: the one before a boundary belongs to it. */
static void read_data_line(body_walk *walk, const body_line *line) {
    if (walk->data == NULL) walk->data = line->text.ptr;
    walk->data_len = (size_t)(line->text.ptr - walk->data) + line->text.len;
    walk->has_data_line = true;
}

static bool read_line(body_walk *walk, const body_line *line) {
    switch (look_for_boundary(walk, line)) {
    case A_BOUNDARY:
        return true;
    case A_BROKEN_BOUNDARY:
        return false;
    case NOT_A_BOUNDARY:
        break;
    }
    if (walk->state == BEFORE_FIRST) walk->parser.out->data_before = true;
    if (walk->state == IN_HEADERS) return read_header_line(walk, line);
    if (walk->state == IN_DATA) read_data_line(walk, line);
    return true;
}

static body_line next_line(sl_slice rest) {
    body_line line = {.text = rest, .length = rest.len, .end = NO_END};
    const size_t lf = sl_slice_find_byte(rest, '\n');
    if (lf == SIZE_MAX) return line;
    const bool has_cr = lf > 0 && rest.ptr[lf - 1] == '\r';
    line.text.len = has_cr ? lf - 1 : lf;
    line.length = lf + 1;
    line.end = has_cr ? CRLF_END : LF_END;
    return line;
}

static void read_body(body_walk *walk, sl_slice body) {
    sl_multipart *const out = walk->parser.out;
    for (size_t at = 0; at < body.len;) {
        if (walk->state == AFTER_LAST) {
            out->data_after = true;
            return;
        }
        const body_line line = next_line(sl_slice_from(body, at));
        if (!read_line(walk, &line)) break;
        walk->previous_end = line.end;
        at += line.length;
    }
    if (walk->state == AFTER_LAST) return;
    (void)close_part(walk);
    if (out->has_error) return;
    (void)sl_multipart_fail(&walk->parser,
                            walk->boundary_count > 0 ? "Multipart: Final boundary missing."
                                                     : "Multipart: No boundaries found in payload.");
}

void sl_multipart_parse(sl_arena *arena, sl_slice content_type, bool has_content_type, sl_slice body,
                        sl_multipart *out) {
    memset(out, 0, sizeof *out);
    out->error = SL_EMPTY;
    body_walk walk = {.parser = {.arena = arena, .out = out}, .state = BEFORE_FIRST};
    if (!has_content_type) {
        (void)sl_multipart_fail(&walk.parser, "Multipart: Content-Type header not available.");
        return;
    }
    if (!sl_multipart_find_boundary(&walk.parser, content_type) || body.len == 0) return;
    sl_strbuf delimiter;
    sl_strbuf_init(&delimiter, arena, 2 + walk.parser.boundary.len);
    sl_strbuf_add(&delimiter, SL_LIT("--"));
    sl_strbuf_add(&delimiter, walk.parser.boundary);
    walk.delimiter = sl_strbuf_slice(&delimiter);
    read_body(&walk, body);
}

/* ---- derived flags --------------------------------------------------------------------------------- */

/* Neither unmatched_boundary nor crlf_line is part of it. */
bool sl_multipart_is_strict_error(const sl_multipart *multipart) {
    return multipart->has_error || multipart->boundary_quoted || multipart->boundary_whitespace ||
           multipart->data_before || multipart->data_after || multipart->header_folding ||
           multipart->invalid_header_folding || multipart->lf_line || multipart->missing_semicolon ||
           multipart->invalid_quoting || multipart->invalid_part || multipart->file_limit_exceeded;
}

bool sl_multipart_has_crlf_lf_lines(const sl_multipart *multipart) {
    return multipart->lf_line && multipart->crlf_line;
}
