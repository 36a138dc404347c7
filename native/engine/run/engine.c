/* SPDX-License-Identifier: Apache-2.0 */
/* A thread's working set: made with its rule set, ended with the last transaction that uses it. */
#include "run/engine.h"

#include <setjmp.h>
#include <stdlib.h>

#include "base/random.h"
#include "log/log.h"
#include "lua/script.h"
#include "operators/rx.h"
#include "run/txn.h"
#include "run/value_cache.h"

static void make_id_prefix(char *prefix) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t random[11];
    sl_random_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) prefix[i] = letters[random[i] & 63];
    prefix[sizeof random] = '\0';
}

extern char **environ;

static void no_memory(void *context) { longjmp(*(jmp_buf *)context, 1); }

/* A copy: the process may change its own at any time, from any thread. */
static bool copy_environment(sl_engine *engine) {
    jmp_buf unwind;
    sl_arena_init(&engine->environment_arena, 0, no_memory, &unwind);
    if (setjmp(unwind) != 0) return false;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        const sl_slice text = sl_slice_z(*entry);
        const size_t equals = sl_slice_find_byte(text, '=');
        if (equals == SIZE_MAX || equals == 0) continue;
        const sl_slice copy = sl_arena_copy(&engine->environment_arena, text);
        sl_members_add(&engine->environment, &engine->environment_arena, sl_slice_of(copy.ptr, equals),
                       sl_slice_from(copy, equals + 1));
    }
    return true;
}

seclua_engine *seclua_engine_new(seclua_ruleset *rules, seclua_store *store) {
    sl_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return NULL;
    engine->rules = (sl_ruleset *)rules;
    engine->scratch = sl_scratch_new(engine->rules);
    engine->match_counts = calloc(engine->rules->starter_count + 1, sizeof *engine->match_counts);
    if (engine->scratch == NULL || engine->match_counts == NULL || !copy_environment(engine)) {
        sl_scratch_free(engine->scratch);
        free(engine->match_counts);
        sl_arena_free(&engine->environment_arena);
        free(engine);
        return NULL;
    }
    seclua_ruleset_acquire(rules);
    engine->store = (sl_store *)store;
    if (store != NULL) sl_store_acquire(engine->store);
    engine->writers = sl_writers_open(engine->rules);
    if (!engine->rules->options.no_acceleration) {
        engine->value_cache = sl_value_cache_new(engine->rules->options.value_cache_bytes_max);
    }
    make_id_prefix(engine->id_prefix);
    return (seclua_engine *)engine;
}

void sl_engine_end(sl_engine *engine) {
    for (size_t i = 0; i < engine->idle_count; i++) {
        sl_arena_free(&engine->idle[i]->arena);
        free(engine->idle[i]);
    }
    if (engine->lua != NULL) sl_lua_free(engine->lua);
    if (engine->writers != NULL) sl_writers_close(engine->writers);
    sl_value_cache_free(engine->value_cache);
    sl_scratch_free(engine->scratch);
    free(engine->match_counts);
    sl_arena_free(&engine->environment_arena);
    if (engine->store != NULL) seclua_store_release((seclua_store *)engine->store);
    seclua_ruleset_release((seclua_ruleset *)engine->rules);
    free(engine);
}

void seclua_engine_free(seclua_engine *handle) {
    if (handle == NULL) return;
    sl_engine *engine = (sl_engine *)handle;
    engine->is_closing = true;
    if (engine->live_count == 0) sl_engine_end(engine);
}

void seclua_engine_reopen_logs(seclua_engine *opaque) {
    const sl_engine *engine = (const sl_engine *)opaque;
    if (engine->writers != NULL) sl_writers_reopen(engine->writers);
}

void seclua_engine_flush_logs(seclua_engine *handle) {
    sl_engine *engine = (sl_engine *)handle;
    if (engine->writers != NULL) sl_writers_flush(engine->writers);
}

void seclua_engine_set_transformer(seclua_engine *handle, seclua_transformer transformer, void *context) {
    sl_engine *const engine = (sl_engine *)handle;
    engine->transformer = transformer;
    engine->transformer_context = context;
}

void seclua_engine_shed_audit(seclua_engine *handle, bool does_shed) { ((sl_engine *)handle)->sheds_audit = does_shed; }

void seclua_engine_stats(const seclua_engine *engine, seclua_stats *out) { *out = ((const sl_engine *)engine)->stats; }

bool seclua_engine_rule_matches(const seclua_engine *handle, size_t index, uint64_t *rule_id, uint64_t *matches) {
    const sl_engine *engine = (const sl_engine *)handle;
    if (index >= engine->rules->starter_count) return false;
    *rule_id = engine->rules->starters[index]->id;
    *matches = engine->match_counts[index];
    return true;
}
