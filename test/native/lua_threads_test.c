/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts in many threads at once: eight engines over one rule set, one store, and meanwhile other rule sets
 * that come and go. Built with SECLUA_SANITIZE=thread it must stay silent; in any build no run may see what
 * another one set. */
#include "lua_world.h"

#include <pthread.h>
#include <stdatomic.h>

enum { thread_count = 8, runs_per_thread = 10000, reloads_at_least = 5 };

/* Globals, the string library, TX and m are written to; a value of another run would show. */
static const char script[] =
    "local seen = mine == nil and string.mark == nil and m.mark == nil\n"
    "mine, string.mark, m.mark = m.getvar('ARGS.who'), true, true\n"
    "function main()\n"
    "  if not seen or m.tx.who then return 'leak' end\n"
    "  m.tx.who = mine\n"
    "  m.incr('global.runs')\n"
    "  local sum = 0\n"
    "  for i = 1, 20 do sum = sum + #string.format('%s%d', mine, i) end\n"
    "  if m.tx.who ~= mine or m.getvar('ARGS.who', 'lowercase') ~= mine then return 'crossed' end\n"
    "  return mine\n"
    "end\n";

static const char many_config[] = "SecRuleEngine On\n"
                                  "SecAction \"id:1,phase:1,nolog,pass,initcol:global=all\"\n"
                                  "SecRuleScript s.lua \"id:2,phase:2,log,pass\"\n";

typedef struct shared {
    seclua_ruleset *rules;
    seclua_store *store;
    const seclua_options *options;
    atomic_size_t wrong;
    atomic_bool is_over;
    size_t reloads;
} shared;

typedef struct worker {
    shared *all;
    int number;
} worker;

static seclua_txn *request_of(seclua_engine *engine, const char *uri) {
    const seclua_connection connection = {.client_address = text_of("192.0.2.7"),
                                          .server_address = text_of("192.0.2.1")};
    seclua_txn *txn = seclua_txn_new(engine, &connection);
    if (txn == NULL) return NULL;
    const seclua_header host = {text_of("Host"), text_of("shop.example")};
    const seclua_request request = {text_of("GET"), text_of(uri), text_of("HTTP/1.1"), &host, 1};
    seclua_txn_request_headers(txn, &request);
    seclua_txn_request_body(txn);
    seclua_txn_logging(txn);
    return txn;
}

/* Did rule 2 match with exactly this text? */
static bool says(seclua_engine *engine, const char *uri, const char *text) {
    seclua_txn *txn = request_of(engine, uri);
    if (txn == NULL) return false;
    bool does = false;
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        if (event->rule_id != 2) continue;
        does = event->match_text.len == strlen(text) &&
               memcmp(event->match_text.ptr, text, event->match_text.len) == 0;
    }
    seclua_txn_free(txn);
    return does;
}

static void *work(void *context) {
    const worker *self = context;
    shared *all = self->all;
    seclua_engine *engine = seclua_engine_new(all->rules, all->store);
    char uri[64], text[32];
    for (int i = 0; i < runs_per_thread; i++) {
        snprintf(text, sizeof text, "t%dn%d", self->number, i);
        snprintf(uri, sizeof uri, "/?who=%s", text);
        if (!says(engine, uri, text)) atomic_fetch_add(&all->wrong, 1);
    }
    seclua_engine_free(engine);
    return NULL;
}

/* Loads the same files again and again, each time into a rule set of its own, and runs some requests. */
static void *reload(void *context) {
    shared *all = context;
    while (!atomic_load(&all->is_over) || all->reloads < reloads_at_least) {
        seclua_diagnostics *diagnostics = seclua_diagnostics_new();
        const seclua_source source = {true, text_of("other.conf"), text_of(many_config)};
        seclua_ruleset *rules = seclua_load(&source, 1, all->options, diagnostics);
        seclua_engine *engine = rules == NULL ? NULL : seclua_engine_new(rules, all->store);
        if (engine == NULL || !says(engine, "/?who=other", "other")) atomic_fetch_add(&all->wrong, 1);
        seclua_engine_free(engine);
        seclua_ruleset_release(rules);
        seclua_diagnostics_free(diagnostics);
        all->reloads++;
    }
    return NULL;
}

static long long counted(const shared *all) {
    seclua_engine *engine = seclua_engine_new(all->rules, all->store);
    seclua_txn *txn = request_of(engine, "/?who=last");
    long long runs = 0;
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        if (event->rule_id == 3) runs = strtoll((const char *)event->match_text.ptr, NULL, 10);
    }
    seclua_txn_free(txn);
    seclua_engine_free(engine);
    return runs;
}

int main(void) {
    static world w;
    static shared all;
    world_open(&w);
    w.options.commit = SECLUA_COMMIT_IMMEDIATE;
    w.options.lua.timeout_ms = 0; /* nine threads on few processors, and a sanitizer: only results count */
    write_file(&w, "s.lua", script);
    write_file(&w, "count.lua", "function main() return m.global.runs .. ' ' end\n");
    current = "eight threads run one script ten thousand times each, without cross-talk";
    char config[400];
    snprintf(config, sizeof config, "%sSecRuleScript count.lua \"id:3,phase:2,log,pass\"\n", many_config);
    if (!world_load(&w, config)) {
        fprintf(stderr, "%s: does not load\n", current);
        return 1;
    }
    all.rules = w.rules;
    all.store = w.store;
    all.options = &w.options;
    pthread_t threads[thread_count], reloader;
    worker workers[thread_count];
    pthread_create(&reloader, NULL, reload, &all);
    for (int i = 0; i < thread_count; i++) {
        workers[i] = (worker){&all, i};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < thread_count; i++) pthread_join(threads[i], NULL);
    atomic_store(&all.is_over, true);
    pthread_join(reloader, NULL);
    CHECK(atomic_load(&all.wrong) == 0);

    current = "m.incr of all threads and rule sets adds up in the store";
    const long long expected_runs = (long long)thread_count * runs_per_thread + (long long)all.reloads + 1;
    const long long runs = counted(&all);
    if (runs != expected_runs) {
        failures++;
        fprintf(stderr, "%s: %lld of %lld\n", current, runs, expected_runs);
    }
    static const char *const files[] = {"s.lua", "count.lua", NULL};
    world_close(&w, files);
    return failures == 0 ? 0 : 1;
}
