/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart flags, parts and uploads (spec 02, section 6). Flags are "0" unless the parser set them. */
#include "base/digits.h"
#include "variables/families.h"

#define FLAG(function, condition)                                                    \
    static bool function(sl_txn *txn, sl_slice *value) {                             \
        const sl_multipart *m = txn->multipart;                                      \
        *value = m != NULL && (condition) ? SL_LIT("1") : SL_LIT("0");               \
        return true;                                                                 \
    }

FLAG(strict_error, sl_multipart_is_strict_error(m))
FLAG(boundary_quoted, m->boundary_quoted)
FLAG(boundary_whitespace, m->boundary_whitespace)
FLAG(data_before, m->data_before)
FLAG(data_after, m->data_after)
FLAG(header_folding, m->header_folding)
FLAG(invalid_header_folding, m->invalid_header_folding)
FLAG(lf_line, m->lf_line)
FLAG(crlf_line, m->crlf_line)
FLAG(crlf_lf_lines, sl_multipart_has_crlf_lf_lines(m))
FLAG(missing_semicolon, m->missing_semicolon)
FLAG(invalid_quoting, m->invalid_quoting)
FLAG(invalid_part, m->invalid_part)
FLAG(file_limit_exceeded, m->file_limit_exceeded)

static bool unmatched_boundary(sl_txn *txn, sl_slice *value) {
    static const char *const digits[] = {"0", "1", "2"};
    *value = sl_slice_z(digits[txn->multipart == NULL ? 0 : txn->multipart->unmatched_boundary]);
    return true;
}

static bool files_combined_size(sl_txn *txn, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)txn->files_size);
    return true;
}

static const sl_members *files(sl_txn *txn) { return &txn->files; }
static const sl_members *files_names(sl_txn *txn) { return &txn->files_names; }
static const sl_members *files_sizes(sl_txn *txn) { return &txn->files_sizes; }
static const sl_members *files_tmpnames(sl_txn *txn) { return &txn->files_tmpnames; }
static const sl_members *files_contents(sl_txn *txn) { return &txn->files_contents; }
static const sl_members *part_headers(sl_txn *txn) { return &txn->part_headers; }
static const sl_members *multipart_names(sl_txn *txn) { return &txn->multipart_names; }
static const sl_members *multipart_filenames(sl_txn *txn) { return &txn->multipart_filenames; }

const sl_variable sl_variables_multipart[] = {
    SL_SCALAR_ROW("MULTIPART_STRICT_ERROR", 2, SL_SLOT_NONE, strict_error, "1 when any of the strict flags is"),
    SL_SCALAR_ROW("MULTIPART_BOUNDARY_QUOTED", 2, SL_SLOT_NONE, boundary_quoted, "the boundary stands in quotes"),
    SL_SCALAR_ROW("MULTIPART_BOUNDARY_WHITESPACE", 2, SL_SLOT_NONE, boundary_whitespace, "blanks around boundary's ="),
    SL_SCALAR_ROW("MULTIPART_DATA_BEFORE", 2, SL_SLOT_NONE, data_before, "data before the first boundary"),
    SL_SCALAR_ROW("MULTIPART_DATA_AFTER", 2, SL_SLOT_NONE, data_after, "data after the final boundary"),
    SL_SCALAR_ROW("MULTIPART_HEADER_FOLDING", 2, SL_SLOT_NONE, header_folding, "a part header goes on in a second line"),
    SL_SCALAR_ROW("MULTIPART_INVALID_HEADER_FOLDING", 2, SL_SLOT_NONE, invalid_header_folding,
                  "folding by white space other than blank and tab"),
    SL_SCALAR_ROW("MULTIPART_LF_LINE", 2, SL_SLOT_NONE, lf_line, "a line ends in a bare LF"),
    SL_SCALAR_ROW("MULTIPART_CRLF_LINE", 2, SL_SLOT_NONE, crlf_line, "a line ends in CRLF"),
    SL_SCALAR_ROW("MULTIPART_CRLF_LF_LINES", 2, SL_SLOT_NONE, crlf_lf_lines, "both kinds of line ends"),
    SL_SCALAR_ROW("MULTIPART_MISSING_SEMICOLON", 2, SL_SLOT_NONE, missing_semicolon, "no semicolon before boundary"),
    {.name = "MULTIPART_SEMICOLON_MISSING", .kind = SL_SCALAR, .first_phase = 2, .scalar = missing_semicolon,
     .canonical = "MULTIPART_MISSING_SEMICOLON", .manual = "the same as MULTIPART_MISSING_SEMICOLON"},
    SL_SCALAR_ROW("MULTIPART_INVALID_QUOTING", 2, SL_SLOT_NONE, invalid_quoting, "odd quotes in Content-Disposition"),
    SL_SCALAR_ROW("MULTIPART_INVALID_PART", 2, SL_SLOT_NONE, invalid_part, "a part without data or name"),
    SL_SCALAR_ROW("MULTIPART_FILE_LIMIT_EXCEEDED", 2, SL_SLOT_NONE, file_limit_exceeded, "more files than allowed"),
    SL_SCALAR_ROW("MULTIPART_UNMATCHED_BOUNDARY", 2, SL_SLOT_NONE, unmatched_boundary,
                  "1: a suspicious line and no boundary after it; 2: one followed by a boundary"),
    SL_MEMBERS_ROW("FILES", 2, SL_VIEW_VALUE, files, "client file names by field name"),
    SL_MEMBERS_ROW("FILES_NAMES", 2, SL_VIEW_VALUE, files_names, "field names of uploads"),
    SL_MEMBERS_ROW("FILES_SIZES", 2, SL_VIEW_VALUE, files_sizes, "sizes of uploads in bytes"),
    SL_MEMBERS_ROW("FILES_TMPNAMES", 2, SL_VIEW_VALUE, files_tmpnames, "where uploads are stored"),
    SL_MEMBERS_ROW("FILES_TMP_CONTENT", 2, SL_VIEW_VALUE, files_contents, "contents of uploads"),
    SL_SCALAR_ROW("FILES_COMBINED_SIZE", 2, SL_SLOT_NONE, files_combined_size, "bytes of all uploads"),
    SL_MEMBERS_ROW("MULTIPART_PART_HEADERS", 2, SL_VIEW_VALUE, part_headers, "header lines by part name"),
    SL_MEMBERS_ROW("MULTIPART_NAME", 2, SL_VIEW_VALUE, multipart_names, "names of the parts"),
    SL_MEMBERS_ROW("MULTIPART_FILENAME", 2, SL_VIEW_VALUE, multipart_filenames, "file names of the parts"),
    {0},
};
