/* SPDX-License-Identifier: Apache-2.0 */
/* Transformations that a rule set brings along: Lua files, and functions of whoever embeds the engine.
 *
 * Nothing is known of what they do, so nothing is remembered of them and no short-cut looks through them: a rule with one is
 * evaluated in its place, value by value. One that fails leaves its value untested (run/evaluate.c). */
#include "base/strbuf.h"
#include "lua/script.h"
#include "run/engine.h"
#include "run/host.h"

static sl_slice failed(sl_txn *txn, const sl_own_transformation *own, const char *who, sl_slice why, sl_slice value) {
    txn->transformation_failed = true;
    if (who != NULL) {
        sl_strbuf text;
        sl_strbuf_init(&text, &txn->arena, 128 + why.len);
        sl_strbuf_add_format(&text, "t:%s %s", own->row.name, who);
        sl_strbuf_add(&text, why);
        sl_host_log(txn, 1, false, sl_strbuf_slice(&text), sl_slice_z(own->row.name));
    }
    return value;
}

static sl_slice by_script(sl_txn *txn, const sl_own_transformation *own, sl_slice value) {
    sl_run_result result;
    sl_script_run(txn, txn->current_rule, own->script, SL_RUN_TRANSFORM, &value, &result);
    if (result.failed) return failed(txn, own, NULL, SL_EMPTY, value); /* it is in the log */
    return sl_slice_equal(result.text, value) ? value : result.text;
}

static sl_slice by_caller(sl_txn *txn, const sl_own_transformation *own, sl_slice value) {
    const sl_engine *const engine = txn->engine;
    if (engine->transformer == NULL) return failed(txn, own, "is computed by nobody", SL_EMPTY, value);
    sl_slice result = SL_EMPTY;
    if (!engine->transformer(engine->transformer_context, own->index, value, &result)) {
        return failed(txn, own, "failed: ", result, value);
    }
    if (result.len > sl_transformed_bytes_max(value)) return failed(txn, own, "failed: its result is too long", SL_EMPTY, value);
    return sl_slice_equal(result, value) ? value : sl_arena_copy(&txn->arena, result);
}

sl_slice sl_own_transform(sl_txn *txn, const sl_own_transformation *own, sl_slice value) {
    return own->script != NULL ? by_script(txn, own, value) : by_caller(txn, own, value);
}
