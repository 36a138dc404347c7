/* SPDX-License-Identifier: Apache-2.0 */
/* One folder's LMDB environment: opened once in this process, its map grown when it is full, its readers kept.
 *
 * LMDB forbids two things that our callers need: opening a folder twice in one process, and resizing the map under a
 * running transaction. Both are seen to here. Knows no record. */
#ifndef SL_COLLECTIONS_FILE_MAP_H
#define SL_COLLECTIONS_FILE_MAP_H

#include <stdatomic.h>
#include <stddef.h>

#include <lmdb.h>

#include "base/thread.h"
#include "collections/file_boot.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { sl_file_idle_max = 64 };

typedef struct sl_file_map {
    MDB_env *env;
    MDB_dbi records; /* key of a record → its bytes */
    MDB_dbi ends;    /* when it ends, big-endian, and its key → nothing */
    sl_file_boot boot;
    size_t bytes_max;

    sl_mutex readers_mutex;
    sl_condition readers_gone;
    size_t reader_count;             /* running transactions that read */
    bool is_resizing;                /* no new ones now */
    MDB_txn *idle[sl_file_idle_max]; /* reset: renewing one takes no lock between processes */
    size_t idle_count;

    sl_mutex writer_mutex; /* one writing transaction of this process at a time */
    bool is_held_up;       /* another process did not give the lock back in time: until it does, nobody waits for it */
} sl_file_map;

/* The folder is made when it is missing. LMDB's or the system's error, or 0. */
int sl_file_map_open(sl_file_map *map, const char *folder, size_t bytes_first, size_t bytes_max);
/* Nothing runs any more. Flushes. */
void sl_file_map_close(sl_file_map *map);

/* A snapshot, to be ended within microseconds; NULL: it cannot be had. */
MDB_txn *sl_file_map_read(sl_file_map *map);
void sl_file_map_read_end(sl_file_map *map, MDB_txn *txn);

/* One transaction: run does the work, which is committed when run answers 0. When the map is full it grows, and run is
 * called again. An error of LMDB, of run, or 0. ETIMEDOUT: another process keeps the lock between processes; that is
 * waited for half a second once, and no longer from then on until the lock is free. */
int sl_file_map_write(sl_file_map *map, int (*run)(MDB_txn *txn, void *context), void *context);

#ifdef __cplusplus
}
#endif
#endif
