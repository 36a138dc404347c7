/* SPDX-License-Identifier: Apache-2.0 */
/* Body buffer: malloc'd memory that doubles, then a nameless file that is mapped to be read. */
#include "bodies/stream.h"

#include <stdlib.h>

#include "bodies/temporary_file.h"

enum {
    capacity_first_bytes = 4 * 1024,
    capacity_kept_bytes = 64 * 1024,  /* across a reset */
    expected_max_bytes = 1024 * 1024, /* a promise in a header buys no more than this */
};

void sl_stream_init(sl_stream *stream, uint64_t in_memory_limit_bytes, sl_slice directory) {
    memset(stream, 0, sizeof *stream);
    stream->in_memory_limit_bytes = in_memory_limit_bytes;
    stream->directory = directory;
    stream->file = -1;
}

static bool grow(sl_stream *stream, size_t wanted) {
    if (wanted <= stream->capacity) return true;
    size_t capacity = stream->capacity < capacity_first_bytes ? capacity_first_bytes : stream->capacity * 2;
    if (capacity < wanted) capacity = wanted;
    uint8_t *const grown = realloc(stream->memory, capacity);
    if (grown == NULL) return false;
    stream->memory = grown;
    stream->capacity = capacity;
    return true;
}

void sl_stream_expect(sl_stream *stream, uint64_t length_bytes) {
    if (length_bytes > stream->in_memory_limit_bytes) return;
    const size_t wanted = length_bytes > expected_max_bytes ? expected_max_bytes : (size_t)length_bytes;
    (void)grow(stream, wanted); /* only a hint: append reports what really fails */
}

static void drop_mapping(sl_stream *stream) {
    if (stream->mapping != NULL) sl_temporary_file_unmap(stream->mapping, stream->mapping_bytes);
    stream->mapping = NULL;
    stream->mapping_bytes = 0;
}

/* Moves what is in memory to a new file. */
static bool spill(sl_stream *stream) {
    const int file = sl_temporary_file_open(stream->directory);
    if (file < 0) return false;
    if (!sl_temporary_file_write(file, sl_slice_of(stream->memory, (size_t)stream->length_bytes))) {
        sl_temporary_file_close(file);
        return false;
    }
    stream->file = file;
    free(stream->memory);
    stream->memory = NULL;
    stream->capacity = 0;
    return true;
}

static sl_stream_status append_to_file(sl_stream *stream, sl_slice chunk) {
    if (stream->file < 0 && !spill(stream)) return SL_STREAM_NO_FILE;
    drop_mapping(stream);
    return sl_temporary_file_write(stream->file, chunk) ? SL_STREAM_OK : SL_STREAM_NO_FILE;
}

static sl_stream_status append_to_memory(sl_stream *stream, sl_slice chunk) {
    const size_t length = (size_t)stream->length_bytes;
    if (chunk.len > SIZE_MAX / 4 - length || !grow(stream, length + chunk.len)) return SL_STREAM_NO_MEMORY;
    memcpy(stream->memory + length, chunk.ptr, chunk.len);
    return SL_STREAM_OK;
}

sl_stream_status sl_stream_append(sl_stream *stream, sl_slice chunk) {
    if (stream->status != SL_STREAM_OK || chunk.len == 0) return stream->status;
    /* Written so that no sum can wrap. */
    const bool fits = stream->file < 0 && chunk.len <= stream->in_memory_limit_bytes &&
                      stream->length_bytes <= stream->in_memory_limit_bytes - chunk.len;
    stream->status = fits ? append_to_memory(stream, chunk) : append_to_file(stream, chunk);
    if (stream->status == SL_STREAM_OK) stream->length_bytes += chunk.len;
    return stream->status;
}

sl_slice sl_stream_view(sl_stream *stream) {
    if (stream->length_bytes == 0) return SL_EMPTY;
    if (stream->file < 0) return sl_slice_of(stream->memory, (size_t)stream->length_bytes);
    if (stream->mapping == NULL) {
        const size_t length = (size_t)stream->length_bytes;
        const uint8_t *const at = sl_temporary_file_map(stream->file, length);
        if (at == NULL) {
            stream->status = SL_STREAM_NO_MEMORY;
            return SL_EMPTY;
        }
        stream->mapping = at;
        stream->mapping_bytes = length;
    }
    return sl_slice_of(stream->mapping, stream->mapping_bytes);
}

void sl_stream_reset(sl_stream *stream) {
    drop_mapping(stream);
    if (stream->file >= 0) sl_temporary_file_close(stream->file);
    stream->file = -1;
    if (stream->capacity > capacity_kept_bytes) {
        free(stream->memory);
        stream->memory = NULL;
        stream->capacity = 0;
    }
    stream->length_bytes = 0;
    stream->status = SL_STREAM_OK;
}

void sl_stream_close(sl_stream *stream) {
    sl_stream_reset(stream);
    free(stream->memory);
    stream->memory = NULL;
    stream->capacity = 0;
}
