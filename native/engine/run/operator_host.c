/* SPDX-License-Identifier: Apache-2.0 */
/* What operators may ask of a transaction (operators/host.h): the XML tree, JSON bodies, GEO, ARGS_PATH, and answers from outside. */
#include "operators/host.h"
#include "run/candidates.h"
#include "run/host.h"
#include "run/program.h"
#include "run/suspend.h"

struct _xmlDoc *sl_txn_xml_document(sl_txn *txn) { return txn->xml == NULL ? NULL : sl_xml_document(txn->xml); }

sl_slice sl_txn_json_body(sl_txn *txn, sl_slice value, uint32_t *depth_limit) {
    const sl_config *config = &txn->rules->config;
    const bool is_of_response = txn->cursor.phase >= 3 && value.ptr != txn->request_body.ptr;
    *depth_limit = is_of_response ? config->response_json_depth_limit : config->json_depth_limit;
    if (value.len != 0 && (sl_slice_same(value, txn->request_body) || sl_slice_same(value, txn->response_body))) return value;
    if (is_of_response) return txn->response_processor == SL_BODY_JSON ? txn->response_body : SL_EMPTY;
    return txn->processor == SL_BODY_JSON ? txn->request_body : SL_EMPTY;
}

struct sl_judgement **sl_txn_judgements(sl_txn *txn) { return &txn->judgements; }

/* Lists of arguments only grow (run/candidates.c): what is replaced stays behind, dead. */
void sl_txn_set_path_argument(sl_txn *txn, sl_slice name, sl_slice value) {
    for (size_t i = 0; i < txn->args.count; i++) {
        sl_member *member = txn->args.items[i];
        if (member->origin != SL_ORIGIN_PATH || !sl_slice_equal_fold(member->name->slice, name)) continue;
        if (!member->is_dead && sl_slice_equal(member->value->slice, value)) return;
        member->is_dead = true;
    }
    sl_members_add(&txn->args, &txn->arena, name, sl_arena_copy(&txn->arena, value))->origin = SL_ORIGIN_PATH;
    sl_candidates_grown(txn);
}

void sl_txn_geo_clear(sl_txn *txn) { txn->geo.count = 0; }

void sl_txn_geo_set(sl_txn *txn, const char *key, sl_slice value) {
    sl_members_set(&txn->geo, &txn->arena, sl_slice_z(key), sl_arena_copy(&txn->arena, value));
}

void sl_txn_set_tx(sl_txn *txn, const char *key, sl_slice value) { sl_host_set(txn, SL_LIT("tx"), sl_slice_z(key), value); }

bool sl_txn_ask_dns(const sl_call *call, sl_slice name) {
    if (!call->can_wait) return false;
    sl_suspend(call->txn, SECLUA_WAIT_DNS, NULL)->of.dns_name = sl_arena_copy(call->arena, name);
    return true;
}

bool sl_txn_ask_program(const sl_call *call, sl_slice path, sl_slice argument) {
    if (!call->can_wait) return false;
    sl_program_run(call->txn, path, &argument, NULL);
    return true;
}
