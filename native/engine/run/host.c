/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which rules and scripts change a transaction: TX, persistent collections, log records.
 *
 * Persistent collections keep a list of operations beside the values that rules see; operations reach the store at the
 * moment that the commit option names. */
#include "run/host.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/digits.h"
#include "base/strbuf.h"
#include "log/log.h"
#include "run/commit.h"
#include "variables/variable.h"

static const char *const collection_names[SL_OWN] = {"ip", "global", "resource", "session", "user"};

/* Lower case, as the store has it. */
static sl_slice collection_name(const sl_txn *txn, size_t id) {
    return id < SL_OWN ? sl_slice_z(collection_names[id]) : txn->rules->own_collections[id - SL_OWN].name;
}

static sl_open_collection *collection_of(sl_txn *txn, sl_slice name) {
    for (int i = 0; i < SL_OWN; i++) {
        if (sl_slice_equal_fold(sl_slice_z(collection_names[i]), name)) return &txn->collections[i];
    }
    for (size_t i = 0; i < txn->rules->own_collection_count; i++) {
        if (sl_slice_equal_fold(txn->rules->own_collections[i].name, name)) return &txn->collections[SL_OWN + i];
    }
    return NULL;
}

static bool is_tx(sl_slice name) { return sl_slice_equal_fold(name, SL_LIT("tx")); }

static int capture_index(sl_slice key) {
    return key.len == 1 && sl_ascii_is_digit(key.ptr[0]) ? key.ptr[0] - '0' : -1;
}

static sl_slice lower(sl_arena *arena, sl_slice text) {
    uint8_t *copy = sl_arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) copy[i] = sl_ascii_lower(text.ptr[i]);
    return sl_slice_of(copy, text.len);
}

static int64_t add_saturating(int64_t a, int64_t b) {
    if (b > 0 && a > INT64_MAX - b) return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b) return INT64_MIN;
    return a + b;
}

static void trace_saving(sl_txn *txn, const char *collection, sl_slice key, sl_slice value) {
    sl_host_debug(txn, 9, "Saving variable: %s:%.*s with value: %.*s", collection, (int)key.len, (const char *)key.ptr,
                  (int)value.len, (const char *)value.ptr);
}

/* ---- TX ---- */

void sl_host_set_tx(sl_txn *txn, sl_slice key, uint32_t key_hash, sl_slice value) {
    const int index = capture_index(key);
    if (index >= 0) {
        txn->captures[index] = sl_text_new(&txn->arena, value);
        return;
    }
    sl_member *known = sl_members_find_hashed(&txn->tx, key, key_hash);
    if (known != NULL) {
        known->value = sl_text_new(&txn->arena, value); /* keys are unique: setting never leaves a second one */
        known->is_preset = false;
    } else {
        sl_members_add_hashed(&txn->tx, &txn->arena, key, key_hash, value);
    }
    if (sl_host_debugs(txn, 9)) trace_saving(txn, "TX", key, value);
}

void sl_host_set_all_tx(sl_txn *txn, const sl_members *presets) {
    if (presets->count != 0 && txn->tx.count == 0) {
        sl_members_copy(&txn->tx, &txn->arena, presets);
        return;
    }
    for (size_t i = 0; i < presets->count; i++) {
        const sl_member *preset = presets->items[i];
        sl_member *known = sl_members_find_hashed(&txn->tx, preset->name->slice, preset->hash);
        if (known != NULL) {
            known->value = sl_text_new(&txn->arena, preset->value->slice);
            known->is_preset = false;
        } else {
            sl_members_add_hashed(&txn->tx, &txn->arena, preset->name->slice, preset->hash, preset->value->slice);
        }
    }
}

void sl_host_add_tx(sl_txn *txn, sl_slice key, uint32_t key_hash, int64_t delta, int64_t *result) {
    const int index = capture_index(key);
    const sl_member *member = index >= 0 ? NULL : sl_members_find_hashed(&txn->tx, key, key_hash);
    const sl_text *old = index >= 0 ? txn->captures[index] : member == NULL ? NULL : member->value;
    *result = add_saturating(old == NULL ? 0 : sl_number_of(old->slice), delta);
    sl_host_set_tx(txn, key, key_hash, sl_digits(&txn->arena, *result));
}

/* ---- persistent collections ---- */

