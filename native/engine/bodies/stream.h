/* SPDX-License-Identifier: Apache-2.0 */
/* A body as it arrives: chunks collected in memory and, above a limit, in a file that has no name.
 *
 * The file is unlinked before the first byte is written, so nothing stays behind whatever happens to the
 * process. A stream knows nothing of the limits of rules: the caller cuts what it appends. */
#ifndef SL_STREAM_H
#define SL_STREAM_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_stream_status {
    SL_STREAM_OK = 0,
    SL_STREAM_NO_MEMORY, /* malloc or mmap failed */
    SL_STREAM_NO_FILE    /* the temporary file could not be made or written */
} sl_stream_status;

typedef struct sl_stream {
    uint8_t *memory;
    size_t capacity;
    uint64_t length_bytes;          /* taken so far */
    uint64_t in_memory_limit_bytes; /* above it the body goes to the file */
    sl_slice directory;             /* of the file; borrowed */
    int file;                       /* descriptor, or -1 */
    const uint8_t *mapping;         /* the file, read only; made by sl_stream_view */
    size_t mapping_bytes;
    sl_stream_status status; /* first trouble; later appends answer it again */
} sl_stream;

/* All zero is not an open stream: call this first. directory must outlive the stream. Takes no memory yet. */
void sl_stream_init(sl_stream *stream, uint64_t in_memory_limit_bytes, sl_slice directory);
/* A hint (Content-Length): grows once instead of by doubling. Bounded, never an error. */
void sl_stream_expect(sl_stream *stream, uint64_t length_bytes);
/* Takes the whole chunk or nothing. */
sl_stream_status sl_stream_append(sl_stream *stream, sl_slice chunk);
/* The whole body. Valid until the next append, reset or close. Empty with stream->status set when it cannot
 * be mapped. */
sl_slice sl_stream_view(sl_stream *stream);
/* Forgets the body, keeps a small buffer for the next one. */
void sl_stream_reset(sl_stream *stream);
/* Gives everything back; sl_stream_init opens it again. Twice is fine. */
void sl_stream_close(sl_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
