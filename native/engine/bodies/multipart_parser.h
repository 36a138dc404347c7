/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the three files that read multipart/form-data, and by nobody else: multipart.c walks the lines,
 * multipart_boundary.c finds the boundary, multipart_part.c reads the headers of a part.
 *
 * Each function that can fail answers false after sl_multipart_fail; the first error ends the parsing. */
#ifndef SL_MULTIPART_PARSER_H
#define SL_MULTIPART_PARSER_H

#include "base/strbuf.h"
#include "bodies/multipart.h"

typedef struct sl_multipart_parser {
    sl_arena *arena;
    sl_multipart *out;
    sl_slice boundary;
    /* the part at hand; NULL outside of parts */
    sl_part *part;
    bool has_name, has_filename;
    /* the newest header line of it */
    sl_slice header_name;
    sl_strbuf header_value; /* joined when folded */
    sl_slice header_line;   /* as received */
    bool is_folded;
} sl_multipart_parser;

/* Record the error and answer false. The detail is the line or name at fault; a long one is cut. */
bool sl_multipart_fail(sl_multipart_parser *parser, const char *text);
bool sl_multipart_fail_at(sl_multipart_parser *parser, const char *text, sl_slice detail);

/* Fills parser->boundary from the value of Content-Type. */
bool sl_multipart_find_boundary(sl_multipart_parser *parser, sl_slice content_type);

/* One header line of the part at hand, without its end. */
bool sl_multipart_read_header(sl_multipart_parser *parser, sl_slice line);
/* The empty line after the headers: settles name and filename from Content-Disposition. */
bool sl_multipart_end_headers(sl_multipart_parser *parser);

#endif
