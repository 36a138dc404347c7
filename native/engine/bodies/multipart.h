/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data: parts, what was odd about them, and uploads as files.
 *
 * The parser is strict in what it calls sound and generous in what it still reads: each oddity has a flag
 * of its own, and the parts closed before an error are delivered. All slices are of the body, of the
 * Content-Type value or of the arena. */
#ifndef SL_MULTIPART_H
#define SL_MULTIPART_H

#include "base/arena.h"
#include "run/members.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One part: closed by a boundary, or open when an error ended the parsing. It always has a name. */
typedef struct sl_part {
    sl_slice name;
    sl_slice filename;     /* as sent by the client; may be empty */
    bool is_file;          /* Content-Disposition has a filename */
    sl_members headers;    /* name → whole line without its end; folded: "Name: joined value" */
    sl_slice content_type; /* value of the part's own Content-Type; empty when absent */
    sl_slice data;         /* a slice of the body */
    sl_slice tmp_path;     /* the stored file, a NUL byte follows; empty when not stored */
} sl_part;

/* The flags are the MULTIPART_… variables; strict_error and crlf_lf_lines are derived by the functions
 * below. */
typedef struct sl_multipart {
    bool boundary_quoted;
    bool boundary_whitespace;
    bool data_before;
    bool data_after;
    bool header_folding;
    bool invalid_header_folding;
    bool lf_line;
    bool crlf_line;
    bool missing_semicolon;
    bool invalid_quoting;
    bool invalid_part;
    bool file_limit_exceeded;
    uint8_t unmatched_boundary; /* 0, 1, 2 */
    bool has_error;
    sl_slice error; /* starts with "Multipart: "; empty without error */
    sl_part **parts;
    size_t part_count, part_capacity;
    uint64_t no_files_bytes; /* part headers and fields: what SecRequestBodyNoFilesLimit counts */
    uint64_t files_bytes;    /* sum of the file parts: FILES_COMBINED_SIZE */
} sl_multipart;

/* content_type: value of the first Content-Type field line. Fills *out completely. */
void sl_multipart_parse(sl_arena *arena, sl_slice content_type, bool has_content_type, sl_slice body,
                        sl_multipart *out);

bool sl_multipart_is_strict_error(const sl_multipart *multipart);
bool sl_multipart_has_crlf_lf_lines(const sl_multipart *multipart);

typedef struct sl_upload {
    sl_slice directory;      /* SecUploadDir or SecTmpDir */
    sl_slice transaction_id; /* goes into the file names */
    int64_t time_epoch_seconds;
    uint32_t mode;       /* SecUploadFileMode; 0 = 0600 */
    uint32_t file_limit; /* SecUploadFileLimit; 0 = unlimited */
} sl_upload;

/* Writes the file parts to files of their own, in order, and fills tmp_path. Past the limit sets
 * file_limit_exceeded and the error; a file that cannot be written sets the error. false when it set an
 * error. */
bool sl_multipart_store_files(sl_multipart *multipart, sl_arena *arena, const sl_upload *upload);
/* Deletes the stored files; with keep, only the empty ones. Call it once for each store, at close. */
void sl_multipart_remove_files(sl_multipart *multipart, bool keep);

#ifdef __cplusplus
}
#endif
#endif
