/* SPDX-License-Identifier: Apache-2.0 */
/* From store to overlay and back: a record is loaded once, its changes go out as one atomic batch.
 *
 * A store in this process is asked in place. For one on another machine the transaction waits; the batch then holds all the
 * records that have changed. */
#include "run/commit.h"

#include "base/digits.h"
#include "base/strbuf.h"
#include "run/clock.h"
#include "run/host.h"
#include "run/suspend.h"
#include "run/verdict.h"

/* The store did not answer: the onStoreError option decides. why may be empty. */
static void commit_failed(sl_txn *txn, const sl_open_collection *collection, sl_slice why) {
    txn->engine->stats.store_errors++;
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 128);
    sl_strbuf_add_z(&text, "the store of persistent collections does not answer (");
    sl_strbuf_add(&text, collection->key.collection);
    sl_strbuf_add_z(&text, ")");
    if (why.len != 0) {
        sl_strbuf_add_z(&text, ": ");
        sl_strbuf_add(&text, why);
    }
    sl_host_log(txn, 1, false, sl_strbuf_slice(&text), SL_LIT("store"));
    sl_host_set(txn, SL_LIT("tx"), SL_LIT("collection_error"), collection->key.collection);
    if (txn->rules->options.deny_on_store_error) {
        sl_verdict_engine_intervenes(txn, 503, SL_LIT("The store of persistent collections does not answer"));
    }
}

static bool is_remote(const sl_txn *txn) { return txn->engine->store != NULL && txn->engine->store->methods->is_remote; }

/* The store's sum is what rules see from now on. */
static void take_sum(sl_txn *txn, sl_open_collection *collection, sl_slice name, sl_slice digits) {
    sl_members_set(&collection->members, &txn->arena, name, digits);
}

/* ---- a store in this process ---- */

static void commit_in_place(sl_txn *txn, sl_open_collection *collection) {
    const sl_store *store = txn->engine->store;
    if (!collection->is_dirty || store == NULL) return;
    const size_t count = collection->change_count;
    collection->is_dirty = false;
    collection->change_count = 0;
    const seclua_collection_options *limits = &txn->rules->options.collections;
    const sl_record_terms terms = {collection->info.timeout_seconds, limits->name_bytes_max, limits->value_bytes_max,
                                   limits->variables_max};
    const int64_t began_us = sl_clock_monotonic_us();
    const bool is_applied =
        store->methods->apply(store->self, &collection->key, txn->now_epoch, &terms, collection->changes, count);
    txn->store_write_us += sl_clock_monotonic_us() - began_us;
    if (!is_applied) {
        commit_failed(txn, collection, SL_EMPTY);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const sl_change *change = &collection->changes[i];
        if (change->kind != SL_CHANGE_ADD) continue;
        take_sum(txn, collection, change->name, sl_digits(&txn->arena, *change->result));
    }
}

/* ---- a remote store: loading ---- */

static seclua_record record_of(const sl_open_collection *collection) {
    return (seclua_record){collection->key.space, collection->key.collection, collection->key.key};
}

/* The record's own figures come as variables of it. */
static int64_t *figure_named(sl_record_info *info, sl_slice name) {
    if (sl_slice_equal_fold(name, SL_LIT("create_time"))) return &info->create_epoch;
    if (sl_slice_equal_fold(name, SL_LIT("last_update_time"))) return &info->update_epoch;
    if (sl_slice_equal_fold(name, SL_LIT("update_counter"))) return &info->update_counter;
    if (sl_slice_equal_fold(name, SL_LIT("timeout"))) return &info->timeout_seconds;
    return NULL;
}

static void take_record(sl_txn *txn, sl_open_collection *collection, const seclua_answer *answer) {
    for (size_t i = 0; i < answer->member_count; i++) {
        const seclua_member *member = &answer->members[i];
        int64_t *figure = figure_named(&collection->info, member->name);
        if (figure != NULL) *figure = sl_number_of(member->value);
        if (figure != NULL || sl_slice_starts(member->name, SL_LIT("__"))) continue;
        sl_members_set(&collection->members, &txn->arena, sl_arena_copy(&txn->arena, member->name),
                       sl_arena_copy(&txn->arena, member->value));
    }
}

static void loaded(sl_txn *txn, const seclua_answer *answer) {
    sl_open_collection *collection = &txn->collections[txn->suspension.collections[0]];
    collection->info.is_new = answer->status == SECLUA_ANSWERED && !answer->is_found;
    if (answer->status != SECLUA_ANSWERED) commit_failed(txn, collection, answer->reason);
    else take_record(txn, collection, answer);
    sl_host_opened(txn, collection);
}

