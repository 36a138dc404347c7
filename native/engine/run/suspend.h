/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for the outside world (design.md, section 6).
 *
 * Whoever needs something from outside describes it here and returns; the evaluator looks after each action, script and
 * operator whether something is to be waited for, leaves, and is entered again with the answer. A transaction waits for
 * one thing at a time. */
#ifndef SL_SUSPEND_H
#define SL_SUSPEND_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* To be filled in; nothing else may be waited for yet. settle takes the answer in; NULL for an operator, which gets it
 * itself. */
seclua_wait *sl_suspend(sl_txn *txn, seclua_wait_kind kind, void (*settle)(sl_txn *txn, const seclua_answer *answer));
/* The answer is taken in, and nothing is waited for any more. Gives what the operator is to see: NULL after a probe. */
const seclua_answer *sl_suspend_settle(sl_txn *txn, const seclua_answer *answer);
/* Nothing is waited for any more. */
void sl_suspend_forget(sl_txn *txn);

static inline bool sl_suspend_is_pending(const sl_txn *txn) {
    return txn->suspension.request.kind != SECLUA_WAIT_NONE;
}

/* A wait for nothing in particular, by which tests leave wherever that is possible. No settle, no content. */
#define SL_WAIT_PROBE ((seclua_wait_kind)7)

#ifdef SECLUA_CHECKED
bool sl_suspend_probes(sl_txn *txn);
#else
static inline bool sl_suspend_probes(sl_txn *txn) {
    (void)txn;
    return false;
}
#endif

/* Has to be left now? */
static inline bool sl_suspend_is_due(sl_txn *txn) {
    return sl_suspend_is_pending(txn) || sl_suspend_probes(txn);
}

#ifdef __cplusplus
}
#endif
#endif
