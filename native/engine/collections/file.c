/* SPDX-License-Identifier: Apache-2.0 */
/* Persistent collections in a folder, shared by all processes of the machine: LMDB behind the interface of
 * collection.h.
 *
 * A change is committed before apply returns, to the system's cache: what was applied is seen by every process at once,
 * and a process that is killed takes nothing with it. Nothing is flushed to the disk there. Threads that apply at the
 * same time share a commit: the first one writes for all that queued up behind the one before. A thread for each folder
 * flushes, and takes away what has ended, in small transactions, so that nobody waits for it long. */
#include "collections/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "collections/file_records.h"
#include "collections/packed.h"
#include "run/clock.h"

enum {
    map_bytes_first_default = 64 * 1024 * 1024,
    housekeeping_ms = 1000,
    sweep_per_second = 1000,
    sweep_at_once = 50
};
#define MAP_BYTES_MAX_DEFAULT (SIZE_MAX > UINT32_MAX ? (size_t)4 * 1024 * 1024 * 1024 : (size_t)512 * 1024 * 1024)

/* One call of apply while it waits for its commit; on the stack of its thread. */
typedef struct request {
    struct request *next;
    const sl_file_key *key;
    int64_t now;
    const sl_record_terms *terms;
    const sl_change *changes;
    size_t count;
    bool is_finished, is_done;
} request;

typedef struct file_store {
    struct file_store *next_open;
    size_t references; /* under open_mutex */
    char *folder;      /* its real path */
    sl_file_map map;

    sl_mutex queue_mutex;
    sl_condition finished;
    request *queue, **queue_end;
    bool is_led; /* some thread is committing */

    atomic_bool is_dirty; /* something was committed and not flushed yet */
    atomic_ullong commits, expiries, evictions, failures;

    sl_thread thread;
    bool has_thread;
    sl_mutex thread_mutex;
    sl_condition thread_wakes;
    bool is_closing;
} file_store;

/* LMDB allows one environment of a folder in a process, so the process has a list. */
static sl_mutex open_mutex = SL_MUTEX_INITIALIZER;
static file_store *open_stores;

/* ---- commits ---- */

static void count_removed(file_store *store, const sl_file_removed *removed) {
    atomic_fetch_add_explicit(&store->expiries, removed->expiries, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->evictions, removed->evictions, memory_order_relaxed);
}

typedef struct batch {
    file_store *store;
    request *first;
    sl_file_removed removed;
} batch;

static int run_batch(MDB_txn *txn, void *context) {
    batch *work = context;
    work->removed = (sl_file_removed){0, 0};
    for (request *each = work->first; each != NULL; each = each->next) {
        const int error = sl_file_records_apply(&work->store->map, txn, each->key, each->now, each->terms,
                                                each->changes, each->count, &work->removed);
        if (error != 0 && error != ENOMEM) return error;
        each->is_done = error == 0;
    }
    return 0;
}

static int run_eviction(MDB_txn *txn, void *context) {
    enum { evict_when_full = 64 };
    batch *work = context;
    work->removed = (sl_file_removed){0, 0};
    return sl_file_records_evict(&work->store->map, txn, evict_when_full, &work->removed);
}

static int write_counted(file_store *store, int (*run)(MDB_txn *txn, void *context), batch *work) {
    const int error = sl_file_map_write(&store->map, run, work);
    if (error == 0) {
        count_removed(store, &work->removed);
        atomic_fetch_add_explicit(&store->commits, 1, memory_order_relaxed);
        atomic_store_explicit(&store->is_dirty, true, memory_order_relaxed);
        return 0;
    }
    atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
    return error;
}

static void commit(file_store *store, request *first) {
    batch work = {.store = store, .first = first};
    int error = write_counted(store, run_batch, &work);
    if (error == MDB_MAP_FULL && write_counted(store, run_eviction, &work) == 0) {
        error = write_counted(store, run_batch, &work);
    }
    if (error == 0) return;
    for (request *each = first; each != NULL; each = each->next) each->is_done = false;
}

