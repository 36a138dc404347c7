/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of one phase over one transaction. */
#ifndef SL_EVALUATE_H
#define SL_EVALUATE_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the phase from where the cursor stands; sets the cursor up when none is running. */
void sl_evaluate_phase(sl_txn *txn, unsigned phase);

/* A match as the reference of the event needs it; written out when the chain is complete. */
typedef struct sl_match_place {
    const struct sl_match_place *before;
    const sl_rule *link;
    sl_value value;
    const sl_range *ranges;
    uint8_t range_count;
} sl_match_place;

/* Where the last match of a link came from, for the event. */
typedef struct sl_last_match {
    const sl_rule *link;
    sl_slice name, raw_value, parameter, text;
    const sl_match_place *places; /* of all matches so far, newest first */
    size_t place_count;
    const struct sl_script_match *alert; /* what a script adds to the event; NULL = nothing */
} sl_last_match;

/* Builds and keeps the event of a starter whose whole chain matched. */
seclua_event *sl_event_add(sl_txn *txn, const sl_rule *starter, const sl_last_match *last);

#ifdef __cplusplus
}
#endif
#endif
