/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction waits for: put down, taken back, and shown to whoever answers. */
#include "run/suspend.h"

#include "base/check.h"
#include "run/verdict.h"

seclua_wait *sl_suspend(sl_txn *txn, seclua_wait_kind kind, void (*settle)(sl_txn *txn, const seclua_answer *answer)) {
    sl_assert(!sl_suspend_is_pending(txn));
    txn->suspension.request.kind = kind;
    txn->suspension.settle = settle;
    return &txn->suspension.request;
}

const seclua_answer *sl_suspend_settle(sl_txn *txn, const seclua_answer *answer) {
    const seclua_wait_kind kind = txn->suspension.request.kind;
    void (*const settle)(sl_txn *, const seclua_answer *) = txn->suspension.settle;
    sl_suspend_forget(txn);
    if (answer->status == SECLUA_ANSWER_REFUSED && txn->rules->options.deny_when_busy) {
        sl_verdict_engine_intervenes(txn, 503, SL_LIT("Too many transactions wait for an answer"));
    }
    if (settle != NULL) settle(txn, answer);
    return kind == SL_WAIT_PROBE ? NULL : answer;
}

void sl_suspend_forget(sl_txn *txn) {
    txn->suspension.request.kind = SECLUA_WAIT_NONE;
    txn->suspension.settle = NULL;
}

#ifdef SECLUA_CHECKED
bool sl_suspend_probes(sl_txn *txn) {
    if (!txn->engine->probes_suspension) return false;
    sl_suspend(txn, SL_WAIT_PROBE, NULL);
    return true;
}
#endif

const seclua_wait *seclua_txn_wait(const seclua_txn *handle) {
    const sl_txn *txn = (const sl_txn *)handle;
    return sl_suspend_is_pending(txn) ? &txn->suspension.request : NULL;
}
