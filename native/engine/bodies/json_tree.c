/* SPDX-License-Identifier: Apache-2.0 */
/* Building the tree. Members of all open containers lie on one stack; closing one takes its own off, sorted if they
 * have keys.
 *
 * Recursion happens in the comparison alone, and the depth limit of the reading bounds it. */
#include "bodies/json_tree.h"

#include "base/decimal.h"

typedef struct open_node {
    sl_json_node *node;
    sl_slice key; /* of the member that comes next */
    size_t first; /* of its members, on the stack */
} open_node;

typedef struct builder {
    sl_arena *arena;
    open_node *open;
    size_t depth, open_capacity;
    sl_json_member *members;
    size_t member_count, member_capacity;
    sl_json_document *document;
} builder;

static void *grown(sl_arena *arena, const void *items, size_t count, size_t *capacity, size_t item_size) {
    *capacity = *capacity == 0 ? 16 : *capacity * 2;
    void *const more = sl_arena_alloc(arena, *capacity * item_size);
    if (count != 0) memcpy(more, items, count * item_size);
    return more;
}

static sl_json_node *add_node(builder *build, sl_json_kind kind, sl_slice text, size_t at) {
    sl_json_node *const node = SL_NEW(build->arena, sl_json_node);
    node->kind = (uint8_t)kind;
    node->text = text;
    node->at = at;
    node->weight = text.len + 1;
    build->document->node_count++;
    if (build->depth == 0) {
        build->document->root = node;
        return node;
    }
    if (build->member_count == build->member_capacity) {
        build->members =
            grown(build->arena, build->members, build->member_count, &build->member_capacity, sizeof *build->members);
    }
    build->members[build->member_count++] = (sl_json_member){build->open[build->depth - 1].key, node};
    return node;
}

static const char *add_value(void *context, sl_json_kind kind, sl_slice text, size_t at) {
    (void)add_node(context, kind, text, at);
    return NULL;
}

static const char *add_key(void *context, sl_slice key) {
    builder *const build = context;
    build->open[build->depth - 1].key = key;
    return NULL;
}

static const char *open_container(void *context, sl_json_kind kind, size_t at) {
    builder *const build = context;
    sl_json_node *const node = add_node(build, kind, SL_EMPTY, at);
    if (build->depth == build->open_capacity) {
        build->open = grown(build->arena, build->open, build->depth, &build->open_capacity, sizeof *build->open);
    }
    build->open[build->depth++] = (open_node){node, SL_EMPTY, build->member_count};
    return NULL;
}

static const char *close_container(void *context) {
    builder *const build = context;
    const open_node *const closed = &build->open[--build->depth];
    const size_t count = build->member_count - closed->first;
    build->member_count = closed->first;
    if (count == 0) return NULL;
    sl_json_member *const members = sl_arena_alloc(build->arena, count * sizeof *members);
    memcpy(members, &build->members[closed->first], count * sizeof *members);
    if (closed->node->kind == SL_JSON_OBJECT) sl_json_sort(build->arena, members, count, true);
    for (size_t i = 0; i < count; i++) closed->node->weight += members[i].key.len + members[i].value->weight;
    closed->node->members = members;
    closed->node->count = count;
    return NULL;
}

bool sl_json_tree(sl_arena *arena, sl_slice body, uint32_t depth_limit, sl_json_document *document,
                  sl_json_error *error) {
    *document = (sl_json_document){.root = NULL};
    builder build = {.arena = arena, .document = document};
    const sl_json_events events = {&build, add_value, add_key, open_container, close_container};
    return sl_json_read(arena, body, depth_limit, &events, error);
}

/* ---- order ---- */

int sl_json_compare_texts(sl_slice a, sl_slice b) {
    const size_t len = a.len < b.len ? a.len : b.len;
    const int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_members(const sl_json_node *a, const sl_json_node *b) {
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        int order = sl_json_compare_texts(a->members[i].key, b->members[i].key);
        if (order == 0) order = sl_json_compare(a->members[i].value, b->members[i].value);
        if (order != 0) return order;
    }
    return 0;
}

int sl_json_compare(const sl_json_node *a, const sl_json_node *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
        case SL_JSON_STRING:
            return sl_json_compare_texts(a->text, b->text);
        case SL_JSON_ARRAY:
        case SL_JSON_OBJECT:
            return compare_members(a, b);
        case SL_JSON_NUMBER: {
            const sl_decimal left = sl_decimal_read(a->text), right = sl_decimal_read(b->text);
            return sl_decimal_compare(&left, &right);
        }
        default:
            return 0;
    }
}

const sl_json_node *sl_json_find(const sl_json_node *object, sl_slice key) {
    size_t low = 0, high = object->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sl_json_compare_texts(object->members[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == object->count || !sl_slice_equal(object->members[low].key, key)) return NULL;
    return object->members[low].value;
}

static bool is_before(const sl_json_member *a, const sl_json_member *b, bool by_key) {
    return (by_key ? sl_json_compare_texts(a->key, b->key) : sl_json_compare(a->value, b->value)) <= 0;
}

static void merge(const sl_json_member *left, size_t left_count, const sl_json_member *right, size_t right_count,
                  sl_json_member *out, bool by_key) {
    size_t i = 0, j = 0;
    while (i < left_count && j < right_count) {
        const bool takes_left = is_before(&left[i], &right[j], by_key);
        *out++ = takes_left ? left[i++] : right[j++];
    }
    while (i < left_count) *out++ = left[i++];
    while (j < right_count) *out++ = right[j++];
}

static bool is_sorted(const sl_json_member *members, size_t count, bool by_key) {
    for (size_t i = 1; i < count; i++) {
        if (!is_before(&members[i - 1], &members[i], by_key)) return false;
    }
    return true;
}

/* Merging from the bottom: a client that chooses the order chooses no more than n log n steps. */
void sl_json_sort(sl_arena *arena, sl_json_member *members, size_t count, bool by_key) {
    if (is_sorted(members, count, by_key)) return;
    sl_json_member *from = members;
    sl_json_member *to = sl_arena_alloc(arena, count * sizeof *to);
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            const size_t left = count - start < width ? count - start : width;
            const size_t rest = count - start - left;
            merge(from + start, left, from + start + left, rest < width ? rest : width, to + start, by_key);
        }
        sl_json_member *const done = to;
        to = from;
        from = done;
    }
    if (from != members) memcpy(members, from, count * sizeof *members);
}
