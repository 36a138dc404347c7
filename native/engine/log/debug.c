/* SPDX-License-Identifier: Apache-2.0 */
/* Debug-log lines: v3's shape with the time in front. A level-9 log has thousands of lines per request, so a
 * line takes nothing from the arena.
 *
 * Lines that wait do not, either: they are written where an arena may be rolled back to before them, and they have to
 * outlast a transaction that ran out of memory, for that is when somebody wants to read them. */
#include "log/debug.h"

#include <stdio.h>
#include <stdlib.h>

#include "log/escape.h"
#include "log/stamp.h"
#include "run/clock.h"

enum { shown_bytes_max = 400 }; /* of id and of uri */

static size_t put_word(uint8_t *out, sl_slice text) {
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + sl_escape_bytes_max <= shown_bytes_max; i++) {
        len += sl_escape_byte(text.ptr[i], SL_ESCAPE_UNPRINTED, out + len);
    }
    return len;
}

static size_t put_literal(uint8_t *out, sl_slice text) {
    memcpy(out, text.ptr, text.len);
    return text.len;
}

size_t sl_debug_head(uint8_t out[sl_debug_head_bytes_max], const sl_txn *txn, unsigned level) {
    char stamp[sl_stamp_bytes_max];
    char digits[16];
    const int digit_count = snprintf(digits, sizeof digits, "%u", level);
    size_t len = put_literal(out, SL_LIT("["));
    len += put_literal(out + len, sl_slice_of(stamp, sl_stamp_iso(stamp, sl_clock_wall_us())));
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_word(out + len, txn->id);
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_word(out + len, txn->path_raw);
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_literal(out + len, sl_slice_of(digits, (size_t)digit_count));
    return len + put_literal(out + len, SL_LIT("] "));
}

/* ---- lines that wait ---- */

enum { chunk_bytes = 64 * 1024, chunks_max = 16 };

typedef struct sl_debug_chunk {
    struct sl_debug_chunk *next; /* newer */
    size_t len, line_count;
    uint8_t bytes[chunk_bytes];
} sl_debug_chunk;

static void drop_oldest(sl_debug_lines *lines) {
    sl_debug_chunk *chunk = lines->oldest;
    lines->oldest = chunk->next;
    if (chunk->next == NULL) lines->newest = NULL;
    lines->chunk_count--;
    lines->lost_count += chunk->line_count;
    free(chunk);
}

/* A chunk with room for that many bytes, at the newer end; NULL: there is no memory, or a line is longer than any
 * chunk. */
static sl_debug_chunk *chunk_for(sl_debug_lines *lines, size_t len) {
    sl_debug_chunk *newest = lines->newest;
    if (newest != NULL && chunk_bytes - newest->len >= len) return newest;
    if (len > chunk_bytes) return NULL;
    if (lines->chunk_count == chunks_max) drop_oldest(lines);
    sl_debug_chunk *made = malloc(sizeof *made);
    if (made == NULL) return NULL;
    made->next = NULL;
    made->len = made->line_count = 0;
    *(lines->newest == NULL ? &lines->oldest : &lines->newest->next) = made;
    lines->newest = made;
    lines->chunk_count++;
    return made;
}

void sl_debug_keep(sl_debug_lines *lines, sl_slice head, sl_slice text) {
    sl_debug_chunk *chunk = chunk_for(lines, head.len + text.len + 1);
    if (chunk == NULL) {
        lines->lost_count++;
        return;
    }
    chunk->len += put_literal(chunk->bytes + chunk->len, head);
    chunk->len += put_literal(chunk->bytes + chunk->len, text);
    chunk->bytes[chunk->len++] = '\n';
    chunk->line_count++;
}

void sl_debug_take(sl_debug_lines *lines, void (*put)(void *context, sl_slice some), void *context) {
    while (lines->oldest != NULL) {
        if (put != NULL) put(context, sl_slice_of(lines->oldest->bytes, lines->oldest->len));
        drop_oldest(lines);
    }
    lines->lost_count = 0;
}