static sl_set_result writable(const sl_open_collection *collection, sl_slice key) {
    if (collection == NULL) return SL_SET_NO_COLLECTION;
    if (!collection->is_open) return SL_SET_NOT_OPEN;
    if (sl_collection_is_read_only(key)) return SL_SET_READ_ONLY;
    return SL_SET_DONE;
}

static sl_change *new_change(sl_txn *txn, sl_open_collection *collection, uint8_t kind, sl_slice key) {
    if (collection->change_count == collection->change_capacity) {
        const size_t capacity = collection->change_capacity == 0 ? 8 : collection->change_capacity * 2;
        sl_change *changes = sl_arena_alloc(&txn->arena, capacity * sizeof *changes);
        if (collection->change_count != 0) {
            memcpy(changes, collection->changes, collection->change_count * sizeof *changes);
        }
        collection->changes = changes;
        collection->change_capacity = capacity;
    }
    sl_change *change = &collection->changes[collection->change_count++];
    memset(change, 0, sizeof *change);
    change->kind = kind;
    change->name = lower(&txn->arena, key);
    collection->is_dirty = true;
    return change;
}

static void changed(sl_txn *txn, sl_open_collection *collection) {
    static const char *const names[SL_OWN] = {"IP", "GLOBAL", "RESOURCE", "SESSION", "USER"};
    const sl_change *change = &collection->changes[collection->change_count - 1];
    const sl_member *member = sl_members_find(&collection->members, change->name);
    if (member != NULL && sl_host_debugs(txn, 9)) {
        const size_t id = (size_t)(collection - txn->collections);
        const char *name = id < SL_OWN ? names[id] : txn->rules->own_collections[id - SL_OWN].variable->name;
        trace_saving(txn, name, change->name, member->value->slice);
    }
    sl_commit_changed(txn, collection);
}

static bool has_room(sl_txn *txn, const sl_open_collection *collection, sl_slice key) {
    const seclua_collection_options *limits = &txn->rules->options.collections;
    const bool is_known = sl_members_find(&collection->members, key) != NULL;
    if (key.len <= limits->name_bytes_max &&
        (is_known || sl_members_live(&collection->members) < limits->variables_max)) {
        return true;
    }
    sl_host_debug(txn, 3, "a persistent collection takes no further variable");
    return false;
}

sl_set_result sl_host_set(sl_txn *txn, sl_slice collection_name, sl_slice key, sl_slice value) {
    if (is_tx(collection_name)) {
        sl_host_set_tx(txn, sl_arena_copy(&txn->arena, key), sl_hash_fold(key), sl_arena_copy(&txn->arena, value));
        return SL_SET_DONE;
    }
    sl_open_collection *collection = collection_of(txn, collection_name);
    const sl_set_result may = writable(collection, key);
    if (may != SL_SET_DONE) return may;
    if (!has_room(txn, collection, key)) return SL_SET_DONE;
    const uint32_t value_bytes_max = txn->rules->options.collections.value_bytes_max;
    if (value.len > value_bytes_max) {
        value.len = value_bytes_max;
        sl_host_debug(txn, 3, "a value of a persistent collection was cut to %u bytes", (unsigned)value_bytes_max);
    }
    const sl_slice kept = sl_arena_copy(&txn->arena, value);
    if (sl_slice_equal_fold(key, SL_LIT("TIMEOUT"))) collection->info.timeout_seconds = sl_number_of(kept);
    sl_change *change = new_change(txn, collection, SL_CHANGE_SET, key);
    change->value = kept;
    sl_members_set(&collection->members, &txn->arena, change->name, kept)->aged_epoch = 0;
    changed(txn, collection);
    return SL_SET_DONE;
}

static int64_t number_in(const sl_members *members, sl_slice key) {
    const sl_member *member = sl_members_find(members, key);
    return member == NULL ? 0 : sl_number_of(member->value->slice);
}

sl_set_result sl_host_add(sl_txn *txn, sl_slice collection_name, sl_slice key, int64_t delta, int64_t *result) {
    if (is_tx(collection_name)) {
        sl_host_add_tx(txn, sl_arena_copy(&txn->arena, key), sl_hash_fold(key), delta, result);
        return SL_SET_DONE;
    }
    sl_open_collection *collection = collection_of(txn, collection_name);
    const sl_set_result may = writable(collection, key);
    if (may != SL_SET_DONE) return may;
    if (!has_room(txn, collection, key)) return SL_SET_DONE;
    const int64_t sum = add_saturating(number_in(&collection->members, key), delta);
    *result = sum < 0 ? 0 : sum;
    sl_change *change = new_change(txn, collection, SL_CHANGE_ADD, key);
    change->delta = delta;
    change->result = SL_NEW(&txn->arena, int64_t);
    *change->result = *result;
    sl_members_set(&collection->members, &txn->arena, change->name, sl_digits(&txn->arena, *result));
    changed(txn, collection);
    *result = number_in(&collection->members, key);
    return SL_SET_DONE;
}

