/* SPDX-License-Identifier: Apache-2.0 */
/* What a human or a collector reads: error-log lines, audit records, the debug log (spec 08). Reads the transaction, decides
 * nothing about it. */
#ifndef SL_LOG_H
#define SL_LOG_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_writers;

/* The error-log line of an event in v3's format (1.2), in the transaction's arena, at most 8 KiB. */
sl_slice sl_log_line(sl_txn *txn, const seclua_event *event);
/* Bytes below 32, above 126, `"` and `\` as \xHH; cut to limit bytes of output with the omitted note when limit != 0. */
sl_slice sl_log_escape(sl_arena *arena, sl_slice text, size_t limit);

/* Does the audit engine want this transaction? (3.1; after phase 5) */
bool sl_audit_wants(const sl_txn *txn);
/* The record as one line of JSON (5.4, v3 layout, superset) or as Native text with all parts asked for (4). */
sl_slice sl_audit_json(sl_txn *txn);
sl_slice sl_audit_native(sl_txn *txn);

/* Opens what SecAuditLog and SecDebugLog name. NULL when neither is set; failures are kept and counted, never fatal. The
 * writers own a thread: entries are queued (bounded: 10,000 entries or 64 MiB) and written one write call each. Shared by the
 * engines of a rule set through a reference count inside. */
struct sl_writers *sl_writers_open(const sl_ruleset *rules);
void sl_writers_close(struct sl_writers *writers); /* flushes, then ends */
/* Writes the finished record by type (Serial, Concurrent) and format; false when it was dropped. */
bool sl_writers_audit(struct sl_writers *writers, sl_txn *txn);
/* One line of the debug log: "[time] [id] [uri] [level] text". */
void sl_writers_debug(struct sl_writers *writers, const sl_txn *txn, unsigned level, sl_slice text);
void sl_writers_reopen(struct sl_writers *writers); /* rotation */

#ifdef __cplusplus
}
#endif
#endif
