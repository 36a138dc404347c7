/* SPDX-License-Identifier: Apache-2.0 */
/* When changes of persistent collections reach the store (spec 07, 7.1). */
#ifndef SL_COMMIT_H
#define SL_COMMIT_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the store knows of the collection. False: it has to be waited for; then sl_host_opened is called. */
bool sl_commit_load(sl_txn *txn, sl_open_collection *collection);
/* A change was made: the commit option says whether it goes out now. */
void sl_commit_changed(sl_txn *txn, sl_open_collection *collection);
/* Sends whatever changed and lets rules see the store's sums: now, or with the next sl_commit_flush. */
void sl_commit_all(sl_txn *txn);
/* To a remote store, when txn->is_flush_due. Stays due as long as something else is waited for. */
void sl_commit_flush(sl_txn *txn);

#ifdef __cplusplus
}
#endif
#endif
