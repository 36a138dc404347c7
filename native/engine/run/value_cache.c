/* SPDX-License-Identifier: Apache-2.0 */
#include "run/value_cache.h"

#include <stdlib.h>

#include "base/random.h"
#include "base/siphash.h"

enum {
    set_count = 64, /* of ways each; a power of two */
    ways = 8,
    text_bytes_max = 1024,
    known_bytes_max = 64 * 1024, /* of one text with all that is known of it */
    first_block_bytes = 1024,
    sketch_bits = 11,
    sketch_rows = 2,
    sightings_max = 255,
    age_after = 8 * set_count * ways /* sightings, after which all counts are halved */
};

/* What a block's gates say of a text: links that have refused it are left out. */
typedef struct sl_known_units {
    struct sl_known_units *next;
    const sl_target_gates *gates;
    uint64_t units;
} sl_known_units;

struct sl_known {
    sl_text text;
    sl_arena arena; /* of everything that hangs on text */
    uint64_t hash;
    size_t counted_bytes; /* in cache->bytes */
    sl_known_units *units;
    uint32_t holders; /* transactions */
    const sl_txn *last_holder;
    uint8_t sightings;
    bool is_settled; /* a transaction has ended with it: the links that refuse it have said so */
    bool is_out;     /* not in the table any more */
};

struct sl_value_cache {
    sl_known *sets[set_count][ways];
    uint8_t sketch[sketch_rows][1 << sketch_bits];
    uint64_t key[2];
    size_t bytes, bytes_max;
    uint32_t sightings;
    uint8_t sightings_min; /* of a text before it is kept */
};

/* Texts that a transaction holds. */
typedef struct sl_held {
    struct sl_held *next;
    sl_known *known;
} sl_held;

sl_value_cache *sl_value_cache_new(size_t bytes_max) {
    sl_value_cache *cache = bytes_max == 0 ? NULL : calloc(1, sizeof *cache);
    if (cache == NULL) return NULL;
    cache->bytes_max = bytes_max;
    cache->sightings_min = 2;
    sl_random_bytes((uint8_t *)cache->key, sizeof cache->key);
    return cache;
}

static void drop(sl_known *known) {
    sl_arena_free(&known->arena);
    free(known);
}

void sl_value_cache_free(sl_value_cache *cache) {
    if (cache == NULL) return;
    for (size_t s = 0; s < set_count; s++) {
        for (size_t w = 0; w < ways; w++) {
            if (cache->sets[s][w] != NULL) drop(cache->sets[s][w]);
        }
    }
    free(cache);
}

/* ---- who stays ---- */

static uint8_t *counter(sl_value_cache *cache, unsigned row, uint64_t hash) {
    return &cache->sketch[row][hash >> (24 + 16 * row) & ((1 << sketch_bits) - 1)];
}

/* Every so often all counts are halved: what was frequent once must not stay for ever. */
static void age(sl_value_cache *cache) {
    cache->sightings = 0;
    for (size_t row = 0; row < sketch_rows; row++) {
        for (size_t i = 0; i < sizeof cache->sketch[row]; i++) cache->sketch[row][i] /= 2;
    }
    for (size_t s = 0; s < set_count; s++) {
        for (size_t w = 0; w < ways; w++) {
            if (cache->sets[s][w] != NULL) cache->sets[s][w]->sightings /= 2;
        }
    }
}

/* How often a text that is not kept was seen, this time included; never too few but for aging, sometimes too many. */
static uint8_t count_sighting(sl_value_cache *cache, uint64_t hash) {
    uint8_t least = sightings_max;
    for (unsigned row = 0; row < sketch_rows; row++) {
        uint8_t *count = counter(cache, row, hash);
        if (*count < sightings_max) (*count)++;
        if (*count < least) least = *count;
    }
    return least;
}

static sl_known **set_of(sl_value_cache *cache, uint64_t hash) {
    return cache->sets[hash & (set_count - 1)];
}

static sl_known *find(sl_known *const *set, uint64_t hash, sl_slice value) {
    for (size_t w = 0; w < ways; w++) {
        sl_known *known = set[w];
        if (known != NULL && known->hash == hash && sl_slice_equal(known->text.slice, value)) return known;
    }
    return NULL;
}

static void take_out(sl_value_cache *cache, sl_known *known) {
    sl_known **set = set_of(cache, known->hash);
    for (size_t w = 0; w < ways; w++) {
        if (set[w] == known) set[w] = NULL;
    }
    cache->bytes -= known->counted_bytes;
    known->is_out = true;
    if (known->holders == 0) drop(known);
}

