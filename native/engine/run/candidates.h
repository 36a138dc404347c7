/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules could match which texts: one scan for each distinct text, one answer for each whole list. */
#ifndef SL_CANDIDATES_H
#define SL_CANDIDATES_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Could the operand of this link match the text? True when it has no filter. */
bool sl_candidates_text(sl_txn *txn, const sl_rule *link, sl_text *text);
/* Could it match any of the values that target selects? True when there is no view to tell. */
bool sl_candidates_target(sl_txn *txn, const sl_rule *link, const sl_target *target);
/* A list got a new member while a phase runs. */
void sl_candidates_grown(sl_txn *txn);
/* The units of a block whose starters could match. */
uint64_t sl_candidates_block(sl_txn *txn, const sl_block *block);

#ifdef __cplusplus
}
#endif
#endif
