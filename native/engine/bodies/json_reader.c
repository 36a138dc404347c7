/* SPDX-License-Identifier: Apache-2.0 */
/* JSON over yajl: yajl reads, this file narrows.
 *
 * yajl gets its memory from the arena: leaving by the arena's exhausted callback in the middle of a parse loses
 * nothing. It is a little wider than RFC 8259, and this file makes it exact: vertical tabs and form feeds are no white
 * space, overlong and surrogate UTF-8 is an error, and an escaped low surrogate without its high one is "?". */
#include "bodies/json_reader.h"

#include <yajl/yajl_parse.h>

enum {
    body_max_bytes = 1024 * 1024 * 1024, /* yajl doubles buffers: stay far from the end of size_t */
};

/* The words of yajl where it has some; v3 shows them too. */
static const char depth_error[] = "Too many open containers. Parsing depth limit exceeded";
static const char utf8_error[] = "lexical error: invalid bytes in UTF8 string.";

typedef struct json_reader {
    sl_arena *arena;
    const sl_json_events *events;
    yajl_handle handle;
    sl_slice body;
    size_t depth, depth_limit;
    const char *error; /* why a callback ended the parse */
} json_reader;

/* ---- memory ---------------------------------------------------------------------------------------- */

/* In front of each block for yajl, so that it can grow. */
typedef struct block {
    _Alignas(16) size_t capacity;
    _Alignas(16) uint8_t data[];
} block;

static void *take(void *context, size_t size) {
    block *const taken = sl_arena_alloc(context, sizeof *taken + size);
    taken->capacity = size;
    return taken->data;
}

/* yajl's stack of states grows by 128 bytes at a time: doubling keeps what is left behind in the arena
 * small. */
static void *retake(void *context, void *data, size_t size) {
    if (data == NULL) return take(context, size);
    const block *const old = (const block *)((uint8_t *)data - offsetof(block, data));
    if (size <= old->capacity) return data;
    void *const grown = take(context, size < old->capacity * 2 ? old->capacity * 2 : size);
    memcpy(grown, data, old->capacity);
    return grown;
}

static void give_back(void *context, void *data) {
    (void)context; /* the arena takes everything back at once */
    (void)data;
}

/* ---- UTF-8 ----------------------------------------------------------------------------------------- */

/* Length of the sequence at text, or 0 where it is not well-formed. Surrogates are not: see is_surrogate. */
static size_t utf8_length(sl_slice text) {
    const uint8_t first = text.ptr[0];
    if (first < 0x80) return 1;
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.len < length) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text.ptr[i] & 0xC0) != 0x80) return 0;
    }
    const uint8_t second = text.ptr[1];
    const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool is_outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
    return is_overlong || is_outside ? 0 : length;
}

static bool is_surrogate(sl_slice text) {
    return text.len >= 3 && text.ptr[0] == 0xED && text.ptr[1] >= 0xA0 && (text.ptr[2] & 0xC0) == 0x80;
}

/* Checks a string as yajl left it. One with escapes is a copy of ours already: there a surrogate can only
 * have been an escape, or something that the tolerant reader of it would read the same way. */
static bool settle_utf8(sl_slice *text, uint8_t *copy) {
    size_t len = 0;
    for (size_t at = 0; at < text->len;) {
        const sl_slice rest = sl_slice_from(*text, at);
        const size_t length = utf8_length(rest);
        if (length != 0) {
            if (copy != NULL && len != at) memmove(copy + len, copy + at, length);
            at += length;
            len += length;
        } else if (copy != NULL && is_surrogate(rest)) {
            copy[len++] = '?';
            at += 3;
        } else {
            return false;
        }
    }
    text->len = len;
    return true;
}

/* ---- what yajl calls; 0 ends the parse ------------------------------------------------------------- */

static int go_on(json_reader *reader, const char *error) {
    reader->error = error;
    return error == NULL;
}

/* Bytes of the body stay where they are; what yajl put into a buffer of its own would be overwritten. */
static bool is_in_body(const json_reader *reader, const uint8_t *bytes) {
    const uintptr_t start = (uintptr_t)reader->body.ptr, at = (uintptr_t)bytes;
    return at >= start && at - start < reader->body.len;
}

static bool keep_text(json_reader *reader, const uint8_t *bytes, size_t len, sl_slice *text) {
    *text = sl_slice_of(bytes, len);
    if (len == 0) {
        *text = SL_EMPTY;
    } else if (is_in_body(reader, bytes)) {
        if (!settle_utf8(text, NULL)) return false;
    } else {
        uint8_t *const copy = sl_arena_alloc(reader->arena, len);
        memcpy(copy, bytes, len);
        *text = sl_slice_of(copy, len);
        if (!settle_utf8(text, copy)) return false;
    }
    return true;
}

