/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a store, whatever adapter is behind it: counted references, shared by engines of any thread. */
#include <stdatomic.h>
#include <stdlib.h>

#include "collections/collection.h"

/* store comes first: a pointer to it is a pointer to the whole. */
typedef struct counted_store {
    sl_store store;
    atomic_size_t references;
} counted_store;

sl_store *sl_store_new(const sl_store_methods *methods, void *self) {
    counted_store *counted = malloc(sizeof *counted);
    if (counted == NULL) return NULL;
    counted->store.methods = methods;
    counted->store.self = self;
    atomic_init(&counted->references, 1);
    return &counted->store;
}

sl_store *sl_store_acquire(sl_store *store) {
    atomic_fetch_add_explicit(&((counted_store *)store)->references, 1, memory_order_relaxed);
    return store;
}

void seclua_store_release(seclua_store *handle) {
    if (handle == NULL) return;
    counted_store *counted = (counted_store *)handle;
    if (atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) != 1) return;
    counted->store.methods->release(counted->store.self);
    free(counted);
}

void seclua_store_stats_of(const seclua_store *handle, seclua_store_stats *out) {
    const sl_store *store = (const sl_store *)handle;
    *out = (seclua_store_stats){0};
    if (store->methods->stats != NULL) store->methods->stats(store->self, out);
}
