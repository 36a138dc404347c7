/* SPDX-License-Identifier: Apache-2.0 */
/* Flags, and why. MDB_NOTLS: a reader belongs to its transaction, not to a thread, for workers come and go. MDB_NOSYNC:
 * a commit writes to the system's cache only, which survives the process; whoever holds the map flushes it from a
 * thread of its own, and file_boot.h guards against machines that went down in between. MDB_NORDAHEAD: keys are digests
 * and addresses, neighbours are not read next. Not MDB_WRITEMAP: a stray write anywhere in the process would change the
 * file. Not MDB_NOMEMINIT: pages would carry pieces of the process's memory to the disk. */
#include "collections/file_map.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(_WIN32)
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define remove_file(path) remove(path)
#else
#include <sys/stat.h>
#include <unistd.h>
#define make_folder(path) mkdir(path, 0700)
#define remove_file(path) unlink(path)
#endif

enum { mode = 0600, readers_max = 1024, databases_max = 2, path_bytes_max = 4096 };

static void remove_files(const char *folder) {
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    char path[path_bytes_max];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, names[i]) < sizeof path) remove_file(path);
    }
}

static int open_in(sl_file_map *map, MDB_txn *txn, unsigned flags) {
    int error = mdb_dbi_open(txn, "records", flags, &map->records);
    if (error == 0) error = mdb_dbi_open(txn, "ends", flags, &map->ends);
    if (error == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return error;
}

static int begin(sl_file_map *map, unsigned flags, MDB_txn **txn) {
    int error = mdb_txn_begin(map->env, NULL, flags, txn);
    if (error != MDB_MAP_RESIZED) return error;
    error = mdb_env_set_mapsize(map->env, 0);
    return error == 0 ? mdb_txn_begin(map->env, NULL, flags, txn) : error;
}

/* Most of the time they are there, and no lock is needed to see that. */
static int open_databases(sl_file_map *map) {
    enum { attempts_max = 10 }; /* each waits half a second */
    MDB_txn *txn;
    int error = begin(map, MDB_RDONLY, &txn);
    if (error == 0) error = open_in(map, txn, 0);
    if (error != MDB_NOTFOUND) return error;
    error = ETIMEDOUT;
    for (int i = 0; i < attempts_max && error == ETIMEDOUT; i++) error = begin(map, 0, &txn);
    return error == 0 ? open_in(map, txn, MDB_CREATE) : error;
}

static int open_environment(sl_file_map *map, const char *folder, size_t bytes_first) {
    int error = mdb_env_create(&map->env);
    if (error != 0) {
        map->env = NULL;
        return error;
    }
    mdb_env_set_mapsize(map->env, bytes_first);
    mdb_env_set_maxreaders(map->env, readers_max);
    mdb_env_set_maxdbs(map->env, databases_max);
    const unsigned flush = map->boot.is_known ? MDB_NOSYNC : MDB_NOMETASYNC;
    error = mdb_env_open(map->env, folder, MDB_NOTLS | MDB_NORDAHEAD | flush, mode);
    if (error == 0) error = open_databases(map);
    if (error != 0) {
        mdb_env_close(map->env);
        map->env = NULL;
    }
    return error;
}

int sl_file_map_open(sl_file_map *map, const char *folder, size_t bytes_first, size_t bytes_max) {
    memset(map, 0, sizeof *map);
    map->bytes_max = bytes_max;
    if (make_folder(folder) != 0 && errno != EEXIST) return errno;
    bool is_broken;
    errno = 0;
    if (!sl_file_boot_open(&map->boot, folder, &is_broken)) return errno == 0 ? EIO : errno;
    if (is_broken) remove_files(folder);
    int error = sl_file_boot_begin(&map->boot) ? 0 : EIO;
    if (error == 0) error = open_environment(map, folder, bytes_first);
    if (error != 0) {
        sl_file_boot_close(&map->boot);
        return error;
    }
    sl_mutex_init(&map->readers_mutex);
    sl_condition_init(&map->readers_gone);
    sl_mutex_init(&map->writer_mutex);
    return 0;
}

static void drop_idle(sl_file_map *map) {
    while (map->idle_count != 0) mdb_txn_abort(map->idle[--map->idle_count]);
}

void sl_file_map_close(sl_file_map *map) {
    drop_idle(map);
    mdb_env_sync(map->env, 1);
    mdb_env_close(map->env);
    sl_file_boot_close(&map->boot);
    sl_mutex_destroy(&map->readers_mutex);
    sl_condition_destroy(&map->readers_gone);
    sl_mutex_destroy(&map->writer_mutex);
}

/* ---- size ---- */

/* 0: the size that another process gave it. The caller holds the writer mutex. */
static int resize(sl_file_map *map, size_t bytes) {
    sl_mutex_lock(&map->readers_mutex);
    map->is_resizing = true;
    while (map->reader_count != 0) sl_condition_wait(&map->readers_gone, &map->readers_mutex);
    const int error = mdb_env_set_mapsize(map->env, bytes);
    map->is_resizing = false;
    sl_condition_wake_all(&map->readers_gone);
    sl_mutex_unlock(&map->readers_mutex);
    return error;
}

static int grow(sl_file_map *map) {
    MDB_envinfo info;
    int error = mdb_env_info(map->env, &info);
    if (error != 0) return error;
    if (info.me_mapsize >= map->bytes_max) return MDB_MAP_FULL;
    const size_t twice = info.me_mapsize * 2;
    return resize(map, twice < map->bytes_max ? twice : map->bytes_max);
}

/* ---- reading ---- */

static void count_out(sl_file_map *map, MDB_txn *idle) {
    sl_mutex_lock(&map->readers_mutex);
    map->reader_count--;
    if (idle != NULL && map->idle_count < sl_file_idle_max) {
        map->idle[map->idle_count++] = idle;
        idle = NULL;
    }
    if (map->reader_count == 0 && map->is_resizing) sl_condition_wake_all(&map->readers_gone);
    sl_mutex_unlock(&map->readers_mutex);
    if (idle != NULL) mdb_txn_abort(idle);
}

static MDB_txn *count_in(sl_file_map *map) {
    sl_mutex_lock(&map->readers_mutex);
    while (map->is_resizing) sl_condition_wait(&map->readers_gone, &map->readers_mutex);
    map->reader_count++;
    MDB_txn *idle = map->idle_count == 0 ? NULL : map->idle[--map->idle_count];
    sl_mutex_unlock(&map->readers_mutex);
    return idle;
}

/* *error: MDB_MAP_RESIZED, or what makes it pointless to try again. */
static MDB_txn *try_read(sl_file_map *map, int *error) {
    MDB_txn *txn = count_in(map);
    if (txn != NULL) {
        *error = mdb_txn_renew(txn);
        if (*error == 0) return txn;
        mdb_txn_abort(txn);
    } else {
        *error = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &txn);
        if (*error == 0) return txn;
    }
    count_out(map, NULL);
    return NULL;
}

