/* SPDX-License-Identifier: Apache-2.0 */
/* Two trees that change together: records by key, keys by end. */
#include "collections/file_records.h"

#include <errno.h>
#include <stdlib.h>

#include "collections/packed.h"
#include "transformations/digest.h"

enum { sweep_with_new = 2, evict_with_new = 8, evict_visits_max = 64, end_bytes = 8 };

/* ---- keys ---- */

static size_t put_text(uint8_t *out, sl_slice text) {
    out[0] = (uint8_t)(text.len >> 8);
    out[1] = (uint8_t)text.len;
    if (text.len != 0) memcpy(out + 2, text.ptr, text.len);
    return text.len + 2;
}

/* The first byte keeps a short key from posing as the digest of a long one. */
void sl_file_key_of(const sl_record_key *key, sl_file_key *out) {
    uint8_t collection[sl_collection_name_max];
    const size_t collection_len = key->collection.len < sizeof collection ? key->collection.len : sizeof collection;
    for (size_t i = 0; i < collection_len; i++) collection[i] = sl_ascii_lower(key->collection.ptr[i]);
    const sl_slice parts[] = {sl_slice_of(collection, collection_len), key->space, key->key};
    size_t len = 1;
    for (size_t i = 0; i < 3; i++) len += parts[i].len + 2;
    if (len <= sl_file_key_max) {
        out->bytes[0] = 't';
        out->len = 1;
        for (size_t i = 0; i < 3; i++) out->len += put_text(out->bytes + out->len, parts[i]);
        return;
    }
    uint8_t digests[3 * SL_SHA256_BYTES];
    for (size_t i = 0; i < 3; i++) sl_sha256(parts[i], digests + i * SL_SHA256_BYTES);
    out->bytes[0] = 'd';
    sl_sha256(sl_slice_of(digests, sizeof digests), out->bytes + 1);
    out->len = 1 + SL_SHA256_BYTES;
}

static sl_slice slice_of(const MDB_val *value) {
    return sl_slice_of(value->mv_data, value->mv_size);
}

/* Ends sort as they should: they are never negative. */
typedef struct end_key {
    uint8_t bytes[end_bytes + sl_file_key_max];
    MDB_val value;
} end_key;

static void end_key_of(int64_t epoch, sl_slice key, end_key *out) {
    for (int i = 0; i < end_bytes; i++) out->bytes[i] = (uint8_t)((uint64_t)epoch >> (8 * (end_bytes - 1 - i)));
    memcpy(out->bytes + end_bytes, key.ptr, key.len);
    out->value = (MDB_val){end_bytes + key.len, out->bytes};
}

int64_t sl_file_records_epoch_of(sl_slice end) {
    uint64_t epoch = 0;
    for (size_t i = 0; i < end_bytes && i < end.len; i++) epoch = epoch << 8 | end.ptr[i];
    return (int64_t)epoch;
}

static int put_end(sl_file_map *map, MDB_txn *txn, int64_t epoch, sl_slice key) {
    end_key end;
    end_key_of(epoch, key, &end);
    MDB_val nothing = {0, end.bytes}; /* it copies no byte, but wants an address to copy from */
    return mdb_put(txn, map->ends, &end.value, &nothing, 0);
}

/* That it is gone already is fine. */
static int drop(MDB_txn *txn, MDB_dbi tree, MDB_val *key) {
    const int error = mdb_del(txn, tree, key, NULL);
    return error == MDB_NOTFOUND ? 0 : error;
}

static int drop_end(sl_file_map *map, MDB_txn *txn, int64_t epoch, sl_slice key) {
    end_key end;
    end_key_of(epoch, key, &end);
    return drop(txn, map->ends, &end.value);
}

/* ---- changes ---- */

/* Reserves the place first, so that the bytes are written once. */
static int put_record(sl_file_map *map, MDB_txn *txn, MDB_val *key, const sl_record *record, int64_t indexed_epoch) {
    MDB_val place = {sl_packed_size(record), NULL};
    const int error = mdb_put(txn, map->records, key, &place, MDB_RESERVE);
    if (error == 0) sl_packed_write(record, indexed_epoch, place.mv_data);
    return error;
}

static int make_room(sl_file_map *map, MDB_txn *txn, int64_t now, sl_file_removed *removed) {
    bool is_more;
    uint64_t records, bytes;
    int error = sl_file_records_sweep(map, txn, now, sweep_with_new, removed, &is_more);
    if (error == 0) error = sl_file_records_size(map, txn, &records, &bytes);
    /* A quarter stays free: a transaction copies pages before it can free any. */
    if (error != 0 || bytes <= map->bytes_max / 4 * 3) return error;
    return sl_file_records_evict(map, txn, evict_with_new, removed);
}

/* The record as it was, or a new one. *indexed: where the index has it; 0: nowhere. NULL: no memory. */
static sl_record *fetch(sl_slice found, int64_t now, int64_t *indexed) {
    sl_packed_head head;
    *indexed = 0;
    if (sl_packed_head_of(found, &head)) {
        *indexed = head.indexed_epoch;
        sl_record *record = head.expires_epoch <= now ? NULL : sl_packed_read(found);
        if (record != NULL) return record;
    }
    return sl_record_new(SL_EMPTY, 0, now);
}

