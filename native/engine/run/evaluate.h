/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of one phase over one transaction. */
#ifndef SL_EVALUATE_H
#define SL_EVALUATE_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the phase, once. False: it has to wait (run/suspend.h). */
bool sl_evaluate_phase(sl_txn *txn, unsigned phase);
/* Goes on where the phase was left. False: it has to wait again. */
bool sl_evaluate_resume(sl_txn *txn, const seclua_answer *answer);

/* Builds and keeps the event of a starter whose whole chain matched. */
seclua_event *sl_event_add(sl_txn *txn, const sl_rule *starter, const sl_last_match *last);
/* The events of a batch, as they were made at load. */
void sl_event_add_batch(sl_txn *txn, const sl_batch *batch);

#ifdef __cplusplus
}
#endif
#endif
