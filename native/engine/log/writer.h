/* SPDX-License-Identifier: Apache-2.0 */
/* One file (or folder of files) and the thread that writes to it. Whoever logs only copies an entry into a
 * bounded queue. */
#ifndef SL_LOG_WRITER_H
#define SL_LOG_WRITER_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_writer sl_writer;

typedef struct sl_writer_place {
    sl_slice path;
    bool is_folder; /* entries are files of their own below it */
    unsigned mode, folder_mode;
} sl_writer_place;

enum { sl_writer_pieces_max = 3 };

/* What is to be written: the pieces, one after the other, copied. */
typedef struct sl_writer_entry {
    sl_slice pieces[sl_writer_pieces_max];
    sl_slice file;   /* folders: where, below the path; no leading slash */
    bool matters;    /* when the queue is full, entries that do not give way to new ones */
    bool may_join;   /* a line that may be written together with the lines before it */
} sl_writer_entry;

/* The writer of that path in this process, made when there is none. Opens the file. NULL when memory runs
 * out. */
sl_writer *sl_writer_acquire(const sl_writer_place *place);
/* The last one waits until everything is written, or cannot be; whoever must not wait flushes before, from another thread.
 * NULL is fine. */
void sl_writer_release(sl_writer *writer);
/* False: an entry was lost, this one or an older one. */
bool sl_writer_put(sl_writer *writer, const sl_writer_entry *entry);
void sl_writer_reopen(sl_writer *writer);
/* Waits until what was put before is written, or writing fails. */
void sl_writer_flush(sl_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
