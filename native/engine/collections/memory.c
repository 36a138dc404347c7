/* SPDX-License-Identifier: Apache-2.0 */
/* Persistent collections in the memory of this process, shared by all its threads: the default store.
 *
 * Each collection is a table of its own with its own limits, so that a flood of addresses in IP cannot push
 * records out of GLOBAL or USER. A table is 64 shards; an operation takes the lock of one and holds it for
 * microseconds. Keys are placed by a seeded digest: a client that chooses keys cannot choose shards. Nothing
 * is allocated from a transaction's arena under a lock, since running out of it jumps away. */
#include "collections/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/random.h"
#include "collections/shard.h"
#include "transformations/digest.h"

enum {
    shard_count = 64,
    tables_max = 16,
    records_max_default = 1000000,
    bytes_max_default = 512 * 1024 * 1024,
    seed_bytes = 16,
    /* seed, two flags, length of the space, space, key */
    identity_bytes_max = seed_bytes + 4 + 2 * sl_collection_key_max
};

typedef struct table {
    sl_slice name; /* bytes follow the table */
    sl_shard shards[shard_count];
} table;

typedef struct memory_store {
    sl_store_memory_limits limits;
    uint8_t seed[seed_bytes];
    sl_mutex tables_mutex;                 /* for adding one */
    _Atomic(table *) tables[tables_max]; /* filled from the front, never emptied */
} memory_store;

/* ---- places ---- */

typedef struct identity {
    uint8_t bytes[identity_bytes_max];
    size_t len;
    uint64_t hash;
} identity;

static size_t shard_share(size_t total) { return total < shard_count ? 1 : total / shard_count; }

static table *new_table(const memory_store *store, sl_slice name) {
    table *made = malloc(sizeof *made + name.len);
    if (made == NULL) return NULL;
    uint8_t *bytes = (uint8_t *)made + sizeof *made;
    if (name.len != 0) memcpy(bytes, name.ptr, name.len);
    made->name = sl_slice_of(bytes, name.len);
    for (size_t i = 0; i < shard_count; i++) {
        sl_shard_init(&made->shards[i], shard_share(store->limits.records_max), shard_share(store->limits.bytes_max));
    }
    return made;
}

static table *find_table(memory_store *store, sl_slice name, size_t *free_place) {
    size_t i = 0;
    for (; i < tables_max; i++) {
        table *known = atomic_load_explicit(&store->tables[i], memory_order_acquire);
        if (known == NULL) break;
        if (sl_slice_equal_fold(known->name, name)) return known;
    }
    *free_place = i;
    return NULL;
}

/* NULL: memory ran out, or there are too many collections. */
static table *table_of(memory_store *store, sl_slice name) {
    size_t place;
    table *known = find_table(store, name, &place);
    if (known != NULL) return known;
    sl_mutex_lock(&store->tables_mutex);
    known = find_table(store, name, &place);
    if (known == NULL && place < tables_max) {
        known = new_table(store, name);
        atomic_store_explicit(&store->tables[place], known, memory_order_release);
    }
    sl_mutex_unlock(&store->tables_mutex);
    return known;
}

/* Long texts are replaced by their digest; the flag keeps a short text from posing as one. */
static size_t put_text(uint8_t *out, uint8_t *is_digest, sl_slice text) {
    *is_digest = text.len > sl_collection_key_max;
    if (*is_digest) {
        sl_sha256(text, out);
        return SL_SHA256_BYTES;
    }
    if (text.len != 0) memcpy(out, text.ptr, text.len);
    return text.len;
}

static void identify(const memory_store *store, const sl_record_key *key, identity *out) {
    uint8_t *head = out->bytes + seed_bytes;
    uint8_t *at = head + 4;
    memcpy(out->bytes, store->seed, seed_bytes);
    const size_t space_len = put_text(at, &head[0], key->space);
    head[2] = (uint8_t)space_len;
    head[3] = (uint8_t)(space_len >> 8);
    at += space_len;
    at += put_text(at, &head[1], key->key);
    out->len = (size_t)(at - out->bytes);
    uint8_t digest[SL_SHA256_BYTES];
    sl_sha256(sl_slice_of(out->bytes, out->len), digest);
    memcpy(&out->hash, digest, sizeof out->hash);
}

