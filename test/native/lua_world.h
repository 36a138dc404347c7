/* SPDX-License-Identifier: Apache-2.0 */
/* What the test programs of the scripts share: a folder with scripts, a rule set over them, requests, and
 * what was logged. Works through seclua.h alone. */
#ifndef LUA_WORLD_H
#define LUA_WORLD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seclua.h"

static int failures;
static const char *current = "";

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            failures++;                                                                     \
            fprintf(stderr, "%s: line %d: %s\n", current, __LINE__, #condition);            \
        }                                                                                   \
    } while (0)

typedef struct world {
    char folder[256];
    seclua_options options;
    seclua_diagnostics *diagnostics;
    seclua_ruleset *rules;
    seclua_store *store;
    seclua_engine *engine;
} world;

/* What one request gave, as text to search in. */
typedef struct outcome {
    int status;     /* 0 = passed */
    char ids[256];  /* " 100 101 " */
    char log[1 << 16]; /* "LEVEL message\n" of records, "event: text\n" */
} outcome;

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function" /* no program needs all of it */
#endif

static seclua_slice text_of(const char *text) {
    seclua_slice slice = {(const uint8_t *)text, strlen(text)};
    return slice;
}

static void write_bytes(const world *w, const char *name, const char *bytes, size_t count) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, count, file) != count) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(2);
    }
    fclose(file);
}

static void write_file(const world *w, const char *name, const char *text) {
    write_bytes(w, name, text, strlen(text));
}

static void world_open(world *w) {
    memset(w, 0, sizeof *w);
    const char *base = getenv("TMPDIR");
    snprintf(w->folder, sizeof w->folder, "%s/seclua-lua-XXXXXX", base == NULL ? P_tmpdir : base);
    if (mkdtemp(w->folder) == NULL) {
        perror(w->folder);
        exit(2);
    }
    seclua_options_init(&w->options);
    w->options.cwd = text_of(w->folder);
    w->options.lua.timeout_ms = 5000; /* the other limits are tested; a slow machine must not decide */
    w->store = seclua_store_memory_new(0);
}

static void world_unload(world *w) {
    seclua_engine_free(w->engine);
    seclua_ruleset_release(w->rules);
    seclua_diagnostics_free(w->diagnostics);
    w->engine = NULL;
    w->rules = NULL;
    w->diagnostics = NULL;
}

static void world_close(world *w, const char *const *files) {
    world_unload(w);
    seclua_store_release(w->store);
    for (; *files != NULL; files++) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", w->folder, *files);
        (void)remove(path);
    }
    (void)rmdir(w->folder);
}

/* False: the configuration has errors. */
static bool world_load(world *w, const char *config) {
    world_unload(w);
    w->diagnostics = seclua_diagnostics_new();
    const seclua_source source = {true, text_of("test.conf"), text_of(config)};
    w->rules = seclua_load(&source, 1, &w->options, w->diagnostics);
    if (w->rules == NULL) return false;
    w->engine = seclua_engine_new(w->rules, w->store);
    return true;
}

/* Is there a diagnostic with this in its message? */
static bool was_reported(const world *w, const char *code, const char *text) {
    for (size_t i = 0; i < seclua_diagnostics_count(w->diagnostics); i++) {
        seclua_diagnostic item;
        seclua_diagnostics_get(w->diagnostics, i, &item);
        char message[1024];
        snprintf(message, sizeof message, "%.*s", (int)item.message.len, (const char *)item.message.ptr);
        if (strcmp(item.code, code) == 0 && strstr(message, text) != NULL) return true;
    }
    return false;
}

static void append(outcome *out, const char *head, seclua_slice text) {
    const size_t used = strlen(out->log);
    snprintf(out->log + used, sizeof out->log - used, "%s%.*s\n", head, (int)text.len,
             (const char *)text.ptr);
}

static void collect(seclua_txn *txn, outcome *out) {
    memset(out, 0, sizeof *out);
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    out->status = verdict.action == SECLUA_PASS ? 0 : verdict.status;
    strcpy(out->ids, " ");
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        const size_t used = strlen(out->ids);
        snprintf(out->ids + used, sizeof out->ids - used, "%llu ", (unsigned long long)event->rule_id);
        append(out, "event: ", event->match_text);
        append(out, "line: ", seclua_txn_event_line(txn, i));
    }
    for (size_t i = 0; i < seclua_txn_log_count(txn); i++) {
        const seclua_log_record *record = seclua_txn_log(txn, i);
        char head[300];
        snprintf(head, sizeof head, "%d (%.*s) ", record->level, (int)record->source.len,
                 (const char *)record->source.ptr);
        append(out, head, record->message);
    }
}

/* A GET request through all phases. The transaction stays open for questions. */
static seclua_txn *start(world *w, const char *uri) {
    const seclua_connection connection = {.client_address = text_of("192.0.2.7"),
                                          .server_address = text_of("192.0.2.1"),
                                          .client_port = 40000,
                                          .server_port = 80};
    seclua_txn *txn = seclua_txn_new(w->engine, &connection);
    const seclua_header headers[] = {{text_of("Host"), text_of("shop.example")},
                                     {text_of("X-T"), text_of("one")},
                                     {text_of("x-t"), text_of("two")}};
    const seclua_request request = {text_of("GET"), text_of(uri), text_of("HTTP/1.1"), headers, 3};
    seclua_txn_request_headers(txn, &request);
    seclua_txn_request_body(txn);
    seclua_txn_logging(txn);
    return txn;
}

static void run(world *w, const char *uri, outcome *out) {
    seclua_txn *txn = start(w, uri);
    collect(txn, out);
    seclua_txn_free(txn);
}

#endif