bool sl_commit_load(sl_txn *txn, sl_open_collection *collection) {
    const sl_store *store = txn->engine->store;
    if (!is_remote(txn)) {
        const int64_t began_us = sl_clock_monotonic_us();
        if (store != NULL && !store->methods->load(store->self, &collection->key, txn->start_us / 1000000, &txn->arena,
                                                   &collection->members, &collection->info)) {
            commit_failed(txn, collection, SL_EMPTY);
        }
        txn->store_read_us += sl_clock_monotonic_us() - began_us;
        return true;
    }
    sl_suspend(txn, SECLUA_WAIT_LOAD, loaded)->of.load = record_of(collection);
    txn->suspension.collections[0] = (uint8_t)(collection - txn->collections);
    return false;
}

/* ---- a remote store: applying ---- */

_Static_assert((int)SL_CHANGE_SET == (int)SECLUA_CHANGE_SET && (int)SL_CHANGE_ADD == (int)SECLUA_CHANGE_ADD &&
                   (int)SL_CHANGE_UNSET == (int)SECLUA_CHANGE_UNSET && (int)SL_CHANGE_EXPIRE == (int)SECLUA_CHANGE_EXPIRE &&
                   (int)SL_CHANGE_DEPRECATE == (int)SECLUA_CHANGE_DEPRECATE,
               "the public kinds of changes are the stores'");

/* The changes of the rules, and what they mean for the record's own figures. */
static void fill_changes(sl_txn *txn, const sl_open_collection *collection, seclua_record_change *record) {
    enum { own_max = 3 };
    seclua_change *changes = SL_NEW_ARRAY(&txn->arena, seclua_change, collection->change_count + own_max);
    size_t count = 0;
    for (; count < collection->change_count; count++) {
        const sl_change *from = &collection->changes[count];
        changes[count] = (seclua_change){(seclua_change_kind)from->kind, from->name,          from->value, from->delta,
                                         from->expires_epoch,            from->amount, from->period_seconds};
    }
    const sl_slice now = sl_digits(&txn->arena, txn->now_epoch);
    if (collection->info.update_epoch == 0 && collection->info.is_new) {
        changes[count++] = (seclua_change){.kind = SECLUA_CHANGE_SET, .name = SL_LIT("create_time"), .value = now};
    }
    changes[count++] = (seclua_change){.kind = SECLUA_CHANGE_ADD, .name = SL_LIT("update_counter"), .delta = 1};
    changes[count++] = (seclua_change){.kind = SECLUA_CHANGE_SET, .name = SL_LIT("last_update_time"), .value = now};
    record->changes = changes;
    record->change_count = count;
}

static void applied(sl_txn *txn, const seclua_answer *answer) {
    const size_t count = txn->suspension.request.of.apply.count;
    for (size_t i = 0; i < count && answer->status != SECLUA_ANSWERED; i++) {
        commit_failed(txn, &txn->collections[txn->suspension.collections[i]], answer->reason);
    }
    for (size_t i = 0; i < answer->member_count && answer->status == SECLUA_ANSWERED; i++) {
        const seclua_member *sum = &answer->members[i];
        sl_record_info unused;
        if (sum->record >= count || figure_named(&unused, sum->name) != NULL) continue;
        take_sum(txn, &txn->collections[txn->suspension.collections[sum->record]], sl_arena_copy(&txn->arena, sum->name),
                 sl_arena_copy(&txn->arena, sum->value));
    }
}

static void commit_remotely(sl_txn *txn) {
    txn->is_flush_due = false;
    size_t count = 0;
    seclua_record_change *records = SL_NEW_ARRAY(&txn->arena, seclua_record_change, SL_COLLECTIONS);
    for (int i = 0; i < SL_COLLECTIONS; i++) {
        sl_open_collection *collection = &txn->collections[i];
        if (!collection->is_open || !collection->is_dirty) continue;
        records[count].record = record_of(collection);
        records[count].ttl_seconds = collection->info.timeout_seconds;
        fill_changes(txn, collection, &records[count]);
        collection->is_dirty = false;
        collection->change_count = 0;
        collection->info.update_epoch = txn->now_epoch;
        txn->suspension.collections[count++] = (uint8_t)i;
    }
    if (count == 0) return;
    seclua_wait *wait = sl_suspend(txn, SECLUA_WAIT_APPLY, applied);
    wait->of.apply.records = records;
    wait->of.apply.count = count;
}

/* ---- when ---- */

void sl_commit_changed(sl_txn *txn, sl_open_collection *collection) {
    if (txn->rules->options.commit != SECLUA_COMMIT_IMMEDIATE) return;
    if (is_remote(txn)) txn->is_flush_due = true; /* a script that changes much waits once, at its end */
    else commit_in_place(txn, collection);
}

void sl_commit_flush(sl_txn *txn) {
    if (!sl_suspend_is_pending(txn)) commit_remotely(txn);
}

void sl_commit_all(sl_txn *txn) {
    if (is_remote(txn)) {
        txn->is_flush_due = true;
        return;
    }
    for (int i = 0; i < SL_COLLECTIONS; i++) {
        if (txn->collections[i].is_open) commit_in_place(txn, &txn->collections[i]);
    }
}
