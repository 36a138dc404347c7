/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as a sequence of events: what json.c names and json_tree.c keeps. */
#ifndef SL_JSON_READER_H
#define SL_JSON_READER_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_json_kind {
    SL_JSON_NULL,
    SL_JSON_FALSE,
    SL_JSON_TRUE,
    SL_JSON_NUMBER, /* as written */
    SL_JSON_STRING, /* escapes read, well-formed UTF-8 */
    SL_JSON_ARRAY,
    SL_JSON_OBJECT
} sl_json_kind;

/* In the order of the document. Each returns NULL, or why the reading is to end: a text that lives on. Slices live as
 * long as the arena and the body. at is where in the body the value ends, or a container begins, to the byte or so. */
typedef struct sl_json_events {
    void *context;
    const char *(*value)(void *context, sl_json_kind kind, sl_slice text, size_t at);
    const char *(*key)(void *context, sl_slice key);
    const char *(*open)(void *context, sl_json_kind kind, size_t at);
    const char *(*close)(void *context);
} sl_json_events;

typedef struct sl_json_error {
    sl_slice text; /* when more than depth_limit containers are open it ends with " Parsing depth limit exceeded" */
    size_t at;     /* in the body */
} sl_json_error;

/* Strict RFC 8259, one top-level value. Events before an error are delivered. May leave by the arena's exhausted
 * callback, also from within an event: nothing is lost. */
bool sl_json_read(sl_arena *arena, sl_slice body, uint32_t depth_limit, const sl_json_events *events,
                  sl_json_error *error);

#ifdef __cplusplus
}
#endif
#endif
