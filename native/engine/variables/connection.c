/* SPDX-License-Identifier: Apache-2.0 */
/* Connection, server, identity (spec 02, section 9). */
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"
#include "run/values.h"
#include "variables/families.h"

#define TEXT(function, field)                            \
    static bool function(sl_txn *txn, sl_slice *value) { \
        *value = txn->field;                             \
        return true;                                     \
    }

TEXT(remote_addr, client_address)
TEXT(server_addr, server_address)
TEXT(unique_id, id)

static bool number(sl_txn *txn, unsigned n, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)n);
    return true;
}
static bool remote_port(sl_txn *txn, sl_slice *value) { return number(txn, txn->client_port, value); }
static bool server_port(sl_txn *txn, sl_slice *value) { return number(txn, txn->server_port, value); }

static bool web_app_id(sl_txn *txn, sl_slice *value) {
    *value = txn->rules->config.web_app_id;
    return true;
}
static bool session_id(sl_txn *txn, sl_slice *value) {
    *value = txn->session_id;
    return txn->has_session_id;
}
static bool user_id(sl_txn *txn, sl_slice *value) {
    *value = txn->user_id;
    return txn->has_user_id;
}

/* Eight digits: two each for major, minor, patch and build. */
static bool modsec_build(sl_txn *txn, sl_slice *value) {
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(seclua_version(), "%u.%u.%u", &major, &minor, &patch);
    char digits[16];
    const int len = snprintf(digits, sizeof digits, "%02u%02u%02u00", major % 100, minor % 100, patch % 100);
    *value = sl_arena_copy(&txn->arena, sl_slice_of(digits, (size_t)len));
    return true;
}

/* What this transaction set, then what the process had when the engine was made and the transaction did not set. */
static void expand_env(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    const size_t before = values->count;
    sl_variable_expand_members(txn, target, &txn->env, values);
    if (target->selector == SL_SELECT_KEY && values->count != before) return;
    const sl_members *process = &txn->engine->environment;
    for (size_t i = 0; i < process->count; i++) {
        const sl_slice name = process->items[i]->name->slice;
        if (!sl_target_selects_key(txn, target, name)) continue;
        /* A text of its own: what pipelines leave in it belongs to this transaction. */
        sl_values_add(txn, values, self, name, sl_text_new(&txn->arena, process->items[i]->value->slice));
    }
}

static const sl_members *server_errors(sl_txn *txn) { return &txn->server_errors; }

const sl_variable sl_variables_connection[] = {
    SL_SCALAR_ROW("REMOTE_ADDR", 0, SL_SLOT_REMOTE_ADDR, remote_addr, "the client's address"),
    {.name = "REMOTE_HOST", .kind = SL_SCALAR, .scalar = remote_addr, .canonical = "REMOTE_ADDR",
     .manual = "the same as REMOTE_ADDR: names are not looked up"},
    {.name = "USERAGENT_IP", .kind = SL_SCALAR, .scalar = remote_addr, .canonical = "REMOTE_ADDR",
     .manual = "the same as REMOTE_ADDR"},
    SL_SCALAR_ROW("REMOTE_PORT", 0, SL_SLOT_NONE, remote_port, "the client's port; 0 when unknown"),
    SL_SCALAR_ROW("SERVER_ADDR", 0, SL_SLOT_NONE, server_addr, "the server's address"),
    SL_SCALAR_ROW("SERVER_PORT", 0, SL_SLOT_NONE, server_port, "the server's port"),
    SL_SCALAR_ROW("UNIQUE_ID", 0, SL_SLOT_NONE, unique_id, "id of the transaction"),
    SL_SCALAR_ROW("WEBAPPID", 0, SL_SLOT_NONE, web_app_id, "value of SecWebAppId"),
    SL_SCALAR_ROW("SESSIONID", 0, SL_SLOT_NONE, session_id, "value of setsid"),
    SL_SCALAR_ROW("USERID", 0, SL_SLOT_NONE, user_id, "value of setuid"),
    SL_SCALAR_ROW("MODSEC_BUILD", 0, SL_SLOT_NONE, modsec_build, "version of the engine as digits"),
    SL_MEMBERS_ROW("WEBSERVER_ERROR_LOG", 0, SL_VIEW_VALUE, server_errors,
                   "lines of the server's error log, as the application told them"),
    {.name = "ENV", .kind = SL_COLLECTION, .expand = expand_env, .is_case_sensitive = true,
     .manual = "variables set by setenv in this transaction, then those of the process"},
    {0},
};