int sl_file_records_apply(sl_file_map *map, MDB_txn *txn, const sl_file_key *key, int64_t now,
                          const sl_record_terms *terms, const sl_change *changes, size_t count,
                          sl_file_removed *removed) {
    MDB_val key_value = {key->len, (void *)key->bytes};
    MDB_val found = {0, NULL};
    int error = mdb_get(txn, map->records, &key_value, &found);
    if (error == MDB_NOTFOUND) {
        error = make_room(map, txn, now, removed);
        found = (MDB_val){0, NULL};
    }
    if (error != 0) return error;
    int64_t indexed;
    sl_record *record = fetch(slice_of(&found), now, &indexed);
    if (record == NULL) return ENOMEM;
    if (!sl_record_apply(record, now, terms, changes, count)) {
        sl_record_free(record);
        return ENOMEM;
    }
    const sl_slice key_slice = slice_of(&key_value);
    if (indexed == 0 || indexed > record->expires_epoch) {
        if (indexed != 0) error = drop_end(map, txn, indexed, key_slice);
        indexed = record->expires_epoch;
        if (error == 0) error = put_end(map, txn, indexed, key_slice);
    }
    if (error == 0) error = put_record(map, txn, &key_value, record, indexed);
    sl_record_free(record);
    return error;
}

/* ---- ends ---- */

/* One entry of the index under a cursor, copied: what the cursor shows is gone with the first change. */
typedef struct entry {
    uint8_t bytes[end_bytes + sl_file_key_max];
    size_t len;
    int64_t epoch;
    sl_packed_head head;
    bool has_record; /* head is the record's, and the record points back to this entry */
} entry;

static sl_slice key_in(const entry *at) {
    return sl_slice_of(at->bytes + end_bytes, at->len - end_bytes);
}

/* MDB_NOTFOUND: the index is empty. */
static int first_entry(sl_file_map *map, MDB_txn *txn, entry *out) {
    MDB_cursor *cursor;
    MDB_val key, value;
    int error = mdb_cursor_open(txn, map->ends, &cursor);
    if (error != 0) return error;
    error = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    if (error == 0) {
        out->len = key.mv_size < sizeof out->bytes ? key.mv_size : sizeof out->bytes;
        memcpy(out->bytes, key.mv_data, out->len);
        if (out->len < end_bytes) error = MDB_CORRUPTED;
    }
    mdb_cursor_close(cursor);
    if (error != 0) return error;
    out->epoch = sl_file_records_epoch_of(sl_slice_of(out->bytes, out->len));
    MDB_val record_key = {out->len - end_bytes, out->bytes + end_bytes};
    error = mdb_get(txn, map->records, &record_key, &value);
    out->has_record =
        error == 0 && sl_packed_head_of(slice_of(&value), &out->head) && out->head.indexed_epoch == out->epoch;
    return error == MDB_NOTFOUND ? 0 : error;
}

static int remove_entry(sl_file_map *map, MDB_txn *txn, const entry *at) {
    MDB_val end = {at->len, (void *)at->bytes};
    return drop(txn, map->ends, &end);
}

static int remove_record(sl_file_map *map, MDB_txn *txn, const entry *at) {
    MDB_val key = {at->len - end_bytes, (void *)(at->bytes + end_bytes)};
    const int error = drop(txn, map->records, &key);
    return error == 0 ? remove_entry(map, txn, at) : error;
}

/* The record lives longer than the index says: to its right place. */
static int move_entry(sl_file_map *map, MDB_txn *txn, const entry *at) {
    MDB_val key = {at->len - end_bytes, (void *)(at->bytes + end_bytes)};
    MDB_val value;
    int error = mdb_get(txn, map->records, &key, &value);
    sl_record *record = error == 0 ? sl_packed_read(slice_of(&value)) : NULL;
    if (error == 0 && record == NULL) return remove_record(map, txn, at); /* damaged */
    if (error == 0) error = remove_entry(map, txn, at);
    if (error == 0) error = put_end(map, txn, at->head.expires_epoch, key_in(at));
    if (error == 0) error = put_record(map, txn, &key, record, at->head.expires_epoch);
    if (record != NULL) sl_record_free(record);
    return error;
}

int sl_file_records_sweep(sl_file_map *map, MDB_txn *txn, int64_t now, size_t count_max, sl_file_removed *removed,
                          bool *is_more) {
    *is_more = false;
    for (size_t i = 0; i < count_max; i++) {
        entry at;
        int error = first_entry(map, txn, &at);
        if (error == MDB_NOTFOUND) return 0;
        if (error != 0) return error;
        if (at.epoch > now) return 0;
        if (!at.has_record) {
            error = remove_entry(map, txn, &at);
        } else if (at.head.expires_epoch > now) {
            error = move_entry(map, txn, &at);
        } else {
            error = remove_record(map, txn, &at);
            removed->expiries++;
        }
        if (error != 0) return error;
    }
    *is_more = true;
    return 0;
}

int sl_file_records_evict(sl_file_map *map, MDB_txn *txn, size_t count, sl_file_removed *removed) {
    size_t evicted = 0;
    for (size_t visits = 0; visits < evict_visits_max && evicted < count; visits++) {
        entry at;
        int error = first_entry(map, txn, &at);
        if (error == MDB_NOTFOUND) return 0;
        if (error != 0) return error;
        const bool is_last = visits + 1 == evict_visits_max;
        if (at.has_record && at.head.expires_epoch > at.epoch && !(is_last && evicted == 0)) {
            error = move_entry(map, txn, &at);
        } else {
            error = at.has_record ? remove_record(map, txn, &at) : remove_entry(map, txn, &at);
            evicted += at.has_record;
        }
        if (error != 0) return error;
    }
    removed->evictions += evicted;
    return 0;
}

int sl_file_records_size(sl_file_map *map, MDB_txn *txn, uint64_t *records, uint64_t *bytes) {
    MDB_stat stat, ends;
    int error = mdb_stat(txn, map->records, &stat);
    if (error == 0) error = mdb_stat(txn, map->ends, &ends);
    if (error != 0) return error;
    *records = stat.ms_entries;
    *bytes = (uint64_t)stat.ms_psize * (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages +
                                        ends.ms_branch_pages + ends.ms_leaf_pages);
    return 0;
}
