/* SPDX-License-Identifier: Apache-2.0 */
/* Queues and threads of log files.
 *
 * Writers are known by path for the whole process (the one list below): engines of several threads and rule
 * sets that name the same file must not have two writers, or its entries would lose their order. A write that
 * fails is tried again every second while entries wait; nobody who logs ever waits for a disk. At the end,
 * what still fails is given up. */
#include "log/writer.h"

#include <stdlib.h>

#include "base/thread.h"
#include "log/platform.h"
#include "run/clock.h"

enum {
    entries_max = 10000,
    bytes_max = 64 * 1024 * 1024,
    joined_bytes = 64 * 1024, /* room of an entry that lines may join */
    retry_us = 1000000
};

typedef struct queued {
    struct queued *previous, *next; /* older, newer */
    uint64_t number;
    bool matters, may_join;
    size_t file_len;
    size_t len, capacity, written;
    uint8_t bytes[]; /* capacity bytes of text, then the file name with a NUL */
} queued;

struct sl_writer {
    sl_writer *next_known;
    size_t references; /* guarded by known_mutex, like the list */
    char *path;
    size_t path_len;
    bool is_folder;
    unsigned mode, folder_mode;

    sl_mutex mutex; /* guards what follows, but not the writing itself */
    sl_condition changed;
    sl_thread thread;
    bool has_thread, is_writing, is_closing, is_failing, wants_reopen;
    queued *oldest, *newest;
    size_t count, bytes; /* of the list, and of the entry that is being written */
    uint64_t last_number, written_number;
    int64_t retry_at_us; /* while is_failing */
    int file; /* the thread's, once there is one */
};

static sl_mutex known_mutex = SL_MUTEX_INITIALIZER;
static sl_writer *known;

/* ---- queue; the caller holds the mutex ---- */

static void unlink_entry(sl_writer *writer, queued *entry) {
    *(entry->previous == NULL ? &writer->oldest : &entry->previous->next) = entry->next;
    *(entry->next == NULL ? &writer->newest : &entry->next->previous) = entry->previous;
}

static void link_newest(sl_writer *writer, queued *entry) {
    entry->next = NULL;
    entry->previous = writer->newest;
    *(writer->newest == NULL ? &writer->oldest : &writer->newest->next) = entry;
    writer->newest = entry;
}

static void link_oldest(sl_writer *writer, queued *entry) {
    entry->previous = NULL;
    entry->next = writer->oldest;
    *(writer->oldest == NULL ? &writer->newest : &writer->oldest->previous) = entry;
    writer->oldest = entry;
}

/* Of an entry that is in no list any more. */
static void forget(sl_writer *writer, queued *entry) {
    writer->count--;
    writer->bytes -= entry->capacity;
    free(entry);
}

static bool has_room(const sl_writer *writer, size_t more) {
    return writer->count < entries_max && more <= bytes_max && writer->bytes <= bytes_max - more;
}

/* Old entries that do not matter give way. True when nothing had to. */
static bool make_room(sl_writer *writer, size_t more) {
    bool is_complete = true;
    if (more > bytes_max) return false;
    for (queued *entry = writer->oldest; entry != NULL && !has_room(writer, more);) {
        queued *next = entry->next;
        if (!entry->matters && entry->written == 0) {
            unlink_entry(writer, entry);
            forget(writer, entry);
            is_complete = false;
        }
        entry = next;
    }
    return is_complete;
}

/* ---- the thread ---- */

static void open_file(sl_writer *writer) {
    if (!writer->is_folder) writer->file = sl_platform_open_append(writer->path, writer->mode);
}

static bool write_in_folder(const sl_writer *writer, const queued *entry) {
    char *path = malloc(writer->path_len + 1 + entry->file_len + 1);
    if (path == NULL) return false;
    memcpy(path, writer->path, writer->path_len);
    path[writer->path_len] = '/';
    memcpy(path + writer->path_len + 1, entry->bytes + entry->capacity, entry->file_len + 1);
    const bool is_done = sl_platform_write_file(path, writer->path_len, writer->folder_mode, writer->mode, entry->bytes,
                                                entry->len);
    free(path);
    return is_done;
}