static int give(json_reader *reader, sl_json_kind kind, sl_slice text) {
    const size_t at = yajl_get_bytes_consumed(reader->handle);
    return go_on(reader, reader->events->value(reader->events->context, kind, text, at));
}

static int on_null(void *context) {
    return give(context, SL_JSON_NULL, SL_EMPTY);
}

static int on_boolean(void *context, int is_true) {
    return give(context, is_true ? SL_JSON_TRUE : SL_JSON_FALSE, is_true ? SL_LIT("true") : SL_LIT("false"));
}

static int on_number(void *context, const char *digits, size_t len) {
    json_reader *const reader = context;
    sl_slice text = sl_slice_of(digits, len);
    if (!is_in_body(reader, text.ptr)) text = sl_arena_copy(reader->arena, text);
    return give(reader, SL_JSON_NUMBER, text);
}

static int on_string(void *context, const unsigned char *bytes, size_t len) {
    json_reader *const reader = context;
    sl_slice text;
    if (!keep_text(reader, bytes, len, &text)) return go_on(reader, utf8_error);
    return give(reader, SL_JSON_STRING, text);
}

static int on_key(void *context, const unsigned char *bytes, size_t len) {
    json_reader *const reader = context;
    sl_slice key;
    if (!keep_text(reader, bytes, len, &key)) return go_on(reader, utf8_error);
    return go_on(reader, reader->events->key(reader->events->context, key));
}

static int open_container(json_reader *reader, sl_json_kind kind) {
    if (reader->depth >= reader->depth_limit) return go_on(reader, depth_error);
    reader->depth++;
    const size_t at = yajl_get_bytes_consumed(reader->handle);
    return go_on(reader, reader->events->open(reader->events->context, kind, at));
}

static int on_object(void *context) {
    return open_container(context, SL_JSON_OBJECT);
}
static int on_array(void *context) {
    return open_container(context, SL_JSON_ARRAY);
}

static int on_end(void *context) {
    json_reader *const reader = context;
    reader->depth--;
    return go_on(reader, reader->events->close(reader->events->context));
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* ---- the whole body -------------------------------------------------------------------------------- */

/* yajl takes VT and FF for white space. In strings they are errors anyway, so the first one ends what is
 * sound. */
static size_t sound_length(sl_slice body) {
    size_t len = body.len;
    static const uint8_t not_blank[] = {'\v', '\f'};
    for (size_t i = 0; i < sizeof not_blank; i++) {
        const size_t at = sl_slice_find_byte(sl_slice_of(body.ptr, len), not_blank[i]);
        if (at != SIZE_MAX) len = at;
    }
    return len;
}

static sl_slice error_text(const json_reader *reader) {
    if (reader->error != NULL) return sl_slice_z(reader->error);
    /* Without the place and the piece of input that the verbose form adds. */
    const unsigned char *const text = yajl_get_error(reader->handle, 0, NULL, 0);
    sl_slice error = sl_slice_z((const char *)text);
    while (error.len > 0 && sl_ascii_is_space(error.ptr[error.len - 1])) error.len--;
    return error;
}

static bool fail(sl_json_error *error, sl_slice text, size_t at) {
    *error = (sl_json_error){text, at};
    return false;
}

bool sl_json_read(sl_arena *arena, sl_slice body, uint32_t depth_limit, const sl_json_events *events,
                  sl_json_error *error) {
    *error = (sl_json_error){.text = SL_EMPTY};
    if (body.len > body_max_bytes) return fail(error, SL_LIT("The document is too long"), 0);
    json_reader reader = {.arena = arena, .events = events, .body = body, .depth_limit = depth_limit};
    yajl_alloc_funcs memory = {.malloc = take, .realloc = retake, .free = give_back, .ctx = arena};
    reader.handle = yajl_alloc(&callbacks, &memory, &reader);

    const size_t length = sound_length(body);
    yajl_status status = yajl_parse(reader.handle, body.ptr, length);
    const size_t at = yajl_get_bytes_consumed(reader.handle);
    if (status == yajl_status_ok) status = yajl_complete_parse(reader.handle);
    if (status != yajl_status_ok) return fail(error, error_text(&reader), at);
    if (length != body.len) return fail(error, SL_LIT("lexical error: invalid char in json text."), length);
    return true;
}
