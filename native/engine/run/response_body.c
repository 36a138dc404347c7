/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of response bodies: JSON as RESPONSE_ARGS, when ctl:responseBodyProcessor asks for it (spec 02, section 5).
 *
 * As with requests the parser sees the whole body at once. Its errors are variables, never an intervention. */
#include "run/response_body.h"

#include "base/strbuf.h"
#include "bodies/json.h"

static bool add(void *context, sl_slice name, sl_slice value) {
    sl_txn *txn = context;
    if (txn->response_args.count >= txn->rules->config.arguments_limit) return false;
    sl_members_add(&txn->response_args, &txn->arena, name, value);
    return true;
}

void sl_response_body_parse(sl_txn *txn) {
    if (txn->response_processor != SL_BODY_JSON) return;
    const sl_argument_sink sink = {txn, add};
    sl_slice error;
    if (sl_json_parse(&txn->arena, txn->response_body, txn->rules->config.response_json_depth_limit, &sink, &error)) return;
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, error.len + 24);
    sl_strbuf_add_z(&text, "JSON parsing error: ");
    sl_strbuf_add(&text, error);
    txn->response_error = true;
    txn->response_error_text = sl_strbuf_slice(&text);
}
