/* SPDX-License-Identifier: Apache-2.0 */
/* Interventions and allow (spec 03, sections 5 and 6). Exactly one intervention per transaction: the first. */
#include "run/verdict.h"

#include "base/strbuf.h"
#include "run/host.h"

static bool is_interrupting(uint8_t disruptive) {
    return disruptive == SL_ACT_DENY || disruptive == SL_ACT_DROP || disruptive == SL_ACT_REDIRECT ||
           disruptive == SL_ACT_PROXY;
}

static void intervene(sl_txn *txn, const seclua_verdict *verdict) {
    if (txn->is_intervened || txn->engine_mode != SL_ON || txn->cursor.phase == 5) return;
    txn->verdict = *verdict;
    txn->is_intervened = true;
    txn->engine->stats.interventions++;
}

void sl_verdict_engine_intervenes(sl_txn *txn, uint16_t status, sl_slice message) {
    const seclua_verdict verdict = {
        .action = SECLUA_DENY, .status = status, .phase = txn->cursor.phase == 0 ? 1 : txn->cursor.phase, .message = message};
    intervene(txn, &verdict);
}

bool sl_verdict_stops_at_first(const sl_txn *txn, const sl_rule *starter) {
    return txn->engine_mode == SL_ON && starter->phase != 5 && starter->disruptive != SL_ACT_PASS;
}

bool sl_verdict_lets_phase(const sl_txn *txn, unsigned phase) {
    if (txn->engine_mode == SL_OFF || txn->has_failed) return false;
    if (phase == 5) return true;
    if (txn->is_intervened || txn->allow == SL_ALLOW_ALL) return false;
    return !(phase <= 2 && txn->allow == SL_ALLOW_REQUEST_PHASES);
}

static uint16_t redirect_status(uint16_t status) {
    switch (status) {
        case 301: case 302: case 303: case 307: case 308: return status;
        default: return 302;
    }
}

/* CR, LF and NUL would end the header that the URL goes into. */
static sl_slice header_safe(sl_txn *txn, sl_slice url) {
    sl_strbuf safe;
    sl_strbuf_init(&safe, &txn->arena, url.len + 16);
    for (size_t i = 0; i < url.len; i++) {
        switch (url.ptr[i]) {
            case '\r': sl_strbuf_add_z(&safe, "%0D"); break;
            case '\n': sl_strbuf_add_z(&safe, "%0A"); break;
            case '\0': sl_strbuf_add_z(&safe, "%00"); break;
            default: sl_strbuf_add_byte(&safe, url.ptr[i]);
        }
    }
    return sl_strbuf_slice(&safe);
}

/* pause: the caller may wait, and from here on everything is let through, as ModSecurity 2 does it. */
static void apply_pause(sl_txn *txn, const sl_rule *starter, const seclua_event *event) {
    enum { pause_max_ms = 10000 };
    const int64_t asked_ms = sl_number_of(sl_macro_expand(txn, starter->redirect));
    txn->allow = SL_ALLOW_ALL;
    txn->verdict.phase = starter->phase;
    txn->verdict.rule_id = starter->id;
    txn->verdict.message = event->message;
    txn->verdict.pause_ms = (uint32_t)(asked_ms < 0 ? 0 : asked_ms > pause_max_ms ? pause_max_ms : asked_ms);
}

static void apply_allow(sl_txn *txn, const sl_rule *starter, const seclua_event *event) {
    if (txn->engine_mode != SL_ON) return;
    switch (starter->disruptive) {
        case SL_ACT_PAUSE: apply_pause(txn, starter, event); break;
        case SL_ACT_ALLOW: txn->allow = SL_ALLOW_ALL; break;
        case SL_ACT_ALLOW_REQUEST:
            txn->allow = starter->phase <= 2 ? SL_ALLOW_REQUEST_PHASES : txn->allow;
            break;
        default: break;
    }
}

void sl_verdict_apply(sl_txn *txn, const sl_rule *starter, seclua_event *event) {
    if (txn->engine_mode == SL_OFF) return; /* by a ctl of this very rule: it only warns, as in ModSecurity 2 */
    if (!is_interrupting(starter->disruptive)) {
        apply_allow(txn, starter, event);
        return;
    }
    if (starter->phase == 5) return;
    seclua_verdict verdict = {.phase = starter->phase, .rule_id = starter->id, .message = event->message};
    verdict.status = starter->status == 0 ? 403 : starter->status;
    switch (starter->disruptive) {
        case SL_ACT_DROP:
            verdict.action = SECLUA_DROP;
            verdict.status = 403;
            break;
        case SL_ACT_REDIRECT:
            verdict.action = SECLUA_REDIRECT;
            verdict.status = redirect_status(starter->status);
            verdict.url = header_safe(txn, sl_macro_expand(txn, starter->redirect));
            break;
        case SL_ACT_PROXY:
            verdict.action = SECLUA_PROXY;
            verdict.url = header_safe(txn, sl_macro_expand(txn, starter->redirect));
            break;
        default: verdict.action = SECLUA_DENY;
    }
    event->disruptive = true;
    event->action = verdict.action;
    event->status = verdict.status;
    event->redirect_url = verdict.url;
    intervene(txn, &verdict);
}
