/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of audit records that more than one JSON layout has. */
#ifndef SL_LOG_AUDIT_SHARED_H
#define SL_LOG_AUDIT_SHARED_H

#include "log/json.h"
#include "log/mask.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a record as the options want it. */
void sl_audit_begin(sl_json *json, sl_txn *txn);
/* Bytes of a body that a record of JSON shows. */
size_t sl_audit_body_limit(const sl_txn *txn);
/* The first bytes of a text that may be long. */
sl_slice sl_audit_cut(sl_slice text);
/* A number as text, in the arena. */
sl_slice sl_audit_digits(sl_txn *txn, uint64_t number);
/* "server_id": 40 hex digits that tell this machine from others. */
void sl_audit_put_server_id(sl_json *json);
bool sl_audit_is_first_of_name(const sl_members *headers, size_t index);
void sl_audit_put_texts(sl_json *json, const char *key, const sl_slice *texts, size_t count);
/* "sanitized": names that are masked; nothing when there are none. */
void sl_audit_put_sanitised(sl_json *json, sl_txn *txn);
/* "uploads" and "matched_rules" of v2. */
void sl_audit_put_uploads(sl_json *json, const sl_txn *txn);
/* A rule or a chain of part K. */
typedef struct sl_audit_chain {
    const sl_rule *starter;
    const sl_rule *failed;     /* the first link that did not match; NULL: all did */
    const seclua_event *event; /* NULL unless all did */
} sl_audit_chain;
/* Whatever matched, as a whole or in part, in order. */
void sl_audit_chains(const sl_txn *txn, void (*each)(void *context, const sl_audit_chain *chain), void *context);
void sl_audit_put_matched_rules(sl_json *json, sl_txn *txn);
/* The fields of a form without its files, as a browser would have sent them without files; cut to limit bytes. */
void sl_audit_add_fields(sl_strbuf *out, sl_txn *txn, size_t limit);

/* What a match was, as one object in Coraza's words. */
void sl_audit_put_data(sl_json *json, sl_txn *txn, const seclua_event *event);

/* The layouts beside that of v3: one object each, without a line end. */
sl_slice sl_audit_json_v2(sl_txn *txn);
sl_slice sl_audit_json_coraza(sl_txn *txn);
sl_slice sl_audit_ocsf(sl_txn *txn);

#ifdef __cplusplus
}
#endif
#endif
