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
/* Is it known that the operator of this negated link says no to the text? */
bool sl_candidates_refuses(sl_txn *txn, const sl_rule *link, sl_text *text);
/* The values that target selects, but for those of which it is known that the link cannot match them. */
void sl_candidates_values(sl_txn *txn, const sl_rule *link, const sl_target *target, sl_values *values);
/* A list got a new member while a phase runs. */
void sl_candidates_grown(sl_txn *txn);
/* The units of a block whose starters could match. */
uint64_t sl_candidates_block(sl_txn *txn, const sl_block *block);

#ifdef __cplusplus
}
#endif
#endif
