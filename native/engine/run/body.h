/* SPDX-License-Identifier: Apache-2.0 */
/* From raw bytes to variables: query, headers, cookies, request and response bodies. */
#ifndef SL_BODY_H
#define SL_BODY_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Copies the request line and headers; splits the target (spec 02, 2.1), parses query and cookies, picks the processor. */
void sl_body_read_request(sl_txn *txn, const seclua_request *request);
/* A declared length above the limit is refused before a byte is read (spec 03, 7.2). */
void sl_body_check_declared_request(sl_txn *txn);
/* Takes a chunk up to the limit; over it intervenes or cuts, as configured (spec 03, 7.2). */
void sl_body_write_request(sl_txn *txn, sl_slice chunk);
/* Runs the processor and publishes its variables (spec 03, section 9). */
void sl_body_publish_request(sl_txn *txn);
void sl_body_read_response(sl_txn *txn, const seclua_response *response);
/* Decides after phase 3 whether the response body is held and looked at (spec 03, 7.4). */
void sl_body_decide_response(sl_txn *txn);
void sl_body_write_response(sl_txn *txn, sl_slice chunk);
void sl_body_publish_response(sl_txn *txn);
/* Ends what does not live in the arena: buffers, the XML tree, stored uploads. */
void sl_body_close(sl_txn *txn);

#ifdef __cplusplus
}
#endif
#endif
