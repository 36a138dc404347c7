/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts an audit record has, and the material that its formats share. */
#ifndef SL_LOG_PARTS_H
#define SL_LOG_PARTS_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Was this part asked for? A and Z always are; C also stands for I where there is no multipart body, and I
 * for nothing else. */
bool sl_parts_has(const sl_txn *txn, char letter);
/* Status of the intervention, else of the response, else 200. */
uint16_t sl_parts_status(const sl_txn *txn);
/* "Enabled", "Disabled", "DetectionOnly" */
const char *sl_parts_engine_mode(const sl_txn *txn);

/* A body as a record shows it. */
typedef struct sl_shown_body {
    sl_slice text;
    bool is_cut;    /* longer than the limit */
    bool is_hidden; /* holds something that must not be shown and could not be found */
} sl_shown_body;
void sl_parts_request_body(sl_txn *txn, size_t limit, sl_shown_body *out);
void sl_parts_response_body(const sl_txn *txn, size_t limit, sl_shown_body *out);

/* What follows HTTP/ in the request's protocol. */
sl_slice sl_parts_http_version(const sl_txn *txn);
/* "GET /path HTTP/1.1", the query masked. */
sl_slice sl_parts_request_line(sl_txn *txn);
/* Value of the first request header of that name; empty when absent. Masked. */
sl_slice sl_parts_request_header(sl_txn *txn, sl_slice name);

#ifdef __cplusplus
}
#endif
#endif
