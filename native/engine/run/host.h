/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts and actions may do to a transaction: the only ways in which rule state changes. */
#ifndef SL_HOST_H
#define SL_HOST_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_set_result {
    SL_SET_DONE = 0,
    SL_SET_NO_COLLECTION, /* no such collection, or not writable */
    SL_SET_NOT_OPEN,      /* persistent collection without initcol */
    SL_SET_READ_ONLY      /* bookkeeping name */
} sl_set_result;

/* collection: "tx", "ip", … any case. Texts are copied into the arena. */
sl_set_result sl_host_set(sl_txn *txn, sl_slice collection, sl_slice key, sl_slice value);
/* The same for TX where the key's hash (sl_hash_fold) is known. Texts are kept: they have to live as long as the transaction. */
void sl_host_set_tx(sl_txn *txn, sl_slice key, uint32_t key_hash, sl_slice value);
/* Several, with texts of the rule set, which are not copied. None is a capture. */
void sl_host_set_all_tx(sl_txn *txn, const sl_members *presets);
/* Adds to a number of TX; the key is kept, too. */
void sl_host_add_tx(sl_txn *txn, sl_slice key, uint32_t key_hash, int64_t delta, int64_t *result);
/* Adds; *result is the new value (TX may be negative, persistent ones floor at 0). */
sl_set_result sl_host_add(sl_txn *txn, sl_slice collection, sl_slice key, int64_t delta, int64_t *result);
sl_set_result sl_host_unset(sl_txn *txn, sl_slice collection, sl_slice key);
sl_set_result sl_host_expire(sl_txn *txn, sl_slice collection, sl_slice key, int64_t seconds);
sl_set_result sl_host_deprecate(sl_txn *txn, sl_slice collection, sl_slice key, int64_t amount, int64_t period_seconds);
/* initcol and set*id. False: the key is empty. A remote store is waited for: the collection opens when it has answered. */
bool sl_host_open(sl_txn *txn, sl_collection_id collection, sl_slice key);
/* Its record is there, or known to be none. */
void sl_host_opened(sl_txn *txn, sl_open_collection *collection);

/* append and prepend: adds text at one of the two places of txn->changes. */
void sl_host_inject(sl_txn *txn, sl_slice *place, sl_slice text);
/* STREAM_INPUT_BODY and STREAM_OUTPUT_BODY: the body as @rsub left it. False: unset. */
bool sl_host_stream(sl_txn *txn, bool is_response, sl_slice *text);

/* A record for the error log, the log event and the debug log. message is escaped here. */
void sl_host_log(sl_txn *txn, unsigned level, bool is_script, sl_slice message, sl_slice source);
/* True when a debug line of that level would be read by anybody: ask before formatting. */
static inline bool sl_host_debugs(const sl_txn *txn, unsigned level) { return level <= txn->debug_level; }
/* A line for the debug log only. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void sl_host_debug(sl_txn *txn, unsigned level, const char *format, ...);

/* Expands into the arena; a literal macro gives its own source. */
sl_slice sl_macro_expand(sl_txn *txn, const sl_macro *macro);
/* The same text, to live as long as the transaction: one that a variable holds may go with it. */
sl_slice sl_macro_keep(sl_txn *txn, const sl_macro *macro, sl_slice expanded);
/* Parses text into a macro. */
const sl_macro *sl_macro_parse(const sl_ruleset *rules, sl_arena *arena, sl_slice text, void (*unknown)(void *context, sl_slice name), void *context);

/* By one of the rule set's own (run/own_transformation.c); value itself, with txn->transformation_failed, when it fails. */
sl_slice sl_own_transform(sl_txn *txn, const struct sl_own_transformation *own, sl_slice value);
/* The text after one transformation; memoised (run/values.c). */
sl_text *sl_values_transform(sl_txn *txn, sl_text *text, const sl_transformation *transformation);

#ifdef __cplusplus
}
#endif
#endif