static bool write_entry(sl_writer *writer, queued *entry) {
    if (writer->is_folder) return write_in_folder(writer, entry);
    if (writer->file == sl_platform_no_file) open_file(writer);
    return sl_platform_append(writer->file, entry->bytes, entry->len, &entry->written);
}

/* With the mutex held: opening does not wait. */
static void reopen_now(sl_writer *writer) {
    writer->wants_reopen = false;
    writer->is_failing = false;
    sl_platform_close(writer->file);
    writer->file = sl_platform_no_file;
    open_file(writer);
}

/* Takes the oldest entry, writes it with the mutex open, and puts it back if that failed. */
static void write_oldest(sl_writer *writer) {
    queued *entry = writer->oldest;
    unlink_entry(writer, entry);
    writer->is_writing = true;
    sl_mutex_unlock(&writer->mutex);
    const bool is_done = write_entry(writer, entry);
    sl_mutex_lock(&writer->mutex);
    writer->is_writing = false;
    writer->is_failing = !is_done;
    if (is_done) {
        writer->written_number = entry->number;
        forget(writer, entry);
    } else {
        writer->retry_at_us = sl_clock_monotonic_us() + retry_us;
        link_oldest(writer, entry);
    }
    sl_condition_wake_all(&writer->changed);
}

/* Milliseconds until a failed write is tried again; 0 = now. */
static unsigned pause_ms(const sl_writer *writer) {
    if (!writer->is_failing) return 0;
    const int64_t left_us = writer->retry_at_us - sl_clock_monotonic_us();
    return left_us <= 0 ? 0 : (unsigned)(left_us / 1000) + 1;
}

static void run(void *context) {
    sl_writer *writer = context;
    bool gives_up = false;
    sl_mutex_lock(&writer->mutex);
    while (!gives_up && (!writer->is_closing || writer->oldest != NULL)) {
        const unsigned pause = pause_ms(writer);
        if (writer->wants_reopen) {
            reopen_now(writer);
        } else if (writer->oldest == NULL) {
            sl_condition_wait(&writer->changed, &writer->mutex);
        } else if (pause != 0 && !writer->is_closing) {
            sl_condition_wait_ms(&writer->changed, &writer->mutex, pause);
        } else {
            write_oldest(writer);
            gives_up = writer->is_closing && writer->is_failing;
        }
    }
    sl_mutex_unlock(&writer->mutex);
}

/* ---- life ---- */

static sl_writer *new_writer(const sl_writer_place *place) {
    sl_writer *writer = calloc(1, sizeof *writer);
    char *path = malloc(place->path.len + 1);
    if (writer == NULL || path == NULL) {
        free(writer);
        free(path);
        return NULL;
    }
    memcpy(path, place->path.ptr, place->path.len);
    path[place->path.len] = '\0';
    writer->references = 1;
    writer->path = path;
    writer->path_len = place->path.len;
    writer->is_folder = place->is_folder;
    writer->mode = place->mode;
    writer->folder_mode = place->folder_mode;
    sl_mutex_init(&writer->mutex);
    sl_condition_init(&writer->changed);
    writer->file = sl_platform_no_file;
    open_file(writer); /* at once, so that the file is there for whoever wants to follow it */
    return writer;
}

sl_writer *sl_writer_acquire(const sl_writer_place *place) {
    sl_mutex_lock(&known_mutex);
    sl_writer *writer = known;
    while (writer != NULL && (writer->is_folder != place->is_folder ||
                              !sl_slice_equal(sl_slice_of(writer->path, writer->path_len), place->path))) {
        writer = writer->next_known;
    }
    if (writer != NULL) {
        writer->references++;
    } else {
        writer = new_writer(place);
        if (writer != NULL) {
            writer->next_known = known;
            known = writer;
        }
    }
    sl_mutex_unlock(&known_mutex);
    return writer;
}

static bool is_last_reference(sl_writer *writer) {
    sl_mutex_lock(&known_mutex);
    const bool is_last = --writer->references == 0;
    if (is_last) {
        sl_writer **link = &known;
        while (*link != writer) link = &(*link)->next_known;
        *link = writer->next_known;
    }
    sl_mutex_unlock(&known_mutex);
    return is_last;
}

