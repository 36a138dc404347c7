/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction with a script costs in our engine, without Node: nanoseconds of CPU time.
 *
 *   lua_bench ROUNDS COUNT MAIN.conf…
 *
 * In each round every configuration in turn judges COUNT requests with 20 arguments in phases 1 and 2. One line for each:
 * the median of the rounds, the best, and the calls of malloc per transaction after the warm-up. bench/lua/run.mjs reads
 * them; bench/lua/libmodsecurity.cpp does the same with that engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "seclua.h"

enum { rounds_max = 99, configurations_max = 16 };

/* Where the C library lets us, its allocator is counted: the claim is that a warm engine never calls it. */
#if defined(__GLIBC__)
static unsigned long long malloc_count;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size) {
    malloc_count++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    malloc_count++;
    return __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
    malloc_count++;
    return __libc_realloc(block, size);
}
#else
static const unsigned long long malloc_count = 0;
#endif

static seclua_slice slice(const char *text) {
    const seclua_slice out = {(const uint8_t *)text, strlen(text)};
    return out;
}

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static char uri[2048];

static void make_uri(void) {
    size_t used = (size_t)snprintf(uri, sizeof uri, "/shop");
    for (int i = 0; i < 20; i++) {
        used += (size_t)snprintf(uri + used, sizeof uri - used, "%ca%d=A+fairly+Ordinary+argument+value+number+%d",
                                 i == 0 ? '?' : '&', i, i * 7919);
    }
}

static void judge(seclua_engine *engine) {
    static const seclua_connection connection = {{(const uint8_t *)"192.0.2.7", 9}, {(const uint8_t *)"192.0.2.1", 9},
                                                 40000, 80, {NULL, 0}};
    const seclua_header headers[] = {{slice("Host"), slice("shop.example")}, {slice("Accept"), slice("*/*")}};
    const seclua_request request = {slice("GET"), slice(uri), slice("HTTP/1.1"), headers, 2};
    seclua_txn *txn = seclua_txn_new(engine, &connection);
    seclua_txn_request_headers(txn, &request);
    seclua_txn_request_body(txn);
    seclua_txn_free(txn);
}

static seclua_engine *load(const char *file) {
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice("/");
    seclua_diagnostics *diagnostics = seclua_diagnostics_new();
    const seclua_source source = {false, slice(file), {NULL, 0}};
    seclua_ruleset *rules = seclua_load(&source, 1, &options, diagnostics);
    for (size_t i = 0; rules == NULL && i < seclua_diagnostics_count(diagnostics); i++) {
        seclua_diagnostic item;
        seclua_diagnostics_get(diagnostics, i, &item);
        fprintf(stderr, "%s: %.*s\n", file, (int)item.message.len, (const char *)item.message.ptr);
    }
    if (rules == NULL) exit(1);
    seclua_engine *engine = seclua_engine_new(rules, NULL);
    seclua_ruleset_release(rules);
    seclua_diagnostics_free(diagnostics);
    return engine;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    const int rounds = argc > 3 ? atoi(argv[1]) : 0, count = argc > 3 ? atoi(argv[2]) : 0;
    const int configurations = argc - 3;
    if (rounds < 1 || rounds > rounds_max || count < 1 || configurations > configurations_max) {
        fprintf(stderr, "usage: lua_bench ROUNDS COUNT MAIN.conf...\n");
        return 2;
    }
    static double samples[configurations_max][rounds_max];
    static unsigned long long mallocs[configurations_max];
    seclua_engine *engines[configurations_max];
    make_uri();
    for (int c = 0; c < configurations; c++) {
        engines[c] = load(argv[c + 3]);
        for (int i = 0; i < count; i++) judge(engines[c]);
    }
    for (int round = 0; round < rounds; round++) {
        for (int c = 0; c < configurations; c++) {
            const unsigned long long mallocs_before = malloc_count;
            const double started = cpu_ns();
            for (int i = 0; i < count; i++) judge(engines[c]);
            samples[c][round] = (cpu_ns() - started) / count;
            mallocs[c] += malloc_count - mallocs_before;
        }
    }
    for (int c = 0; c < configurations; c++) {
        qsort(samples[c], (size_t)rounds, sizeof samples[c][0], ascending);
        seclua_stats stats;
        seclua_engine_stats(engines[c], &stats);
        printf("{\"median_ns\": %.1f, \"best_ns\": %.1f, \"mallocs\": %.6f, \"script_runs\": %llu, \"script_errors\": %llu}\n",
               samples[c][rounds / 2], samples[c][0], (double)mallocs[c] / ((double)rounds * count),
               (unsigned long long)stats.script_runs, (unsigned long long)stats.script_errors);
        seclua_engine_free(engines[c]);
    }
    return 0;
}
