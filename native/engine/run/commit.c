/* SPDX-License-Identifier: Apache-2.0 */
/* From overlay to store: one atomic batch for each record. */
#include "run/commit.h"

#include <stdio.h>

#include "base/digits.h"
#include "run/host.h"
#include "run/verdict.h"

void sl_commit_failed(sl_txn *txn, const sl_open_collection *collection) {
    char text[96];
    const int len = snprintf(text, sizeof text, "the store of persistent collections does not answer (%.*s)",
                             (int)collection->key.collection.len, (const char *)collection->key.collection.ptr);
    sl_host_log(txn, 1, false, sl_slice_of(text, (size_t)len), SL_LIT("store"));
    sl_host_set(txn, SL_LIT("tx"), SL_LIT("collection_error"), collection->key.collection);
    if (txn->rules->options.deny_on_store_error) {
        sl_verdict_engine_intervenes(txn, 503, SL_LIT("The store of persistent collections does not answer"));
    }
}

void sl_commit_collection(sl_txn *txn, sl_open_collection *collection) {
    const sl_store *store = txn->engine->store;
    if (!collection->is_dirty || store == NULL) return;
    const size_t count = collection->change_count;
    collection->is_dirty = false;
    collection->change_count = 0;
    if (!store->methods->apply(store->self, &collection->key, txn->now_epoch, collection->info.timeout_seconds,
                               collection->changes, count)) {
        sl_commit_failed(txn, collection);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const sl_change *change = &collection->changes[i];
        if (change->kind != SL_CHANGE_ADD) continue;
        sl_members_set(&collection->members, &txn->arena, change->name, sl_digits(&txn->arena, *change->result));
    }
}

void sl_commit_all(sl_txn *txn) {
    for (int i = 0; i < SL_COLLECTIONS; i++) {
        if (txn->collections[i].is_open) sl_commit_collection(txn, &txn->collections[i]);
    }
}