static request *take_queue(file_store *store) {
    request *first = store->queue;
    store->queue = NULL;
    store->queue_end = &store->queue;
    return first;
}

/* The first thread to come commits for all; those that come meanwhile are the next batch. */
static void commit_together(file_store *store, request *mine) {
    sl_mutex_lock(&store->queue_mutex);
    *store->queue_end = mine;
    store->queue_end = &mine->next;
    while (store->is_led && !mine->is_finished) sl_condition_wait(&store->finished, &store->queue_mutex);
    if (!mine->is_finished) {
        store->is_led = true;
        request *each = take_queue(store);
        sl_mutex_unlock(&store->queue_mutex);
        commit(store, each);
        sl_mutex_lock(&store->queue_mutex);
        while (each != NULL) {
            request *const next = each->next; /* once finished, it may be gone as soon as the mutex is free */
            each->is_finished = true;
            each = next;
        }
        store->is_led = false;
        sl_condition_wake_all(&store->finished);
    }
    sl_mutex_unlock(&store->queue_mutex);
}

static bool apply(void *self, const sl_record_key *key, int64_t now, const sl_record_terms *terms,
                  const sl_change *changes, size_t count) {
    sl_file_key file_key;
    sl_file_key_of(key, &file_key);
    request mine = {.key = &file_key, .now = now, .terms = terms, .changes = changes, .count = count};
    commit_together(self, &mine);
    return mine.is_done;
}

/* ---- loads ---- */

/* Size of the record's bytes, copied when they fit; 0: there is no live one. SIZE_MAX: the store does not answer. */
static size_t copy_record(file_store *store, const sl_file_key *key, int64_t now, uint8_t *out, size_t room) {
    MDB_txn *txn = sl_file_map_read(&store->map);
    if (txn == NULL) return SIZE_MAX;
    MDB_val key_value = {key->len, (void *)key->bytes};
    MDB_val found;
    const int error = mdb_get(txn, store->map.records, &key_value, &found);
    size_t size = error == 0 ? found.mv_size : error == MDB_NOTFOUND ? 0 : SIZE_MAX;
    sl_packed_head head;
    if (error == 0 &&
        (!sl_packed_head_of(sl_slice_of(found.mv_data, found.mv_size), &head) || head.expires_epoch <= now)) {
        size = 0;
    }
    if (error == 0 && size <= room) memcpy(out, found.mv_data, size);
    sl_file_map_read_end(&store->map, txn);
    return size;
}

static bool load(void *self, const sl_record_key *key, int64_t now, sl_arena *arena, sl_members *members,
                 sl_record_info *info) {
    file_store *store = self;
    sl_file_key file_key;
    sl_file_key_of(key, &file_key);
    uint8_t small[2048];
    uint8_t *copy = small;
    size_t room = sizeof small;
    size_t size = copy_record(store, &file_key, now, copy, room);
    while (size != SIZE_MAX && size > room) { /* ends: a record has a largest size, and room doubles at least */
        room = size * 2;
        copy = sl_arena_alloc(arena, room); /* not while a transaction runs: it jumps when memory is out */
        size = copy_record(store, &file_key, now, copy, room);
    }
    if (size == SIZE_MAX) {
        atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
        return false;
    }
    *info = (sl_record_info){.create_epoch = now, .is_new = true};
    if (size == 0) return true;
    sl_packed_head head;
    const sl_slice bytes = sl_slice_of(copy, size);
    if (!sl_packed_head_of(bytes, &head)) return true;
    *info = (sl_record_info){head.create_epoch, head.update_epoch, head.update_counter, head.timeout_seconds, false};
    sl_packed_read_members(bytes, now, arena, members);
    return true;
}

/* ---- housekeeping ---- */

