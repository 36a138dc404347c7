/* SPDX-License-Identifier: Apache-2.0 */
/* For the fuzz targets of body parsers: an arena that gives up by longjmp as a transaction's does, and a sink
 * that checks what it is offered and may refuse. */
#ifndef BODIES_FUZZ_H
#define BODIES_FUZZ_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "bodies/argument_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool holds, const char *sentence) {
    if (holds) return;
    fprintf(stderr, "%s\n", sentence);
    abort();
}

static inline void leave(void *context) { longjmp(*(jmp_buf *)context, 1); }

typedef struct taker {
    size_t count, limit;
    size_t names_bytes, values_bytes;
    const char *name_prefix; /* each name begins so */
    bool allows_empty_names;
    bool has_refused;
} taker;

/* Reads every byte, so that the sanitizers see a bad slice. */
static inline void touch(sl_slice text) {
    static volatile uint8_t seen;
    for (size_t i = 0; i < text.len; i++) seen ^= text.ptr[i];
}

static inline bool take(void *context, sl_slice name, sl_slice value) {
    taker *const into = context;
    touch(name);
    touch(value);
    must(!into->has_refused, "nothing is offered after a refusal");
    must(sl_slice_starts(name, sl_slice_z(into->name_prefix)), "a name begins as it must");
    must(into->allows_empty_names || name.len != 0, "a name is not empty");
    if (into->count == into->limit) {
        into->has_refused = true;
        return false;
    }
    into->count++;
    into->names_bytes += name.len;
    into->values_bytes += value.len;
    return true;
}

#endif
