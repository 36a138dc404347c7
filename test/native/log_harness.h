/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction made by hand, for tests of what logs say about it: no rules run here. */
#ifndef LOG_HARNESS_H
#define LOG_HARNESS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "log/log.h"
#include "log/mask.h"
#include "operators/rx.h"

static int failures;
static const char *current;

#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            failures++;                                                          \
            fprintf(stderr, "%s: line %d: %s\n", current, __LINE__, #condition); \
        }                                                                        \
    } while (0)

#define CHECK_TEXT(found, expected) check_text(__LINE__, (found), (expected))

static inline void check_text(int line, sl_slice found, sl_slice expected) {
    if (sl_slice_equal(found, expected)) return;
    failures++;
    fprintf(stderr, "%s: line %d:\n  found    %.*s\n  expected %.*s\n", current, line, (int)found.len,
            (const char *)found.ptr, (int)expected.len, (const char *)expected.ptr);
}

static inline bool has(sl_slice text, const char *part) { return sl_slice_find(text, sl_slice_z(part)) != SIZE_MAX; }

/* How often part stands in text. */
static inline size_t count_of(sl_slice text, const char *part) {
    size_t count = 0;
    for (;;) {
        const size_t at = sl_slice_find(text, sl_slice_z(part));
        if (at == SIZE_MAX) return count;
        text = sl_slice_from(text, at + 1);
        count++;
    }
}

static inline void exhausted(void *context) {
    (void)context;
    fputs("out of memory\n", stderr);
    exit(2);
}

typedef struct world {
    sl_ruleset rules;
    sl_engine engine;
    sl_txn txn;
    sl_multipart multipart;
} world;

/* GET /a?y=bad from 10.0.0.5, engine On, audit engine On, the default parts. */
static inline world *world_new(void) {
    world *w = calloc(1, sizeof *w);
    if (w == NULL) exhausted(NULL);
    w->rules.config.web_app_id = SL_LIT("default");
    w->rules.config.argument_separator = '&';
    w->rules.config.pcre_match_limit = 1000;
    w->rules.config.pcre_depth_limit = 1000;
    w->engine.rules = &w->rules;
    sl_txn *txn = &w->txn;
    sl_arena_init(&txn->arena, 0, exhausted, NULL);
    txn->engine = &w->engine;
    txn->rules = &w->rules;
    txn->id = SL_LIT("179545710923.641925");
    txn->client_address = SL_LIT("10.0.0.5");
    txn->client_port = 40000;
    txn->server_address = SL_LIT("127.0.0.1");
    txn->server_port = 80;
    txn->start_us = INT64_C(1795457159100721);
    txn->method = SL_LIT("GET");
    txn->uri_raw = SL_LIT("/a?y=bad");
    txn->path_raw = SL_LIT("/a");
    txn->query = SL_LIT("y=bad");
    txn->has_query = true;
    txn->protocol = SL_LIT("HTTP/1.1");
    txn->engine_mode = SL_ON;
    txn->audit_engine = SL_ON;
    txn->highest_severity = 255;
    for (const char *part = "ABCFHZ"; *part != '\0'; part++) txn->audit_parts |= SL_AUDIT_PART(*part);
    return w;
}

static inline void world_free(world *w) {
    sl_arena_free(&w->txn.arena);
    free(w);
}

static inline void add_member(world *w, sl_members *members, sl_slice name, sl_slice value) {
    sl_members_add(members, &w->txn.arena, name, value);
}

static inline void add_arg(world *w, sl_slice name, sl_slice value, uint8_t origin) {
    sl_members_add(&w->txn.args, &w->txn.arena, name, value)->origin = origin;
}

static inline void add_event(world *w, seclua_event *event) {
    sl_event_list *list = &w->txn.events;
    seclua_event **items = sl_arena_alloc(&w->txn.arena, (list->count + 1) * sizeof *items);
    if (list->count != 0) memcpy(items, list->items, list->count * sizeof *items);
    items[list->count++] = event;
    list->items = items;
}

/* The transaction ended as the event wanted. */
static inline void intervene(world *w, seclua_event *event) {
    event->disruptive = true;
    w->txn.is_intervened = true;
    w->txn.verdict = (seclua_verdict){.action = event->action, .status = event->status, .phase = event->phase,
                                      .rule_id = event->rule_id, .message = event->message};
}

static inline seclua_event plain_event(void) {
    return (seclua_event){.rule_id = 1, .phase = 2, .severity = 2, .log = true, .audit = true, .line = 1,
                          .file = SL_LIT("a.conf"), .operator_name = "rx", .parameter = SL_LIT("a"),
                          .variable_name = SL_LIT("ARGS:y"), .value = SL_LIT("a")};
}

#define TEST(name) {#name, name}

typedef struct named_test {
    const char *name;
    void (*run)(void);
} named_test;

static inline int run_tests(const named_test *tests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        current = tests[i].name;
        tests[i].run();
    }
    return failures == 0 ? 0 : 1;
}

#endif
