/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON into an arena: yajl sees to the grammar, this to the bytes. What comes out is valid UTF-8,
 * whatever goes in. */
#ifndef SL_LOG_JSON_H
#define SL_LOG_JSON_H

#include "base/strbuf.h"

#ifdef __cplusplus
extern "C" {
#endif

struct yajl_gen_t;

typedef struct sl_json {
    struct yajl_gen_t *generator;
    sl_strbuf out;
    bool keeps_bytes; /* texts that are not UTF-8 get a sibling NAME_b64; set it after sl_json_begin */
} sl_json;

void sl_json_begin(sl_json *json, sl_arena *arena);
sl_slice sl_json_end(sl_json *json);

void sl_json_open_object(sl_json *json);
void sl_json_close_object(sl_json *json);
void sl_json_open_array(sl_json *json);
void sl_json_close_array(sl_json *json);
void sl_json_key(sl_json *json, const char *key);
/* A key made from somebody's bytes: those that are not printable become \xHH, so that different keys stay
 * different. */
void sl_json_foreign_key(sl_json *json, sl_slice key);
/* Bytes that are not UTF-8 become U+FFFD, one for each. */
void sl_json_text(sl_json *json, sl_slice text);
void sl_json_integer(sl_json *json, int64_t number);
/* text is a number as JSON writes them. */
void sl_json_number(sl_json *json, sl_slice text);
void sl_json_boolean(sl_json *json, bool value);
void sl_json_null(sl_json *json);

/* Key and value. */
void sl_json_put_text(sl_json *json, const char *key, sl_slice text);
void sl_json_put_integer(sl_json *json, const char *key, int64_t number);
void sl_json_put_boolean(sl_json *json, const char *key, bool value);

#ifdef __cplusplus
}
#endif
#endif
