/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a transaction: the steps of seclua.h in their order, each under one guard (spec 03, section 1).
 *
 * A step that runs out of memory jumps back here: over C frames whose memory is the arena's. Then the transaction is over,
 * and with the engine On its verdict is 500: it fails closed. */
#include <stdlib.h>

#include "log/log.h"
#include "operators/host.h"
#include "run/body.h"
#include "run/clock.h"
#include "run/commit.h"
#include "run/evaluate.h"
#include "run/host.h"
#include "run/suspend.h"
#include "run/value_cache.h"
#include "run/verdict.h"
#include "variables/variable.h"

enum { arena_base_bytes = 64 * 1024 * 1024, arena_bytes_per_body_byte = 4 };

static sl_txn *of(seclua_txn *handle) { return (sl_txn *)handle; }
static const sl_txn *of_const(const seclua_txn *handle) { return (const sl_txn *)handle; }

static void exhausted(void *context) {
    sl_txn *txn = context;
    if (!txn->is_armed) abort(); /* not reached: nothing allocates outside of a step */
    longjmp(txn->unwind, 1);
}

static void fail(sl_txn *txn) {
    static const seclua_verdict closed = {.action = SECLUA_DENY, .status = 500};
    txn->engine->stats.internal_errors++;
    if (!txn->is_intervened && txn->engine_mode == SL_ON && !txn->rules->options.fail_open) {
        txn->verdict = closed;
        txn->verdict.phase = txn->cursor.phase == 0 ? 1 : txn->cursor.phase;
        txn->verdict.message = SL_LIT("The transaction ran out of memory");
        txn->is_intervened = true;
    }
    txn->has_failed = true;
    sl_writers_settle_debug(txn->engine->writers, txn, true);
    sl_suspend_forget(txn);
}

/* Runs one step under the guard. */
static seclua_step guarded(sl_txn *txn, void (*step)(sl_txn *txn, const void *input), const void *input) {
    if (txn->has_failed) return SECLUA_STEP_FAILED;
    sl_txn *const around = txn->engine->running;
    txn->engine->running = txn;
    if (setjmp(txn->unwind) != 0) {
        txn->is_armed = false;
        txn->engine->running = around;
        fail(txn);
        return SECLUA_STEP_FAILED;
    }
    txn->is_armed = true;
    step(txn, input);
    txn->is_armed = false;
    txn->engine->running = around;
    return sl_suspend_is_pending(txn) ? SECLUA_STEP_SUSPENDED : SECLUA_STEP_DONE;
}

/* ---- begin and end ---- */

static sl_txn *take_idle(sl_engine *engine) {
    if (engine->idle_count != 0) return engine->idle[--engine->idle_count];
    return calloc(1, sizeof(sl_txn));
}

static void reset(sl_txn *txn, sl_engine *engine) {
    sl_arena arena = txn->arena;
    memset(txn, 0, sizeof *txn);
    txn->engine = engine;
    txn->rules = engine->rules;
    const sl_config *config = &engine->rules->config;
    const uint64_t bodies = config->request_body_limit_bytes + config->response_body_limit_bytes;
    if (arena.first == NULL) sl_arena_init(&arena, 0, exhausted, txn);
    txn->arena = arena;
    txn->arena.context = txn;
    txn->arena.limit_bytes = (size_t)(arena_base_bytes + arena_bytes_per_body_byte * bodies);
    txn->engine_mode = (uint8_t)config->rule_engine;
    txn->request_body_access = config->request_body_access;
    txn->response_body_access = config->response_body_access;
    txn->request_body_limit_bytes = config->request_body_limit_bytes;
    txn->response_body_limit_bytes = config->response_body_limit_bytes;
    txn->parse_xml_into_args = (uint8_t)config->parse_xml_into_args;
    txn->audit_engine = (uint8_t)config->audit_engine;
    txn->audit_parts = config->audit_parts;
    txn->debug_level = config->debug_log_level;
    txn->highest_severity = 255;
    /* Without a folder for temporary files all of a body stays in memory, up to its limit. */
    const bool may_spill = config->tmp_dir.len != 0;
    const uint64_t in_memory_limit_bytes = may_spill ? config->request_body_in_memory_limit_bytes : UINT64_MAX;
    sl_stream_init(&txn->request_body_stream, in_memory_limit_bytes, config->tmp_dir);
    sl_stream_init(&txn->response_body_stream, UINT64_MAX, config->tmp_dir);
    txn->start_us = sl_clock_wall_us();
    txn->start_clock_us = sl_clock_monotonic_us();
    txn->now_epoch = txn->start_us / 1000000;
}

