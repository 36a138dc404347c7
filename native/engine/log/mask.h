/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit log must not show (sanitise actions, spec 06, 4.12). Bytes become asterisks, lengths
 * stay. */
#ifndef SL_LOG_MASK_H
#define SL_LOG_MASK_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_mask_kind {
    SL_MASK_ARG = 0,
    SL_MASK_REQUEST_HEADER,
    SL_MASK_RESPONSE_HEADER,
    SL_MASK_KINDS
} sl_mask_kind;

/* One entry; newest first. */
typedef struct sl_sanitised {
    struct sl_sanitised *next;
    uint8_t kind;      /* sl_mask_kind */
    sl_slice name;
    bool is_partial;   /* only these bytes of the value */
    sl_slice matched;
    uint8_t keep_first, keep_last; /* of matched, stay readable */
} sl_sanitised;

/* The whole value of every member of that name. For actions; unknown names do no harm. */
void sl_mask_add(sl_txn *txn, sl_mask_kind kind, sl_slice name);
/* Only the bytes that matched; where they cannot be found again in the raw text, the whole value. */
void sl_mask_add_bytes(sl_txn *txn, sl_mask_kind kind, sl_slice name, sl_slice matched, unsigned keep_first,
                       unsigned keep_last);

/* Distinct names of a kind, in the order in which they were added; in the arena. */
size_t sl_mask_names(sl_txn *txn, sl_mask_kind kind, const sl_slice **names);

/* Each gives the text as it may be shown: the text itself when there is nothing to hide, else a copy in the
 * arena. */
sl_slice sl_mask_header(sl_txn *txn, sl_mask_kind kind, const sl_member *header);
sl_slice sl_mask_uri(sl_txn *txn); /* the raw target, its query masked */
sl_slice sl_mask_arg(sl_txn *txn, sl_slice name, sl_slice value);
/* A text that an event shows: message, data, value … may repeat what is hidden. */
sl_slice sl_mask_message(sl_txn *txn, const seclua_event *event, sl_slice text);
/* The first limit bytes of the request body. False: what is to be hidden cannot be found in it, so none of it
 * may be shown. */
bool sl_mask_request_body(sl_txn *txn, size_t limit, sl_slice *body);

#ifdef __cplusplus
}
#endif
#endif
