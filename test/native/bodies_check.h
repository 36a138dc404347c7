/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of body parsers: what a parser offered, as one line of text, and a check that names its case.
 * Members are written name=value and separated by "|"; bytes that do not print as \xHH. */
#ifndef BODIES_CHECK_H
#define BODIES_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/strbuf.h"
#include "bodies/argument_sink.h"

static int failures;

static void expect(bool is_true, const char *what, const char *found) {
    if (is_true) return;
    failures++;
    fprintf(stderr, "FAILED: %s\n    found: %s\n", what, found == NULL ? "" : found);
}

static void fail_on_exhausted(void *context) {
    (void)context;
    fprintf(stderr, "FAILED: the arena is exhausted\n");
    exit(1);
}

static void expect_text(const char *what, sl_slice found, const char *wanted) {
    if (sl_slice_equal(found, sl_slice_z(wanted))) return;
    failures++;
    fprintf(stderr, "FAILED: %s\n    found:  %.*s\n    wanted: %s\n", what, (int)found.len,
            (const char *)found.ptr, wanted);
}

typedef struct collector {
    sl_strbuf text;
    size_t count, limit; /* refuses the member after limit; 0 = takes all */
} collector;

static inline void write_escaped(sl_strbuf *out, sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 32 && text.ptr[i] < 127) {
            sl_strbuf_add_byte(out, text.ptr[i]);
        } else {
            sl_strbuf_add_format(out, "\\x%02x", text.ptr[i]);
        }
    }
}

static inline bool collect(void *context, sl_slice name, sl_slice value) {
    collector *const into = context;
    if (into->limit != 0 && into->count == into->limit) return false;
    if (into->count++ != 0) sl_strbuf_add_byte(&into->text, '|');
    write_escaped(&into->text, name);
    sl_strbuf_add_byte(&into->text, '=');
    write_escaped(&into->text, value);
    return true;
}

static inline collector collector_new(sl_arena *arena, size_t limit) {
    collector made = {.limit = limit};
    sl_strbuf_init(&made.text, arena, 256);
    return made;
}

/* Counts and refuses nothing: for inputs too large to write down. */
static inline bool count_only(void *context, sl_slice name, sl_slice value) {
    (void)name;
    (void)value;
    (*(size_t *)context)++;
    return true;
}

/* Of this process: a machine with other work must not fail a bound on work. */
static inline double seconds_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Text repeated up to about size bytes; free it. */
static inline sl_slice repeated(const char *text, size_t size) {
    const size_t len = strlen(text);
    const size_t count = size / len + 1;
    char *const made = malloc(count * len);
    if (made == NULL) exit(1);
    for (size_t i = 0; i < count; i++) memcpy(made + i * len, text, len);
    return sl_slice_of(made, count * len);
}

#endif
