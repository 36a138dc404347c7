/* SPDX-License-Identifier: Apache-2.0 */
/* What the test programs of the operators share: one operator at a time, prepared and asked without a rule
 * around it.
 *
 * It stands in for the compiler (prepare's callbacks) and for the evaluator (zeroed match before each
 * call). */
#ifndef OPERATOR_HARNESS_H
#define OPERATOR_HARNESS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "operators/rx.h"
#include "ruleset/ruleset.h"

typedef struct harness {
    sl_ruleset *rules;
    sl_arena arena;          /* of the load and of the calls alike */
    sl_scratch *scratch;
    const char *directory;   /* where files named by arguments are */
    sl_slice virtual_file;   /* if not empty: what every file name stands for */
    char code[64];           /* of the last report */
    char message[512];
    struct sl_txn *txn;
    unsigned failures, checks;
} harness;

typedef struct subject {
    const sl_operator *row;
    sl_operand operand;
    bool is_loaded;
} subject;

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function" /* no program needs all of it */
#endif

static void harness_out_of_memory(void *context) {
    (void)context;
    fprintf(stderr, "memory ran out\n");
    exit(2);
}

static void harness_open(harness *h, bool rx_multiline) {
    memset(h, 0, sizeof *h);
    h->rules = sl_ruleset_new(harness_out_of_memory, NULL);
    if (h->rules == NULL) harness_out_of_memory(NULL);
    h->rules->options.rx_multiline = rx_multiline;
    sl_arena_init(&h->arena, 0, harness_out_of_memory, NULL);
    h->scratch = sl_scratch_new(h->rules);
    if (h->scratch == NULL) harness_out_of_memory(NULL);
}

static void harness_close(harness *h) {
    sl_scratch_free(h->scratch);
    sl_arena_free(&h->arena);
    seclua_ruleset_release((seclua_ruleset *)h->rules);
}

static void harness_report(void *context, const char *code, const char *message, const char *hint,
                           size_t offset, size_t length) {
    harness *const h = context;
    (void)hint;
    (void)offset;
    (void)length;
    snprintf(h->code, sizeof h->code, "%s", code);
    snprintf(h->message, sizeof h->message, "%s", message);
}

static bool harness_read_file(void *context, sl_slice name, sl_slice *path, sl_slice *content) {
    harness *const h = context;
    *path = name;
    if (h->virtual_file.len > 0) {
        *content = h->virtual_file;
        return true;
    }
    char full[4096];
    snprintf(full, sizeof full, "%s/%.*s", h->directory == NULL ? "." : h->directory, (int)name.len,
             (const char *)name.ptr);
    FILE *const file = fopen(full, "rb");
    if (file == NULL) return false;
    enum { file_max_bytes = 1024 * 1024 };
    uint8_t *const bytes = sl_arena_alloc(&h->arena, file_max_bytes);
    *content = sl_slice_of(bytes, fread(bytes, 1, file_max_bytes, file));
    fclose(file);
    return true;
}

static subject harness_load(harness *h, sl_slice name, sl_slice argument) {
    subject made;
    memset(&made, 0, sizeof made);
    h->code[0] = h->message[0] = '\0';
    made.row = sl_operator_find(name);
    if (made.row == NULL) return made;
    sl_prepare prepare;
    memset(&prepare, 0, sizeof prepare);
    prepare.rules = h->rules;
    prepare.arena = &h->arena;
    prepare.report = harness_report;
    prepare.read_file = harness_read_file;
    prepare.context = h;
    made.operand.text = argument;
    made.is_loaded = made.row->prepare(&prepare, argument, &made.operand);
    if (made.is_loaded && made.row->necessary != NULL) made.row->necessary(&prepare, &made.operand);
    return made;
}

static sl_answer harness_ask(harness *h, const subject *asked, sl_slice value, sl_match *match) {
    const sl_call call = {h->txn, NULL, &h->arena, h->scratch};
    memset(match, 0, sizeof *match);
    match->want_captures = match->want_ranges = true;
    /* A copy of exactly this length, so that the sanitizer sees a read behind its end. */
    uint8_t *const copy = malloc(value.len + (value.len == 0));
    if (copy == NULL) harness_out_of_memory(NULL);
    if (value.len > 0) memcpy(copy, value.ptr, value.len);
    const sl_answer answer = asked->row->match(&call, &asked->operand, sl_slice_of(copy, value.len), match);
    for (size_t i = 0; i < match->capture_count; i++)
        match->captures[i] = sl_arena_copy(&h->arena, match->captures[i]);
    free(copy);
    return answer;
}

/* What the index is told must hold of every value that matches. */
static bool harness_allows(const sl_necessary *necessary, sl_slice value) {
    if (necessary == NULL) return true;
    for (size_t i = 0; i < necessary->count; i++) {
        const sl_slice literal = necessary->literals[i];
        for (size_t at = 0; at + literal.len <= value.len; at++) {
            const sl_slice here = sl_slice_of(value.ptr + at, literal.len);
            if (necessary->fold ? sl_slice_equal_fold(here, literal) : sl_slice_equal(here, literal))
                return true;
        }
    }
    return false;
}

static const char *harness_word(sl_answer answer) {
    static const char *const words[] = {"no", "yes", "limit", "error"};
    return words[answer];
}

static void harness_print(sl_slice text) {
    for (size_t i = 0; i < text.len && i < 200; i++) {
        const uint8_t c = text.ptr[i];
        if (c >= 32 && c < 127) {
            fputc(c, stderr);
        } else {
            fprintf(stderr, "\\x%02x", (unsigned)c);
        }
    }
}

static void harness_fail(harness *h, sl_slice name, sl_slice argument, sl_slice value, const char *what) {
    h->failures++;
    fprintf(stderr, "FAIL @");
    harness_print(name);
    fprintf(stderr, " \"");
    harness_print(argument);
    fprintf(stderr, "\" on \"");
    harness_print(value);
    fprintf(stderr, "\": %s\n", what);
}

/* Loads, asks once. An argument that is refused counts as an error. */
static sl_answer answer_to(harness *h, const char *name, sl_slice argument, sl_slice value, sl_match *match) {
    const subject loaded = harness_load(h, sl_slice_z(name), argument);
    return loaded.is_loaded ? harness_ask(h, &loaded, value, match) : SL_ERROR;
}

static void expect(harness *h, bool holds, const char *sentence) {
    h->checks++;
    if (holds) return;
    h->failures++;
    fprintf(stderr, "FAIL not true: %s\n", sentence);
}

/* Ends the program: what main returns. */
static int harness_result(const char *name, const harness *h) {
    printf("%s: %u checks, %u failures\n", name, h->checks, h->failures);
    return h->failures == 0 ? 0 : 1;
}

#endif
