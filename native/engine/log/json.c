/* SPDX-License-Identifier: Apache-2.0 */
/* yajl's generator on an arena. Its memory is the arena's, too: running out of that jumps away over its
 * frames, and nothing of theirs may be left behind. */
#include "log/json.h"

#include "transformations/transformation.h"

#include <yajl/yajl_gen.h>

#include "base/check.h"
#include "log/log.h"

/* Before each allocation stands its size, for realloc. */
enum { size_bytes = 16 };

static void *arena_malloc(void *context, size_t size) {
    uint8_t *at = sl_arena_alloc(context, size + size_bytes);
    memcpy(at, &size, sizeof size);
    return at + size_bytes;
}

static void *arena_realloc(void *context, void *old, size_t size) {
    uint8_t *at = arena_malloc(context, size);
    if (old == NULL) return at;
    size_t old_size;
    memcpy(&old_size, (uint8_t *)old - size_bytes, sizeof old_size);
    memcpy(at, old, old_size < size ? old_size : size);
    return at;
}

static void arena_free(void *context, void *at) {
    (void)context;
    (void)at;
}

static void print(void *context, const char *text, size_t len) { sl_strbuf_add(context, sl_slice_of(text, len)); }

/* A call out of order is a mistake of ours. */
static void done(yajl_gen_status status) {
    sl_assert(status == yajl_gen_status_ok);
    (void)status;
}

void sl_json_begin(sl_json *json, sl_arena *arena) {
    const yajl_alloc_funcs memory = {arena_malloc, arena_realloc, arena_free, arena};
    json->keeps_bytes = false;
    sl_strbuf_init(&json->out, arena, 4096);
    json->generator = yajl_gen_alloc(&memory);
    yajl_gen_config(json->generator, yajl_gen_print_callback, print, &json->out);
}

sl_slice sl_json_end(sl_json *json) { return sl_strbuf_slice(&json->out); }

void sl_json_open_object(sl_json *json) { done(yajl_gen_map_open(json->generator)); }
void sl_json_close_object(sl_json *json) { done(yajl_gen_map_close(json->generator)); }
void sl_json_open_array(sl_json *json) { done(yajl_gen_array_open(json->generator)); }
void sl_json_close_array(sl_json *json) { done(yajl_gen_array_close(json->generator)); }
void sl_json_integer(sl_json *json, int64_t number) { done(yajl_gen_integer(json->generator, number)); }
void sl_json_boolean(sl_json *json, bool value) { done(yajl_gen_bool(json->generator, value)); }
void sl_json_null(sl_json *json) { done(yajl_gen_null(json->generator)); }
void sl_json_number(sl_json *json, sl_slice text) {
    done(yajl_gen_number(json->generator, (const char *)text.ptr, text.len));
}

static void add_valid(sl_json *json, sl_slice text) { done(yajl_gen_string(json->generator, text.ptr, text.len)); }

void sl_json_key(sl_json *json, const char *key) { add_valid(json, sl_slice_z(key)); }
void sl_json_foreign_key(sl_json *json, sl_slice key) { add_valid(json, sl_log_escape(json->out.arena, key, 0)); }

/* Length of the UTF-8 sequence at the start of text, 0 when there is none: RFC 3629, so neither overlong
 * forms nor surrogates nor anything above U+10FFFF. */
static size_t sequence_length(sl_slice text) {
    const uint8_t first = text.ptr[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    const size_t len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.len < len) return 0;
    for (size_t i = 1; i < len; i++) {
        if ((text.ptr[i] & 0xC0) != 0x80) return 0;
    }
    if (first == 0xE0 && text.ptr[1] < 0xA0) return 0;
    if (first == 0xED && text.ptr[1] > 0x9F) return 0;
    if (first == 0xF0 && text.ptr[1] < 0x90) return 0;
    if (first == 0xF4 && text.ptr[1] > 0x8F) return 0;
    return len;
}

static size_t valid_prefix(sl_slice text) {
    size_t at = 0;
    while (at < text.len) {
        const size_t len = sequence_length(sl_slice_from(text, at));
        if (len == 0) break;
        at += len;
    }
    return at;
}

void sl_json_text(sl_json *json, sl_slice text) {
    size_t good = valid_prefix(text);
    if (good == text.len) {
        add_valid(json, text);
        return;
    }
    sl_strbuf repaired;
    sl_strbuf_init(&repaired, json->out.arena, text.len + 64);
    for (;;) {
        sl_strbuf_add(&repaired, sl_slice_of(text.ptr, good));
        if (good == text.len) break;
        sl_strbuf_add(&repaired, SL_LIT("\xEF\xBF\xBD"));
        text = sl_slice_from(text, good + 1);
        good = valid_prefix(text);
    }
    add_valid(json, sl_strbuf_slice(&repaired));
}

static void put_bytes(sl_json *json, const char *key, sl_slice text) {
    const sl_transformation *encode = sl_transformation_find(SL_LIT("base64Encode"));
    sl_strbuf name;
    sl_strbuf_init(&name, json->out.arena, 32);
    sl_strbuf_add_z(&name, key);
    sl_strbuf_add_z(&name, "_b64");
    add_valid(json, sl_strbuf_slice(&name));
    add_valid(json, encode->apply(json->out.arena, NULL, text));
}

void sl_json_put_text(sl_json *json, const char *key, sl_slice text) {
    sl_json_key(json, key);
    sl_json_text(json, text);
    if (json->keeps_bytes && valid_prefix(text) != text.len) put_bytes(json, key, text);
}

void sl_json_put_integer(sl_json *json, const char *key, int64_t number) {
    sl_json_key(json, key);
    sl_json_integer(json, number);
}

void sl_json_put_boolean(sl_json *json, const char *key, bool value) {
    sl_json_key(json, key);
    sl_json_boolean(json, value);
}