MDB_txn *sl_file_map_read(sl_file_map *map) {
    int error;
    MDB_txn *txn = try_read(map, &error);
    if (txn != NULL || error != MDB_MAP_RESIZED) return txn;
    sl_mutex_lock(&map->writer_mutex);
    error = resize(map, 0);
    sl_mutex_unlock(&map->writer_mutex);
    return error == 0 ? try_read(map, &error) : NULL;
}

void sl_file_map_read_end(sl_file_map *map, MDB_txn *txn) {
    mdb_txn_reset(txn);
    count_out(map, txn);
}

/* ---- writing ---- */

/* An edit of deps/sources.json: how long the calling thread waits for the lock between processes. */
extern _Thread_local unsigned mdb_lock_wait_ms;

static int begin_write(sl_file_map *map, MDB_txn **txn) {
    enum { held_up_wait_ms = 1 };
    const unsigned patience_ms = mdb_lock_wait_ms;
    if (map->is_held_up) mdb_lock_wait_ms = held_up_wait_ms;
    const int error = mdb_txn_begin(map->env, NULL, 0, txn);
    mdb_lock_wait_ms = patience_ms;
    map->is_held_up = error == ETIMEDOUT;
    return error;
}

static int write_once(sl_file_map *map, int (*run)(MDB_txn *txn, void *context), void *context) {
    MDB_txn *txn;
    int error = begin_write(map, &txn);
    if (error != 0) return error;
    error = run(txn, context);
    if (error == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return error;
}

int sl_file_map_write(sl_file_map *map, int (*run)(MDB_txn *txn, void *context), void *context) {
    enum { attempts_max = 16 }; /* doublings of the map, and sizes taken over from others */
    sl_mutex_lock(&map->writer_mutex);
    int error = write_once(map, run, context);
    for (int i = 0; i < attempts_max && (error == MDB_MAP_FULL || error == MDB_MAP_RESIZED); i++) {
        const int resized = error == MDB_MAP_FULL ? grow(map) : resize(map, 0);
        if (resized != 0) {
            error = resized;
            break;
        }
        error = write_once(map, run, context);
    }
    sl_mutex_unlock(&map->writer_mutex);
    return error;
}