/* What a record keeps of it; the seed is the store's. */
static sl_slice identity_slice(const identity *id) { return sl_slice_of(id->bytes + seed_bytes, id->len - seed_bytes); }
/* The table uses the low bits of the hash. */
static sl_shard *shard_of(table *in, const identity *id) { return &in->shards[id->hash >> 58]; }

/* ---- the interface ---- */

/* Size of the record's copy; the copy is made when it fits into room. info says what is known of the
 * record. */
static size_t copy_record(sl_shard *shard, const identity *id, int64_t now, uint8_t *out, size_t room,
                          sl_record_info *info) {
    sl_mutex_lock(&shard->mutex);
    const sl_record *record = sl_shard_find(shard, identity_slice(id), id->hash, now);
    size_t size = 0;
    *info = (sl_record_info){.create_epoch = now, .is_new = true};
    if (record != NULL) {
        *info = (sl_record_info){record->create_epoch, record->update_epoch, record->update_counter,
                                 record->timeout_seconds, false};
        size = sl_record_copy_size(record, now);
        if (size <= room) sl_record_copy(record, now, out);
    }
    sl_mutex_unlock(&shard->mutex);
    return size;
}

static bool load(void *self, const sl_record_key *key, int64_t now, sl_arena *arena, sl_members *members,
                 sl_record_info *info) {
    memory_store *store = self;
    table *in = table_of(store, key->collection);
    if (in == NULL) return false;
    identity id;
    identify(store, key, &id);
    uint8_t small[2048];
    uint8_t *copy = small;
    size_t room = sizeof small;
    size_t size = copy_record(shard_of(in, &id), &id, now, copy, room, info);
    while (size > room) { /* ends: a record has a largest size, and room doubles at least */
        room = size * 2;
        copy = sl_arena_alloc(arena, room);
        size = copy_record(shard_of(in, &id), &id, now, copy, room, info);
    }
    sl_record_copy_read(sl_slice_of(copy, size), arena, members);
    return true;
}

static bool apply(void *self, const sl_record_key *key, int64_t now, const sl_record_terms *terms, const sl_change *changes,
                  size_t count) {
    memory_store *store = self;
    table *in = table_of(store, key->collection);
    if (in == NULL) return false;
    identity id;
    identify(store, key, &id);
    sl_shard *shard = shard_of(in, &id);
    sl_mutex_lock(&shard->mutex);
    const bool is_done = sl_shard_apply(shard, identity_slice(&id), id.hash, now, terms, changes, count);
    sl_mutex_unlock(&shard->mutex);
    return is_done;
}

static void release(void *self) {
    memory_store *store = self;
    for (size_t i = 0; i < tables_max; i++) {
        table *in = atomic_load_explicit(&store->tables[i], memory_order_relaxed);
        if (in == NULL) break;
        for (size_t s = 0; s < shard_count; s++) sl_shard_free(&in->shards[s]);
        free(in);
    }
    sl_mutex_destroy(&store->tables_mutex);
    free(store);
}

static void stats(void *self, seclua_store_stats *out) {
    memory_store *store = self;
    *out = (seclua_store_stats){0};
    for (size_t i = 0; i < tables_max; i++) {
        table *in = atomic_load_explicit(&store->tables[i], memory_order_acquire);
        if (in == NULL) break;
        for (size_t s = 0; s < shard_count; s++) {
            sl_shard *shard = &in->shards[s];
            sl_mutex_lock(&shard->mutex);
            out->records += shard->record_count;
            out->bytes += shard->bytes;
            out->evictions += shard->evictions;
            out->expiries += shard->expiries;
            sl_mutex_unlock(&shard->mutex);
        }
    }
}

static const sl_store_methods methods = {.load = load, .apply = apply, .release = release, .stats = stats};

seclua_store *sl_store_memory_new(const sl_store_memory_limits *limits) {
    memory_store *store = malloc(sizeof *store);
    if (store == NULL) return NULL;
    store->limits = *limits;
    sl_random_bytes(store->seed, sizeof store->seed);
    sl_mutex_init(&store->tables_mutex);
    for (size_t i = 0; i < tables_max; i++) atomic_init(&store->tables[i], NULL);
    sl_store *made = sl_store_new(&methods, store);
    if (made == NULL) release(store);
    return (seclua_store *)made;
}

seclua_store *seclua_store_memory_new(size_t records_max) {
    const sl_store_memory_limits limits = {.records_max = records_max == 0 ? records_max_default : records_max,
                                           .bytes_max = bytes_max_default};
    return sl_store_memory_new(&limits);
}
