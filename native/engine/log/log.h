/* SPDX-License-Identifier: Apache-2.0 */
/* What a human or a collector reads: error-log lines, audit records, the debug log (spec 08). Reads the
 * transaction, decides nothing about it. */
#ifndef SL_LOG_H
#define SL_LOG_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_writers;

/* The error-log line of an event, in v3's format (1.2) unless the options ask for another, in the transaction's arena, at most 8 KiB. */
sl_slice sl_log_line(sl_txn *txn, const seclua_event *event);
/* Bytes below 32, above 126, `"` and `\` as \xHH; cut to limit bytes of output with the omitted note when
 * limit != 0. */
sl_slice sl_log_escape(sl_arena *arena, sl_slice text, size_t limit);
/* Bytes below 32 and 127 only: for text that stands in no quotes. Both give the text itself when nothing has
 * to change. */
sl_slice sl_log_escape_controls(sl_arena *arena, sl_slice text);

/* Does the audit engine want this transaction? (3.1; after phase 5) */
bool sl_audit_wants(const sl_txn *txn);
/* Would RelevantOnly want it? */
bool sl_audit_is_relevant(const sl_txn *txn);
/* The record as one line of JSON without its end (5.4, v3 layout, superset), or as Native text with all parts
 * asked for (4), without the blank line that follows it in a Serial file. */
sl_slice sl_audit_json(sl_txn *txn);
sl_slice sl_audit_native(sl_txn *txn);

/* One line for a receiver of lines of JSON: in the format that SecAuditLogFormat says, when that is one. */
sl_slice sl_audit_line(sl_txn *txn);

/* Opens what SecAuditLog and SecDebugLog name. NULL when neither is set or memory runs out; files that cannot
 * be opened are tried again later, never fatal. A file has one thread, whatever number of engines and rule
 * sets name it; entries are queued (bounded: 10,000 entries or 64 MiB) and written with one write call
 * each. */
struct sl_writers *sl_writers_open(const sl_ruleset *rules);
void sl_writers_close(struct sl_writers *writers); /* flushes, then ends */
/* Writes the finished record by type (Serial, Concurrent) and format. False: the queue was full and a record
 * was lost, this one or an older one whose transaction was let through. */
bool sl_writers_audit(struct sl_writers *writers, sl_txn *txn);
/* One line of the debug log: "[time] [id] [uri] [level] text". text holds no line ends. */
void sl_writers_debug(struct sl_writers *writers, sl_txn *txn, unsigned level, sl_slice text);
/* The same transaction's lines were kept because nobody knew whether they are wanted. Now it is known, and may be said more
 * than once: the first time counts. */
void sl_writers_settle_debug(struct sl_writers *writers, sl_txn *txn, bool is_wanted);
/* Rotation: later entries go to files opened anew. */
void sl_writers_reopen(struct sl_writers *writers);
/* Waits until what was handed over is written, or writing fails. */
void sl_writers_flush(struct sl_writers *writers);

#ifdef __cplusplus
}
#endif
#endif