/* A mapped IPv4 address is an IPv4 address. */
static sl_slice plain_address(sl_slice address) {
    return sl_slice_starts_fold(address, SL_LIT("::ffff:")) && sl_slice_find_byte(address, '.') != SIZE_MAX
               ? sl_slice_from(address, 7)
               : address;
}

static sl_slice new_id(sl_txn *txn) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t *id = sl_arena_alloc(&txn->arena, 27);
    memcpy(id, txn->engine->id_prefix, 11);
    uint64_t serial = txn->engine->next_serial++;
    uint64_t clock = (uint64_t)txn->start_us;
    for (int i = 0; i < 9; i++, clock >>= 6) id[11 + i] = (uint8_t)letters[clock & 63];
    for (int i = 0; i < 7; i++, serial >>= 6) id[20 + i] = (uint8_t)letters[serial & 63];
    return sl_slice_of(id, 27);
}

static void begin(sl_txn *txn, const void *input) {
    const seclua_connection *connection = input;
    txn->id = connection->id.len == 0 ? new_id(txn) : sl_arena_copy(&txn->arena, connection->id);
    txn->client_address = sl_arena_copy(&txn->arena, plain_address(connection->client_address));
    txn->server_address = sl_arena_copy(&txn->arena, plain_address(connection->server_address));
    txn->server_name = sl_arena_copy(&txn->arena, connection->server_name);
    txn->remote_user = sl_arena_copy(&txn->arena, connection->remote_user);
    txn->client_port = connection->client_port;
    txn->server_port = connection->server_port;
}

seclua_txn *seclua_txn_new(seclua_engine *handle, const seclua_connection *connection) {
    sl_engine *engine = (sl_engine *)handle;
    sl_txn *txn = take_idle(engine);
    if (txn == NULL) return NULL;
    reset(txn, engine);
    engine->live_count++;
    engine->stats.transactions++;
    guarded(txn, begin, connection);
    return (seclua_txn *)txn;
}

static void close_off(seclua_txn *handle) {
    const seclua_answer nobody = {.status = SECLUA_ANSWER_FAILED, .reason = SL_LIT("the transaction was closed")};
    sl_txn *txn = of(handle);
    if (txn->stage < SL_STAGE_LOGGED) {
        seclua_txn_cancel(handle);
        seclua_txn_logging(handle);
    }
    while (sl_suspend_is_pending(txn)) seclua_txn_resume(handle, &nobody);
}

void seclua_txn_free(seclua_txn *handle) {
    if (handle == NULL) return;
    sl_txn *txn = of(handle);
    sl_engine *engine = txn->engine;
    if (txn->stage > SL_STAGE_NEW) close_off(handle);
    sl_body_close(txn);
    sl_writers_settle_debug(engine->writers, txn, false);
    sl_value_cache_release(txn);
    sl_arena_reset(&txn->arena);
    engine->live_count--;
    if (engine->idle_count < sl_pool_max && !engine->is_closing) {
        engine->idle[engine->idle_count++] = txn;
    } else {
        sl_arena_free(&txn->arena);
        free(txn);
    }
    if (engine->is_closing && engine->live_count == 0) sl_engine_end(engine);
}

/* ---- steps ---- */

