/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a JSON body, named.
 *
 * The path of the value at hand is one growing text; opening a container remembers its length, so naming a
 * member costs its own key and the copy that is handed out. */
#include "bodies/json.h"

#include "base/strbuf.h"
#include "bodies/json_reader.h"

enum {
    /* A long key above many small values is copied into each of their names: names may cost this much. */
    names_bytes_free = 1024 * 1024,
    names_bytes_per_body_byte = 16,
};

static const char arguments_error[] = "SecArgumentsLimit exceeded";
static const char names_error[] = "The names of all members are too long";

typedef struct container {
    bool is_array;
    uint64_t index;  /* of the next element */
    size_t path_len; /* of the container's own name */
} container;

typedef struct namer {
    sl_arena *arena;
    const sl_argument_sink *sink;
    sl_strbuf path;
    container *containers;
    size_t depth, capacity;
    size_t names_bytes_left;
} namer;

/* Completes the path for the value that begins now. In an object the key did it already. */
static void begin_value(namer *names) {
    if (names->depth == 0) {
        sl_strbuf_add(&names->path, SL_LIT("json"));
        return;
    }
    container *const parent = &names->containers[names->depth - 1];
    if (!parent->is_array) return;
    names->path.len = parent->path_len;
    sl_strbuf_add(&names->path, SL_LIT(".array_"));
    sl_strbuf_add_int(&names->path, (int64_t)parent->index);
    parent->index++;
}

static const char *add_member(void *context, sl_json_kind kind, sl_slice value, size_t at) {
    namer *const names = context;
    (void)kind;
    (void)at;
    begin_value(names);
    if (names->path.len > names->names_bytes_left) return names_error;
    names->names_bytes_left -= names->path.len;
    const sl_slice name = sl_arena_copy(names->arena, sl_strbuf_slice(&names->path));
    return names->sink->add(names->sink->context, name, value) ? NULL : arguments_error;
}

static const char *add_key(void *context, sl_slice key) {
    namer *const names = context;
    names->path.len = names->containers[names->depth - 1].path_len;
    sl_strbuf_add_byte(&names->path, '.');
    sl_strbuf_add(&names->path, key.len == 0 ? SL_LIT("empty-key") : key);
    return NULL;
}

static const char *open_container(void *context, sl_json_kind kind, size_t at) {
    namer *const names = context;
    (void)at;
    begin_value(names);
    if (names->depth == names->capacity) {
        const size_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
        container *const grown = sl_arena_alloc(names->arena, capacity * sizeof *grown);
        if (names->depth != 0) memcpy(grown, names->containers, names->depth * sizeof *grown);
        names->containers = grown;
        names->capacity = capacity;
    }
    names->containers[names->depth++] =
        (container){.is_array = kind == SL_JSON_ARRAY, .index = 0, .path_len = names->path.len};
    return NULL;
}

static const char *close_container(void *context) {
    ((namer *)context)->depth--;
    return NULL;
}

bool sl_json_parse(sl_arena *arena, sl_slice body, uint32_t depth_limit, const sl_argument_sink *sink,
                   sl_slice *error) {
    *error = SL_EMPTY;
    if (body.len == 0) return true;
    namer names = {
        .arena = arena,
        .sink = sink,
        .names_bytes_left = names_bytes_free + body.len * names_bytes_per_body_byte,
    };
    sl_strbuf_init(&names.path, arena, 256);
    const sl_json_events events = {&names, add_member, add_key, open_container, close_container};
    sl_json_error failed;
    if (sl_json_read(arena, body, depth_limit, &events, &failed)) return true;
    *error = failed.text;
    return false;
}