typedef struct sweeping {
    batch counted; /* comes first: write_counted takes it */
    int64_t now;
    bool is_more;
} sweeping;

static int run_sweep(MDB_txn *txn, void *context) {
    sweeping *work = context;
    work->counted.removed = (sl_file_removed){0, 0};
    return sl_file_records_sweep(&work->counted.store->map, txn, work->now, sweep_at_once, &work->counted.removed,
                                 &work->is_more);
}

/* Asks without the lock between processes: most of the time nothing has ended. */
static bool has_ended(file_store *store, int64_t now) {
    MDB_txn *txn = sl_file_map_read(&store->map);
    if (txn == NULL) return false;
    MDB_cursor *cursor;
    MDB_val key, value;
    bool is_ended = false;
    if (mdb_cursor_open(txn, store->map.ends, &cursor) == 0) {
        if (mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == 0) {
            is_ended = sl_file_records_epoch_of(sl_slice_of(key.mv_data, key.mv_size)) <= now;
        }
        mdb_cursor_close(cursor);
    }
    sl_file_map_read_end(&store->map, txn);
    return is_ended;
}

static void sweep(file_store *store, int64_t now) {
    for (int done = 0; done < sweep_per_second && has_ended(store, now); done += sweep_at_once) {
        sweeping work = {.counted = {.store = store}, .now = now};
        if (write_counted(store, run_sweep, &work.counted) != 0 || !work.is_more) return;
    }
}

static void keep_house(file_store *store, int64_t now) {
    sweep(store, now);
    int dead;
    mdb_reader_check(store->map.env, &dead); /* readers of killed processes keep old pages from being used again */
    if (!atomic_exchange_explicit(&store->is_dirty, false, memory_order_relaxed)) return;
    if (mdb_env_sync(store->map.env, 1) != 0) atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
}

static void run_thread(void *context) {
    file_store *store = context;
    sl_mutex_lock(&store->thread_mutex);
    while (!store->is_closing) {
        sl_condition_wait_ms(&store->thread_wakes, &store->thread_mutex, housekeeping_ms);
        if (store->is_closing) break;
        sl_mutex_unlock(&store->thread_mutex);
        keep_house(store, sl_clock_wall_us() / 1000000);
        sl_mutex_lock(&store->thread_mutex);
    }
    sl_mutex_unlock(&store->thread_mutex);
}

/* ---- life ---- */

static void free_store(file_store *store) {
    sl_mutex_destroy(&store->queue_mutex);
    sl_condition_destroy(&store->finished);
    sl_mutex_destroy(&store->thread_mutex);
    sl_condition_destroy(&store->thread_wakes);
    free(store->folder);
    free(store);
}

static void close_store(file_store *store) {
    if (store->has_thread) {
        sl_mutex_lock(&store->thread_mutex);
        store->is_closing = true;
        sl_condition_wake_all(&store->thread_wakes);
        sl_mutex_unlock(&store->thread_mutex);
        sl_thread_join(store->thread);
    }
    sl_file_map_close(&store->map);
    free_store(store);
}

static void release(void *self) {
    file_store *store = self;
    sl_mutex_lock(&open_mutex);
    const bool is_last = --store->references == 0;
    if (is_last) {
        file_store **at = &open_stores;
        while (*at != store) at = &(*at)->next_open;
        *at = store->next_open;
        close_store(store); /* under the mutex: the folder may be opened again only when it is closed */
    }
    sl_mutex_unlock(&open_mutex);
}

static void stats(void *self, seclua_store_stats *out) {
    file_store *store = self;
    *out = (seclua_store_stats){
        .expiries = atomic_load_explicit(&store->expiries, memory_order_relaxed),
        .evictions = atomic_load_explicit(&store->evictions, memory_order_relaxed),
        .commits = atomic_load_explicit(&store->commits, memory_order_relaxed),
        .failures = atomic_load_explicit(&store->failures, memory_order_relaxed),
    };
    MDB_txn *txn = sl_file_map_read(&store->map);
    if (txn == NULL) return;
    sl_file_records_size(&store->map, txn, &out->records, &out->bytes);
    sl_file_map_read_end(&store->map, txn);
}