static bool is_off(const sl_txn *txn) { return txn->engine_mode == SL_OFF; }

/* A step may be taken after that stage; not while it is suspended. */
static bool is_next(const sl_txn *txn, sl_stage after) {
    return txn->stage == after && !sl_suspend_is_pending(txn) && !txn->is_given_up;
}

static void read_request(sl_txn *txn, const void *input) { sl_body_read_request(txn, input); }
static void read_response(sl_txn *txn, const void *input) { sl_body_read_response(txn, input); }

static void publish_request(sl_txn *txn, const void *input) {
    (void)input;
    sl_body_publish_request(txn);
}

static void publish_response(sl_txn *txn, const void *input) {
    (void)input;
    sl_body_publish_response(txn);
}

static void audit(sl_txn *txn) {
    if (is_off(txn)) return;
    txn->is_audited = sl_audit_wants(txn);
    if (!txn->is_audited) return;
    if (txn->engine->sheds_audit && !txn->is_intervened) {
        txn->is_audited = false;
        txn->engine->stats.audit_shed++;
        return;
    }
    txn->engine->stats.audit_records++;
    if (txn->engine->writers != NULL && !sl_writers_audit(txn->engine->writers, txn)) txn->engine->stats.audit_dropped++;
}

static void end_logging(sl_txn *txn) {
    if (txn->rules->options.debug_relevant_only) {
        sl_writers_settle_debug(txn->engine->writers, txn, sl_audit_is_relevant(txn));
    }
    audit(txn);
}

/* What a step does: before its phases, and after them. */
typedef struct sl_step_row {
    void (*begin)(sl_txn *txn, const void *input); /* NULL: nothing; end likewise */
    uint8_t first_phase, last_phase;
    void (*end)(sl_txn *txn);
} sl_step_row;

/* By the stage that the transaction is in from then on. */
static const sl_step_row steps[] = {
    [SL_STAGE_REQUEST_HEADERS] = {read_request, 0, 1, sl_body_check_declared_request},
    [SL_STAGE_REQUEST_BODY] = {publish_request, 2, 2, NULL},
    [SL_STAGE_RESPONSE_HEADERS] = {read_response, 3, 3, sl_body_decide_response},
    [SL_STAGE_RESPONSE_BODY] = {publish_response, 4, 4, NULL},
    [SL_STAGE_LOGGED] = {NULL, 5, 5, end_logging},
};

/* From that phase on to the end of the step, or to where it has to wait. */
static void run_phases(sl_txn *txn, unsigned phase) {
    const sl_step_row *step = &steps[txn->stage];
    for (; phase <= step->last_phase; phase++) {
        if (!sl_evaluate_phase(txn, phase)) return;
    }
    if (step->end != NULL) step->end(txn);
}

static void run_step(sl_txn *txn, const void *input) {
    const sl_step_row *step = &steps[txn->stage];
    if (step->begin != NULL) step->begin(txn, input);
    run_phases(txn, step->first_phase);
}

static seclua_step take_step(sl_txn *txn, sl_stage stage, const void *input) {
    txn->stage = (uint8_t)stage;
    return is_off(txn) ? SECLUA_STEP_DONE : guarded(txn, run_step, input);
}

seclua_step seclua_txn_request_headers(seclua_txn *handle, const seclua_request *request) {
    if (!is_next(of(handle), SL_STAGE_NEW)) return SECLUA_STEP_ORDER;
    return take_step(of(handle), SL_STAGE_REQUEST_HEADERS, request);
}

static void write_request(sl_txn *txn, const void *input) { sl_body_write_request(txn, *(const sl_slice *)input); }

seclua_step seclua_txn_write_request_body(seclua_txn *handle, seclua_slice chunk) {
    sl_txn *txn = of(handle);
    if (!is_next(txn, SL_STAGE_REQUEST_HEADERS)) return SECLUA_STEP_ORDER;
    if (is_off(txn) || chunk.len == 0) return SECLUA_STEP_DONE;
    return guarded(txn, write_request, &chunk);
}

