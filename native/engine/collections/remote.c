/* SPDX-License-Identifier: Apache-2.0 */
/* A store that is not in this process: whoever runs the transaction answers for it.
 *
 * Nothing is kept here. What is to be loaded and applied goes through the suspension of the transaction. */
#include "collections/collection.h"

static void release(void *self) {
    (void)self;
}

static const sl_store_methods methods = {.is_remote = true, .release = release};

seclua_store *seclua_store_remote_new(void) {
    return (seclua_store *)sl_store_new(&methods, NULL);
}
