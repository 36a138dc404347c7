/* SPDX-License-Identifier: Apache-2.0 */
/* JSON over yajl: yajl reads, this file names.
 *
 * The path of the value at hand is one growing text; opening a container remembers its length, so naming a
 * member costs its own key and the copy that is handed out. yajl gets its memory from the arena: leaving by
 * the arena's exhausted callback in the middle of a parse loses nothing.
 *
 * yajl is a little wider than RFC 8259, and this file narrows it: vertical tabs and form feeds are no white
 * space, overlong and surrogate UTF-8 is an error, and an escaped low surrogate without its high one is
 * "?". */
#include "bodies/json.h"

#include <yajl/yajl_parse.h>

#include "base/strbuf.h"

enum {
    body_max_bytes = 1024 * 1024 * 1024, /* yajl doubles buffers: stay far from the end of size_t */
    /* A long key above many small values is copied into each of their names: names may cost this much. */
    names_bytes_free = 1024 * 1024,
    names_bytes_per_body_byte = 16,
};

/* The words of yajl where it has some; v3 shows them too. */
static const char depth_error[] = "Too many open containers. Parsing depth limit exceeded";
static const char utf8_error[] = "lexical error: invalid bytes in UTF8 string.";
static const char arguments_error[] = "SecArgumentsLimit exceeded";
static const char names_error[] = "The names of all members are too long";

typedef struct container {
    bool is_array;
    uint64_t index;  /* of the next element */
    size_t path_len; /* of the container's own name */
} container;

typedef struct json_parser {
    sl_arena *arena;
    const sl_argument_sink *sink;
    sl_slice body;
    sl_strbuf path;
    container *containers;
    size_t depth, capacity, depth_limit;
    size_t names_bytes_left;
    const char *error; /* why a callback ended the parse */
} json_parser;

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

/* ---- names ----------------------------------------------------------------------------------------- */

static int stop(json_parser *parser, const char *error) {
    parser->error = error;
    return 0;
}

/* Bytes of the body stay where they are; what yajl put into a buffer of its own would be overwritten. */
static bool is_in_body(const json_parser *parser, const uint8_t *bytes) {
    const uintptr_t start = (uintptr_t)parser->body.ptr, at = (uintptr_t)bytes;
    return at >= start && at - start < parser->body.len;
}

static bool keep_text(json_parser *parser, const uint8_t *bytes, size_t len, sl_slice *text) {
    *text = sl_slice_of(bytes, len);
    if (len == 0) {
        *text = SL_EMPTY;
    } else if (is_in_body(parser, bytes)) {
        if (!settle_utf8(text, NULL)) return false;
    } else {
        uint8_t *const copy = sl_arena_alloc(parser->arena, len);
        memcpy(copy, bytes, len);
        *text = sl_slice_of(copy, len);
        if (!settle_utf8(text, copy)) return false;
    }
    return true;
}

/* Completes the path for the value that begins now. In an object the key did it already. */
static void begin_value(json_parser *parser) {
    if (parser->depth == 0) {
        sl_strbuf_add(&parser->path, SL_LIT("json"));
        return;
    }
    container *const parent = &parser->containers[parser->depth - 1];
    if (!parent->is_array) return;
    parser->path.len = parent->path_len;
    sl_strbuf_add(&parser->path, SL_LIT(".array_"));
    sl_strbuf_add_int(&parser->path, (int64_t)parent->index);
    parent->index++;
}

static int add_member(json_parser *parser, sl_slice value) {
    begin_value(parser);
    if (parser->path.len > parser->names_bytes_left) return stop(parser, names_error);
    parser->names_bytes_left -= parser->path.len;
    const sl_slice name = sl_arena_copy(parser->arena, sl_strbuf_slice(&parser->path));
    if (parser->sink->add(parser->sink->context, name, value)) return 1;
    return stop(parser, arguments_error);
}