seclua_step seclua_txn_request_body(seclua_txn *handle) {
    if (!is_next(of(handle), SL_STAGE_REQUEST_HEADERS)) return SECLUA_STEP_ORDER;
    return take_step(of(handle), SL_STAGE_REQUEST_BODY, NULL);
}

seclua_step seclua_txn_response_headers(seclua_txn *handle, const seclua_response *response) {
    if (!is_next(of(handle), SL_STAGE_REQUEST_BODY)) return SECLUA_STEP_ORDER;
    return take_step(of(handle), SL_STAGE_RESPONSE_HEADERS, response);
}

static void write_response(sl_txn *txn, const void *input) { sl_body_write_response(txn, *(const sl_slice *)input); }

seclua_step seclua_txn_write_response_body(seclua_txn *handle, seclua_slice chunk) {
    sl_txn *txn = of(handle);
    if (!is_next(txn, SL_STAGE_RESPONSE_HEADERS)) return SECLUA_STEP_ORDER;
    if (is_off(txn) || chunk.len == 0) return SECLUA_STEP_DONE;
    return guarded(txn, write_response, &chunk);
}

seclua_step seclua_txn_response_body(seclua_txn *handle) {
    if (!is_next(of(handle), SL_STAGE_RESPONSE_HEADERS)) return SECLUA_STEP_ORDER;
    return take_step(of(handle), SL_STAGE_RESPONSE_BODY, NULL);
}

seclua_step seclua_txn_logging(seclua_txn *handle) {
    sl_txn *txn = of(handle);
    if (txn->stage == SL_STAGE_NEW || txn->stage == SL_STAGE_LOGGED || sl_suspend_is_pending(txn)) return SECLUA_STEP_ORDER;
    return take_step(txn, SL_STAGE_LOGGED, NULL);
}

/* ---- after a wait ---- */

static void resume(sl_txn *txn, const void *input) {
    if (sl_evaluate_resume(txn, input)) run_phases(txn, txn->cursor.phase + 1u);
}

seclua_step seclua_txn_resume(seclua_txn *handle, const seclua_answer *answer) {
    sl_txn *txn = of(handle);
    return sl_suspend_is_pending(txn) ? guarded(txn, resume, answer) : SECLUA_STEP_ORDER;
}

void seclua_txn_cancel(seclua_txn *handle) {
    sl_txn *txn = of(handle);
    if (!sl_suspend_is_pending(txn) || txn->stage == SL_STAGE_LOGGED) return;
    sl_suspend_forget(txn);
    txn->is_given_up = true;
}

/* ---- what a caller may ask ---- */

void seclua_txn_verdict(const seclua_txn *handle, seclua_verdict *out) { *out = of_const(handle)->verdict; }
seclua_slice seclua_txn_id(const seclua_txn *handle) { return of_const(handle)->id; }

bool seclua_txn_wants_request_body(const seclua_txn *handle) {
    const sl_txn *txn = of_const(handle);
    return txn->request_body_access && !txn->inbound_data_error && sl_verdict_lets_phase(txn, 2);
}

bool seclua_txn_wants_response_body(const seclua_txn *handle) {
    const sl_txn *txn = of_const(handle);
    return txn->holds_response_body && !txn->outbound_data_error && sl_verdict_lets_phase(txn, 4);
}

size_t seclua_txn_event_count(const seclua_txn *handle) { return of_const(handle)->events.count; }
bool seclua_txn_has_logged_event(const seclua_txn *handle) { return of_const(handle)->has_logged_event; }
const seclua_event *seclua_txn_event(const seclua_txn *handle, size_t index) { return of_const(handle)->events.items[index]; }
size_t seclua_txn_log_count(const seclua_txn *handle) { return of_const(handle)->log.count; }
const seclua_log_record *seclua_txn_log(const seclua_txn *handle, size_t index) { return of_const(handle)->log.items[index]; }