static const sl_store_methods methods = {.load = load, .apply = apply, .release = release, .stats = stats};

static void say(char *error, size_t error_size, const char *folder, int number) {
    snprintf(error, error_size, "%s: %s", folder, mdb_strerror(number));
}

/* The caller frees; NULL: errno says why. */
static char *real_path(const char *folder) {
#if defined(_WIN32)
    return _fullpath(NULL, folder, 0);
#else
    return realpath(folder, NULL);
#endif
}

static file_store *new_store(const char *folder, const sl_store_file_options *options, char *error, size_t error_size) {
    file_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        say(error, error_size, folder, ENOMEM);
        return NULL;
    }
    const int number = sl_file_map_open(&store->map, folder, options->map_bytes_first, options->map_bytes_max);
    if (number != 0) {
        say(error, error_size, folder, number);
        free(store);
        return NULL;
    }
    store->queue_end = &store->queue;
    sl_mutex_init(&store->queue_mutex);
    sl_condition_init(&store->finished);
    sl_mutex_init(&store->thread_mutex);
    sl_condition_init(&store->thread_wakes);
    store->folder = real_path(folder);
    if (options->has_thread) store->has_thread = sl_thread_start(&store->thread, run_thread, store);
    if (store->folder == NULL || (options->has_thread && !store->has_thread)) {
        say(error, error_size, folder, ENOMEM);
        close_store(store);
        return NULL;
    }
    return store;
}

static file_store *find_open(const char *folder) {
    char *real = real_path(folder);
    file_store *store = real == NULL ? NULL : open_stores;
    while (store != NULL && strcmp(store->folder, real) != 0) store = store->next_open;
    free(real);
    return store;
}

/* One reference for the caller, under the mutex. */
static file_store *acquire(const char *folder, const sl_store_file_options *options, char *error, size_t error_size) {
    sl_mutex_lock(&open_mutex);
    file_store *store = find_open(folder);
    if (store == NULL) {
        store = new_store(folder, options, error, error_size);
        if (store != NULL) {
            store->next_open = open_stores;
            open_stores = store;
        }
    }
    if (store != NULL) store->references++;
    sl_mutex_unlock(&open_mutex);
    return store;
}

seclua_store *sl_store_file_open(sl_slice folder, const sl_store_file_options *options, char *error,
                                 size_t error_size) {
    char path[4096];
    if (folder.len == 0 || folder.len >= sizeof path || sl_slice_find_byte(folder, 0) != SIZE_MAX) {
        snprintf(error, error_size, "this is no path of a folder");
        return NULL;
    }
    memcpy(path, folder.ptr, folder.len);
    path[folder.len] = '\0';
    file_store *store = acquire(path, options, error, error_size);
    if (store == NULL) return NULL;
    sl_store *made = sl_store_new(&methods, store);
    if (made == NULL) {
        say(error, error_size, path, ENOMEM);
        release(store);
    }
    return (seclua_store *)made;
}

seclua_store *seclua_store_file_open(seclua_slice folder, uint64_t bytes_max, char *error, size_t error_size) {
    const uint64_t asked = bytes_max == 0 ? MAP_BYTES_MAX_DEFAULT : bytes_max;
    const size_t most = asked < SIZE_MAX / 2 ? (size_t)asked : SIZE_MAX / 2;
    const size_t first = most < map_bytes_first_default ? most : map_bytes_first_default;
    const sl_store_file_options options = {first, most, true};
    return sl_store_file_open(folder, &options, error, error_size);
}

void sl_store_file_sweep(const seclua_store *store, int64_t now) {
    keep_house(((const sl_store *)store)->self, now);
}
