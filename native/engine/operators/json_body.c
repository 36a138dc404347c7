/* SPDX-License-Identifier: Apache-2.0 */
/* @validateSchema with a JSON schema: which text is judged, and no text twice.
 *
 * As in Coraza a rule judges the JSON body of its phase whatever its target is: that of the request in phase 2, that of
 * the response from phase 3 on. A target that is a body is that body, in any phase. Without a JSON body the value
 * itself is the document, and an empty one is nothing to be judged. What is no JSON, or cannot be judged within the
 * bounds, does not follow the schema. */
#include "operators/host.h"
#include "operators/json_schema.h"

struct sl_judgement {
    struct sl_judgement *next;
    const sl_json_schema *schema;
    sl_slice body;
    bool follows;
};

static bool follows(const sl_call *call, const sl_json_schema *schema, sl_slice text, uint32_t depth_limit) {
    const sl_arena_mark before = sl_arena_save(call->arena);
    sl_json_document document;
    sl_json_error error;
    const uint32_t depth = depth_limit < sl_json_depth_max ? depth_limit : sl_json_depth_max;
    sl_answer answer = SL_NO;
    const bool is_json = sl_json_tree(call->arena, text, depth, &document, &error);
    if (is_json) answer = sl_json_schema_judge(schema, call->arena, call->scratch, &document);
    sl_arena_rollback(call->arena, before);
    if (call->txn != NULL && !is_json)
        sl_host_log(call->txn, 3, false, SL_LIT("@validateSchema: what is to be judged is no JSON"), SL_EMPTY);
    if (call->txn != NULL && answer == SL_LIMIT) {
        sl_host_log(call->txn, 3, false, SL_LIT("@validateSchema: the document takes too many steps to judge"),
                    SL_EMPTY);
    }
    return answer == SL_YES;
}

static bool body_follows(const sl_call *call, const sl_json_schema *schema, sl_slice body, uint32_t depth_limit) {
    struct sl_judgement **const all = sl_txn_judgements(call->txn);
    for (const struct sl_judgement *known = *all; known != NULL; known = known->next) {
        if (known->schema == schema && sl_slice_same(known->body, body)) return known->follows;
    }
    const bool is_followed = follows(call, schema, body, depth_limit);
    struct sl_judgement *const judged = SL_NEW(call->arena, struct sl_judgement);
    *judged = (struct sl_judgement){*all, schema, body, is_followed};
    *all = judged;
    return is_followed;
}

sl_answer sl_json_schema_ask(const sl_call *call, const sl_json_schema *schema, sl_slice value) {
    uint32_t depth_limit = sl_json_depth_max;
    const sl_slice body = call->txn == NULL ? SL_EMPTY : sl_txn_json_body(call->txn, value, &depth_limit);
    if (body.len != 0) return body_follows(call, schema, body, depth_limit) ? SL_NO : SL_YES;
    return value.len == 0 || follows(call, schema, value, depth_limit) ? SL_NO : SL_YES;
}