struct line_request {
    size_t index;
    sl_slice line;
};

static void make_line(sl_txn *txn, const void *input) {
    struct line_request *request = (struct line_request *)input; /* in and out */
    if (txn->event_line_count < txn->events.count) {
        sl_slice *lines = SL_NEW_ARRAY(&txn->arena, sl_slice, txn->events.count);
        if (txn->event_line_count != 0) memcpy(lines, txn->event_lines, txn->event_line_count * sizeof *lines);
        txn->event_lines = lines;
        txn->event_line_count = txn->events.count;
    }
    sl_slice *known = &txn->event_lines[request->index];
    if (known->len == 0) *known = sl_log_line(txn, txn->events.items[request->index]);
    request->line = *known;
}

seclua_slice seclua_txn_event_line(seclua_txn *handle, size_t index) {
    struct line_request request = {index, SL_EMPTY};
    guarded(of(handle), make_line, &request);
    return request.line;
}

static void make_audit(sl_txn *txn, const void *input) {
    (void)input;
    if (txn->audit_json.len == 0) txn->audit_json = sl_audit_json(txn);
}

seclua_slice seclua_txn_audit_json(seclua_txn *handle) {
    sl_txn *txn = of(handle);
    if (!txn->is_audited) return SL_EMPTY;
    guarded(txn, make_audit, NULL);
    return txn->audit_json;
}

static void make_audit_line(sl_txn *txn, const void *input) {
    *(sl_slice *)input = sl_audit_line(txn);
}

seclua_slice seclua_txn_audit_line(seclua_txn *handle) {
    sl_txn *txn = of(handle);
    sl_slice line = SL_EMPTY; /* in and out */
    if (txn->is_audited) guarded(txn, make_audit_line, &line);
    return line;
}

struct told {
    sl_slice name, text;
};

static void add_path_parameter(sl_txn *txn, const void *input) {
    const struct told *told = input;
    sl_txn_set_path_argument(txn, sl_arena_copy(&txn->arena, told->name), told->text);
}

void seclua_txn_add_path_parameter(seclua_txn *handle, seclua_slice name, seclua_slice value) {
    const struct told told = {name, value};
    if (of(handle)->stage != SL_STAGE_LOGGED) guarded(of(handle), add_path_parameter, &told);
}

static void add_server_error(sl_txn *txn, const void *input) {
    const struct told *told = input;
    sl_members_add(&txn->server_errors, &txn->arena, SL_EMPTY, sl_arena_copy(&txn->arena, told->text));
}

void seclua_txn_add_server_error(seclua_txn *handle, seclua_slice line) {
    const struct told told = {SL_EMPTY, line};
    if (of(handle)->stage != SL_STAGE_LOGGED) guarded(of(handle), add_server_error, &told);
}

struct variable_request {
    sl_slice name;
    seclua_member_fn each;
    void *context;
    bool *is_known;
};

static void read_variable(sl_txn *txn, const void *input) {
    const struct variable_request *request = input;
    sl_target target;
    *request->is_known = sl_variable_parse(txn, request->name, &target);
    if (!*request->is_known) return;
    sl_values values = {0};
    sl_variable_expand(txn, &target, &values);
    for (size_t i = 0; i < values.count; i++) {
        request->each(request->context, sl_value_name(txn, &values.items[i]), values.items[i].text->slice);
    }
}

void seclua_txn_environment(const seclua_txn *handle, seclua_member_fn each, void *context) {
    const sl_members *env = &of_const(handle)->env;
    for (size_t i = 0; i < env->count; i++) {
        const sl_member *member = env->items[i];
        if (!member->is_dead) each(context, member->name->slice, member->value->slice);
    }
}

bool seclua_txn_variable(seclua_txn *handle, seclua_slice name, seclua_member_fn each, void *context) {
    bool is_known = false;
    const struct variable_request request = {name, each, context, &is_known};
    guarded(of(handle), read_variable, &request);
    return is_known;
}