sl_set_result sl_host_unset(sl_txn *txn, sl_slice collection_name, sl_slice key) {
    if (is_tx(collection_name)) {
        const int index = capture_index(key);
        if (index >= 0) txn->captures[index] = NULL;
        sl_members_unset(&txn->tx, key);
        return SL_SET_DONE;
    }
    sl_open_collection *collection = collection_of(txn, collection_name);
    const sl_set_result may = writable(collection, key);
    if (may != SL_SET_DONE) return may;
    new_change(txn, collection, SL_CHANGE_UNSET, key);
    sl_members_unset(&collection->members, key);
    changed(txn, collection);
    return SL_SET_DONE;
}

sl_set_result sl_host_expire(sl_txn *txn, sl_slice collection_name, sl_slice key, int64_t seconds) {
    sl_open_collection *collection = collection_of(txn, collection_name);
    const sl_set_result may = writable(collection, key);
    if (may != SL_SET_DONE) return may;
    sl_change *change = new_change(txn, collection, SL_CHANGE_EXPIRE, key);
    change->expires_epoch = add_saturating(txn->start_us / 1000000, seconds);
    changed(txn, collection);
    return SL_SET_DONE;
}

sl_set_result sl_host_deprecate(sl_txn *txn, sl_slice collection_name, sl_slice key, int64_t amount,
                                int64_t period_seconds) {
    sl_open_collection *collection = collection_of(txn, collection_name);
    const sl_set_result may = writable(collection, key);
    if (may != SL_SET_DONE) return may;
    const sl_member *member = sl_members_find(&collection->members, key);
    if (member == NULL || collection->info.update_epoch == 0) return SL_SET_DONE; /* never stored: nothing has aged */
    const int64_t old = sl_number_of(member->value->slice);
    const bool is_own_age = txn->rules->options.collections.deprecate_own_age;
    int64_t aged_epoch = member->aged_epoch;
    const int64_t aged =
        is_own_age
            ? sl_collection_aged(old, amount, period_seconds, &aged_epoch, txn->now_epoch)
            : sl_collection_deprecated(old, amount, period_seconds, collection->info.update_epoch, txn->now_epoch);
    if (aged == old && aged_epoch == member->aged_epoch) return SL_SET_DONE;
    sl_change *change = new_change(txn, collection, SL_CHANGE_DEPRECATE, key);
    change->amount = amount;
    change->period_seconds = period_seconds;
    change->is_own_age = is_own_age;
    sl_members_set(&collection->members, &txn->arena, change->name, sl_digits(&txn->arena, aged))->aged_epoch = aged_epoch;
    changed(txn, collection);
    return SL_SET_DONE;
}

static void add_bookkeeping(sl_txn *txn, sl_open_collection *collection) {
    const sl_record_info *info = &collection->info;
    const int64_t age = txn->now_epoch - info->create_epoch;
    sl_arena *arena = &txn->arena;
    sl_members *members = &collection->members;
    sl_members_set(members, arena, SL_LIT("KEY"), collection->key.key);
    sl_members_set(members, arena, SL_LIT("TIMEOUT"), sl_digits(arena, info->timeout_seconds));
    sl_members_set(members, arena, SL_LIT("CREATE_TIME"), sl_digits(arena, info->create_epoch));
    sl_members_set(members, arena, SL_LIT("UPDATE_COUNTER"), sl_digits(arena, info->update_counter));
    sl_members_set(members, arena, SL_LIT("UPDATE_RATE"), sl_digits(arena, age <= 0 ? 0 : 60 * info->update_counter / age));
    if (info->update_epoch != 0) {
        sl_members_set(members, arena, SL_LIT("LAST_UPDATE_TIME"), sl_digits(arena, info->update_epoch));
    }
    if (info->is_new) sl_members_set(members, arena, SL_LIT("IS_NEW"), SL_LIT("1"));
}