void sl_writer_release(sl_writer *writer) {
    if (writer == NULL || !is_last_reference(writer)) return;
    sl_mutex_lock(&writer->mutex);
    writer->is_closing = true;
    const bool has_thread = writer->has_thread;
    sl_condition_wake_all(&writer->changed);
    sl_mutex_unlock(&writer->mutex);
    if (has_thread) {
        sl_thread_join(writer->thread);
    } else {
        run(writer); /* the system gave no thread: better late than never */
    }
    while (writer->oldest != NULL) {
        queued *entry = writer->oldest;
        unlink_entry(writer, entry);
        forget(writer, entry);
    }
    sl_platform_close(writer->file);
    sl_condition_destroy(&writer->changed);
    sl_mutex_destroy(&writer->mutex);
    free(writer->path);
    free(writer);
}

/* ---- entries ---- */

static void append_pieces(queued *to, const sl_writer_entry *entry) {
    for (int i = 0; i < sl_writer_pieces_max; i++) {
        const sl_slice piece = entry->pieces[i];
        if (piece.len != 0) memcpy(to->bytes + to->len, piece.ptr, piece.len);
        to->len += piece.len;
    }
}

static queued *new_entry(const sl_writer_entry *entry, size_t len) {
    const size_t capacity = entry->may_join && len < joined_bytes ? joined_bytes : len;
    queued *made = malloc(sizeof *made + capacity + entry->file.len + 1);
    if (made == NULL) return NULL;
    *made = (queued){.matters = entry->matters, .may_join = entry->may_join, .capacity = capacity};
    made->file_len = entry->file.len;
    if (entry->file.len != 0) memcpy(made->bytes + capacity, entry->file.ptr, entry->file.len);
    made->bytes[capacity + entry->file.len] = '\0';
    append_pieces(made, entry);
    return made;
}

/* Adds the entry to the newest one where that is allowed. An entry that was written in part has all its bytes
 * fixed. */
static bool join(sl_writer *writer, const sl_writer_entry *entry, size_t len) {
    queued *newest = writer->newest;
    if (!entry->may_join || newest == NULL || !newest->may_join || newest->written != 0) return false;
    if (newest->capacity - newest->len < len) return false;
    append_pieces(newest, entry);
    return true;
}

static bool put_new(sl_writer *writer, const sl_writer_entry *entry, size_t len) {
    queued *made = new_entry(entry, len);
    if (made == NULL) return false;
    const bool is_complete = make_room(writer, made->capacity);
    if (!has_room(writer, made->capacity)) {
        free(made);
        return false;
    }
    made->number = ++writer->last_number;
    writer->count++;
    writer->bytes += made->capacity;
    link_newest(writer, made);
    return is_complete;
}

bool sl_writer_put(sl_writer *writer, const sl_writer_entry *entry) {
    size_t len = 0;
    for (int i = 0; i < sl_writer_pieces_max; i++) len += entry->pieces[i].len;
    sl_mutex_lock(&writer->mutex);
    const bool is_complete = join(writer, entry, len) || put_new(writer, entry, len);
    if (!writer->has_thread) writer->has_thread = sl_thread_start(&writer->thread, run, writer);
    sl_condition_wake_all(&writer->changed);
    sl_mutex_unlock(&writer->mutex);
    return is_complete;
}

void sl_writer_reopen(sl_writer *writer) {
    sl_mutex_lock(&writer->mutex);
    if (writer->has_thread) {
        writer->wants_reopen = true;
        sl_condition_wake_all(&writer->changed);
    } else {
        reopen_now(writer);
    }
    sl_mutex_unlock(&writer->mutex);
}

void sl_writer_flush(sl_writer *writer) {
    sl_mutex_lock(&writer->mutex);
    const uint64_t wanted = writer->last_number;
    /* Entries may have given way meanwhile: an idle writer has nothing left to wait for. */
    while (writer->has_thread && !writer->is_failing && writer->written_number < wanted &&
           (writer->is_writing || writer->oldest != NULL)) {
        sl_condition_wait(&writer->changed, &writer->mutex);
    }
    sl_mutex_unlock(&writer->mutex);
}
