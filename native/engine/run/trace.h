/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the debug log in the shapes that users of ModSecurity 3 search for (spec 08, section 7), and [ref "…"]. Callers
 * ask sl_host_debugs first: nothing is formatted that nobody reads. */
#ifndef SL_TRACE_H
#define SL_TRACE_H

#include "run/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

void sl_trace_phase(sl_txn *txn, unsigned phase, size_t unit_count);
void sl_trace_rule(sl_txn *txn, const sl_rule *link);
void sl_trace_result(sl_txn *txn, const sl_rule *link, bool matched);
void sl_trace_value(sl_txn *txn, const sl_value *value, const sl_text *text);
void sl_trace_pipeline(sl_txn *txn, const sl_pipeline *pipeline, sl_text *from);
void sl_trace_capture(sl_txn *txn, int index, sl_slice text);
void sl_trace_action(sl_txn *txn, const char *name);
/* What skipAfter passes over. */
void sl_trace_jump(sl_txn *txn, const sl_rule *starter);
/* What a rule that matched does besides its non-disruptive actions. */
void sl_trace_finish(sl_txn *txn, const sl_rule *starter);
/* Always recorded: the rule took longer than SecRulePerfTime. */
void sl_trace_slow_rule(sl_txn *txn, const sl_rule *starter, int64_t taken_us);
/* Always recorded: a limit at level 3, an error at level 1. */
void sl_trace_failed(sl_txn *txn, const sl_rule *link, sl_slice variable, bool is_limit, sl_slice why);
/* Keeps what [ref "…"] will say of one match (run/reference.c). */
void sl_trace_place(sl_txn *txn, const sl_rule *link, const sl_match *match, const sl_value *value,
                    sl_last_match *last);
/* The text of [ref "…"]: the matches of all links, one behind the other. */
sl_slice sl_trace_reference(sl_txn *txn, const sl_last_match *last);

/* "combined=…, p1=…, …": microseconds of the phases, as ModSecurity 2 writes them. */
struct sl_strbuf;
void sl_trace_add_stopwatch(struct sl_strbuf *out, const sl_txn *txn);

#ifdef __cplusplus
}
#endif
#endif