static size_t count_opened(const sl_txn *txn) {
    size_t count = 0;
    for (int i = 0; i < SL_COLLECTIONS; i++) count += txn->collections[i].is_open;
    return count;
}

bool sl_host_open(sl_txn *txn, sl_collection_id id, sl_slice key) {
    sl_open_collection *collection = &txn->collections[id];
    if (collection->is_open) return true; /* a second initcol is ignored, as in ModSecurity 2 */
    if (key.len == 0) {
        const sl_slice name = collection_name(txn, id);
        sl_host_debug(txn, 3, "initcol: the key of `%.*s' is empty", (int)name.len, (const char *)name.ptr);
        return false;
    }
    const seclua_collection_options *options = &txn->rules->options.collections;
    if (count_opened(txn) >= options->opened_max) {
        sl_host_debug(txn, 3, "initcol: this transaction has opened as many collections as it may");
        return true;
    }
    collection->key.collection = collection_name(txn, id);
    collection->key.key = sl_arena_copy(&txn->arena, key);
    const bool is_scoped = options->scope_all || id == SL_RESOURCE || id == SL_SESSION || id == SL_USER;
    collection->key.space = is_scoped ? txn->rules->config.web_app_id : SL_EMPTY;
    collection->info = (sl_record_info){.create_epoch = txn->now_epoch, .is_new = true};
    if (sl_commit_load(txn, collection)) sl_host_opened(txn, collection);
    return true;
}

void sl_host_opened(sl_txn *txn, sl_open_collection *collection) {
    if (collection->info.timeout_seconds == 0) {
        collection->info.timeout_seconds = txn->rules->config.collection_timeout_seconds;
    }
    collection->is_open = true;
    add_bookkeeping(txn, collection);
    if (sl_host_debugs(txn, 4)) {
        const sl_record_key *key = &collection->key;
        sl_host_debug(txn, 4, "Collection `%.*s' initialized with value: %.*s", (int)key->collection.len,
                      (const char *)key->collection.ptr, (int)key->key.len, (const char *)key->key.ptr);
    }
}

/* ---- log records ---- */

static void keep_record(sl_txn *txn, unsigned level, bool is_script, sl_slice message, sl_slice source) {
    enum { records_max = 20000 }; /* a debug log at level 9 is long; beyond this it helps nobody */
    sl_record_list *list = &txn->log;
    if (list->count >= records_max) return;
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        seclua_log_record **items = sl_arena_alloc(&txn->arena, capacity * sizeof *items);
        if (list->count != 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    seclua_log_record *record = SL_NEW(&txn->arena, seclua_log_record);
    record->level = (uint8_t)level;
    record->is_script = is_script;
    record->message = message;
    record->source = source;
    list->items[list->count++] = record;
}

/* One record, one line: control bytes show themselves. */
static sl_slice escape_controls(sl_arena *arena, sl_slice text) {
    static const char hex[] = "0123456789abcdef";
    sl_strbuf out;
    sl_strbuf_init(&out, arena, text.len + 16);
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte >= 0x20 && byte != 0x7f) {
            sl_strbuf_add_byte(&out, byte);
            continue;
        }
        const uint8_t escape[4] = {'\\', 'x', (uint8_t)hex[byte >> 4], (uint8_t)hex[byte & 15]};
        sl_strbuf_add(&out, sl_slice_of(escape, sizeof escape));
    }
    return sl_strbuf_slice(&out);
}

void sl_host_log(sl_txn *txn, unsigned level, bool is_script, sl_slice message, sl_slice source) {
    enum { message_max = 8192 };
    const bool is_debugged = sl_host_debugs(txn, level);
    if (level > 3 && !is_debugged) return;
    if (message.len > message_max) message.len = message_max;
    const sl_slice escaped = escape_controls(&txn->arena, message);
    keep_record(txn, level, is_script, escaped, sl_arena_copy(&txn->arena, source));
    if (is_debugged && txn->engine->writers != NULL) sl_writers_debug(txn->engine->writers, txn, level, escaped);
}

void sl_host_debug(sl_txn *txn, unsigned level, const char *format, ...) {
    if (!sl_host_debugs(txn, level)) return;
    char text[4096];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0) return;
    const size_t kept = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    const sl_slice escaped = escape_controls(&txn->arena, sl_slice_of(text, kept));
    keep_record(txn, level, false, escaped, SL_EMPTY);
    if (txn->engine->writers != NULL) sl_writers_debug(txn->engine->writers, txn, level, escaped);
}
