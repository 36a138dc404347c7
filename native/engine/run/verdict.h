/* SPDX-License-Identifier: Apache-2.0 */
/* Who wins: the first intervention, allow, and what a matched rule's disruptive action comes to. */
#ifndef SL_VERDICT_H
#define SL_VERDICT_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The engine's own interventions: limits, errors, a store that does not answer. Only with the engine On. */
void sl_verdict_engine_intervenes(sl_txn *txn, uint16_t status, sl_slice message);
/* Carries out the disruptive action of a starter whose chain matched, and fills the event's part of it. */
void sl_verdict_apply(sl_txn *txn, const sl_rule *starter, seclua_event *event);
/* True when a first match settles the rule: it will intervene. */
bool sl_verdict_stops_at_first(const sl_txn *txn, const sl_rule *starter);
/* May this phase run at all? (spec 03, section 3) */
bool sl_verdict_lets_phase(const sl_txn *txn, unsigned phase);

#ifdef __cplusplus
}
#endif
#endif