static int open_container(json_parser *parser, bool is_array) {
    if (parser->depth >= parser->depth_limit) return stop(parser, depth_error);
    begin_value(parser);
    if (parser->depth == parser->capacity) {
        const size_t capacity = parser->capacity == 0 ? 16 : parser->capacity * 2;
        container *const grown = sl_arena_alloc(parser->arena, capacity * sizeof *grown);
        if (parser->depth != 0) memcpy(grown, parser->containers, parser->depth * sizeof *grown);
        parser->containers = grown;
        parser->capacity = capacity;
    }
    parser->containers[parser->depth++] =
        (container){.is_array = is_array, .index = 0, .path_len = parser->path.len};
    return 1;
}

/* ---- what yajl calls; 0 ends the parse ------------------------------------------------------------- */

static int on_null(void *context) { return add_member(context, SL_EMPTY); }

static int on_boolean(void *context, int is_true) {
    return add_member(context, is_true ? SL_LIT("true") : SL_LIT("false"));
}

static int on_number(void *context, const char *digits, size_t len) {
    json_parser *const parser = context;
    sl_slice value = sl_slice_of(digits, len);
    if (!is_in_body(parser, value.ptr)) value = sl_arena_copy(parser->arena, value);
    return add_member(parser, value);
}

static int on_string(void *context, const unsigned char *bytes, size_t len) {
    json_parser *const parser = context;
    sl_slice value;
    if (!keep_text(parser, bytes, len, &value)) return stop(parser, utf8_error);
    return add_member(parser, value);
}

static int on_key(void *context, const unsigned char *bytes, size_t len) {
    json_parser *const parser = context;
    sl_slice key;
    if (!keep_text(parser, bytes, len, &key)) return stop(parser, utf8_error);
    parser->path.len = parser->containers[parser->depth - 1].path_len;
    sl_strbuf_add_byte(&parser->path, '.');
    sl_strbuf_add(&parser->path, key.len == 0 ? SL_LIT("empty-key") : key);
    return 1;
}

static int on_object(void *context) { return open_container(context, false); }
static int on_array(void *context) { return open_container(context, true); }

static int on_end(void *context) {
    json_parser *const parser = context;
    parser->depth--;
    return 1;
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

static sl_slice error_text(json_parser *parser, yajl_handle handle) {
    if (parser->error != NULL) return sl_slice_z(parser->error);
    /* Without the place and the piece of input that the verbose form adds. */
    const unsigned char *const text = yajl_get_error(handle, 0, NULL, 0);
    sl_slice error = sl_slice_z((const char *)text);
    while (error.len > 0 && sl_ascii_is_space(error.ptr[error.len - 1])) error.len--;
    return error;
}

bool sl_json_parse(sl_arena *arena, sl_slice body, uint32_t depth_limit, const sl_argument_sink *sink,
                   sl_slice *error) {
    *error = SL_EMPTY;
    if (body.len == 0) return true;
    if (body.len > body_max_bytes) {
        *error = SL_LIT("The document is too long");
        return false;
    }
    json_parser parser = {
        .arena = arena,
        .sink = sink,
        .body = body,
        .depth_limit = depth_limit,
        .names_bytes_left = names_bytes_free + body.len * names_bytes_per_body_byte,
    };
    sl_strbuf_init(&parser.path, arena, 256);
    yajl_alloc_funcs memory = {.malloc = take, .realloc = retake, .free = give_back, .ctx = arena};
    const yajl_handle handle = yajl_alloc(&callbacks, &memory, &parser);

    const size_t length = sound_length(body);
    yajl_status status = yajl_parse(handle, body.ptr, length);
    if (status == yajl_status_ok) status = yajl_complete_parse(handle);
    if (status != yajl_status_ok) {
        *error = error_text(&parser, handle);
        return false;
    }
    if (length != body.len) {
        *error = SL_LIT("lexical error: invalid char in json text.");
        return false;
    }
    return true;
}
