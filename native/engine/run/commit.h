/* SPDX-License-Identifier: Apache-2.0 */
/* When changes of persistent collections reach the store (spec 07, 7.1). */
#ifndef SL_COMMIT_H
#define SL_COMMIT_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sends what changed and lets rules see the store's sums. */
void sl_commit_collection(sl_txn *txn, sl_open_collection *collection);
void sl_commit_all(sl_txn *txn);
/* The store did not answer: the onStoreError option decides. */
void sl_commit_failed(sl_txn *txn, const sl_open_collection *collection);

#ifdef __cplusplus
}
#endif
#endif