/* A free place, or that of a text that is seen less often; NULL: there is none. */
static sl_known **place_for(sl_value_cache *cache, uint64_t hash, uint8_t sightings) {
    sl_known **set = set_of(cache, hash), **place = &set[0];
    for (size_t w = 0; w < ways && *place != NULL; w++) {
        if (set[w] == NULL || set[w]->sightings < (*place)->sightings) place = &set[w];
    }
    const bool is_full = cache->bytes + known_bytes_max > cache->bytes_max;
    if (*place == NULL) return is_full ? NULL : place;
    if ((*place)->sightings >= sightings) return NULL;
    take_out(cache, *place);
    return place;
}

/* A kept text runs out of memory in some step of some transaction: it is that one's failure. */
static void exhausted(void *context) {
    const sl_engine *engine = context;
    engine->running->arena.exhausted(engine->running);
}

static void count_bytes(sl_value_cache *cache, sl_known *known) {
    cache->bytes -= known->counted_bytes;
    known->counted_bytes = sizeof *known + known->arena.used_bytes;
    cache->bytes += known->counted_bytes;
}

static sl_known *admit(sl_engine *engine, uint64_t hash, sl_slice value) {
    sl_value_cache *cache = engine->value_cache;
    const uint8_t sightings = count_sighting(cache, hash);
    if (sightings < cache->sightings_min) return NULL;
    sl_known **place = place_for(cache, hash, sightings);
    sl_known *known = place == NULL ? NULL : calloc(1, sizeof *known);
    if (known == NULL) return NULL;
    sl_arena_init(&known->arena, 0, exhausted, engine);
    known->arena.first_block_bytes = first_block_bytes;
    known->hash = hash;
    known->sightings = sightings;
    known->text.known = known;
    *place = known; /* owned from here on, whatever happens to this transaction */
    known->text.slice = sl_arena_copy(&known->arena, value);
    count_bytes(cache, known);
    return known;
}

/* ---- for a transaction ---- */

static void hold(sl_txn *txn, sl_known *known) {
    sl_held *held = sl_arena_alloc(&txn->arena, sizeof *held);
    held->known = known;
    held->next = txn->held;
    txn->held = held;
    known->holders++;
    known->last_holder = txn;
}

sl_text *sl_value_cache_find(sl_txn *txn, sl_slice value) {
    sl_value_cache *cache = txn->engine->value_cache;
    if (cache == NULL || value.len == 0 || value.len > text_bytes_max) return NULL;
    if (++cache->sightings >= age_after) age(cache);
    txn->engine->stats.value_cache_lookups++;
    const uint64_t hash = sl_siphash(cache->key, value);
    sl_known *known = find(set_of(cache, hash), hash, value);
    if (known != NULL && known->last_holder == txn) return NULL;
    if (known != NULL) {
        if (known->sightings < sightings_max) known->sightings++;
        txn->engine->stats.value_cache_hits++;
    } else {
        known = admit(txn->engine, hash, value);
    }
    if (known == NULL) return NULL;
    hold(txn, known);
    return &known->text;
}

void sl_value_cache_release(sl_txn *txn) {
    sl_value_cache *cache = txn->engine->value_cache;
    for (const sl_held *held = txn->held; held != NULL; held = held->next) {
        sl_known *known = held->known;
        known->holders--;
        if (known->last_holder == txn) known->last_holder = NULL;
        known->is_settled = true;
        if (known->is_out) {
            if (known->holders == 0) drop(known);
            continue;
        }
        count_bytes(cache, known);
        if (known->counted_bytes > known_bytes_max || cache->bytes > cache->bytes_max) take_out(cache, known);
    }
    txn->held = NULL;
}

size_t sl_value_cache_bytes(const sl_value_cache *cache) { return cache->bytes; }

void sl_value_cache_keep_at_once(sl_value_cache *cache) { cache->sightings_min = 1; }

sl_arena *sl_value_cache_arena(sl_known *known) {
    return &known->arena;
}

bool sl_value_cache_units(const sl_known *known, const sl_target_gates *gates, uint64_t *units) {
    for (const sl_known_units *each = known->units; each != NULL; each = each->next) {
        if (each->gates != gates) continue;
        *units = each->units;
        return true;
    }
    return false;
}

void sl_value_cache_keep_units(sl_known *known, const sl_target_gates *gates, uint64_t units) {
    if (!known->is_settled) return;
    sl_known_units *kept = sl_arena_alloc(&known->arena, sizeof *kept);
    *kept = (sl_known_units){known->units, gates, units};
    known->units = kept;
}
