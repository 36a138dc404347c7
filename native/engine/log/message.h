/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the error-log line that the audit formats use, too. */
#ifndef SL_LOG_MESSAGE_H
#define SL_LOG_MESSAGE_H

#include "base/strbuf.h"
#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "Matched "Operator `Rx' with …" */
void sl_message_add_match(sl_strbuf *out, sl_txn *txn, const seclua_event *event);
/* The line from the verdict on, without client and "ModSecurity: ": part H of the Native format. */
sl_slice sl_message_of(sl_txn *txn, const seclua_event *event);
/* The line in the formats of ModSecurity 2 and Coraza. is_for_server: with the client before and the request behind, as
 * the server's log has it; without, as part H of the audit log. */
sl_slice sl_message_v2(sl_txn *txn, const seclua_event *event, bool is_for_server);
sl_slice sl_message_coraza(sl_txn *txn, const seclua_event *event);
/* Bytes of a line, of whatever format. */
size_t sl_message_line_max(const sl_txn *txn);
/* "2", as libmodsecurity writes it. */
sl_slice sl_message_severity(sl_txn *txn, const seclua_event *event);
/* "CRITICAL"; empty for none. */
const char *sl_message_severity_name(int severity);
/* Host of the request without its port, else the server's address. */
sl_slice sl_message_host(sl_txn *txn);
/* Did this very event end the transaction? In DetectionOnly none does. */
bool sl_message_is_intervention(const sl_txn *txn, const seclua_event *event);

#ifdef __cplusplus
}
#endif
#endif
