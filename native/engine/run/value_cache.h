/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that outlive their transaction, with what is known of them.
 *
 * Most header values are the same from one request to the next. A text that keeps coming is kept by the engine with all
 * that a text remembers: what each pipeline makes of it, what the candidate index finds in it, which links do not match
 * it. All of that depends on the text and on the rule set only, so that a later transaction may take it over.
 *
 * Nobody can push useful texts out by sending new ones. A text is kept from its second sighting on; where there is no
 * room it has to be more frequent than the least frequent of the few whose place it may take (TinyLFU: Einziger,
 * Friedman, Manes, ACM Transactions on Storage 13(4), 2017). Which those are is a keyed hash (SipHash-1-3, Aumasson and
 * Bernstein 2012) that clients cannot foretell. Memory is bounded by the number of texts, the size of each, and of all.
 */
#ifndef SL_VALUE_CACHE_H
#define SL_VALUE_CACHE_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_value_cache sl_value_cache;
typedef struct sl_known sl_known;

/* NULL with bytes_max 0, and without memory: the engine does without. */
sl_value_cache *sl_value_cache_new(size_t bytes_max);
/* No transaction holds a text any more. */
void sl_value_cache_free(sl_value_cache *cache);

/* The kept text of this value, which stays until the transaction ends; NULL: none is kept, or the transaction has it
 * already. Where a value stood in a request is told by its address, so no two of a request share one. */
sl_text *sl_value_cache_find(sl_txn *txn, sl_slice value);
/* The transaction ends. */
void sl_value_cache_release(sl_txn *txn);
/* Of all texts that are kept, with what hangs on them. */
size_t sl_value_cache_bytes(const sl_value_cache *cache);
/* Tests: a text is kept from its first sighting on, so that one request is enough to meet it again. */
void sl_value_cache_keep_at_once(sl_value_cache *cache);
/* Where what hangs on a kept text lives. */
sl_arena *sl_value_cache_arena(sl_known *known);

/* What target_gates lets through for a kept text; false: not known yet. */
bool sl_value_cache_units(const sl_known *known, const sl_target_gates *gates, uint64_t *units);
void sl_value_cache_keep_units(sl_known *known, const sl_target_gates *gates, uint64_t units);

#ifdef __cplusplus
}
#endif
#endif
