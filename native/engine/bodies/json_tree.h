/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON document as a tree, and the order of its values. */
#ifndef SL_JSON_TREE_H
#define SL_JSON_TREE_H

#include "bodies/json_reader.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_json_node sl_json_node;

typedef struct sl_json_member {
    sl_slice key; /* empty in arrays */
    const sl_json_node *value;
} sl_json_member;

struct sl_json_node {
    uint8_t kind;  /* sl_json_kind */
    sl_slice text; /* of scalars: see sl_json_kind */
    const sl_json_member
        *members; /* of an array in its order; of an object by key, equal keys in the order of the document */
    size_t count;
    size_t at;     /* in the document: see sl_json_events */
    size_t weight; /* bytes and members from here down: a bound of what comparing costs */
};

typedef struct sl_json_document {
    const sl_json_node *root;
    size_t node_count;
} sl_json_document;

/* As sl_json_read; an empty body is an error. Node by node it costs a fixed amount of the arena. */
bool sl_json_tree(sl_arena *arena, sl_slice body, uint32_t depth_limit, sl_json_document *document,
                  sl_json_error *error);

/* A total order; 0: equal as JSON Schema has it, so 1 and 1.0 are, and the order of keys does not matter. */
int sl_json_compare(const sl_json_node *a, const sl_json_node *b);
int sl_json_compare_texts(sl_slice a, sl_slice b);
/* The first member of an object with that key; NULL: there is none. */
const sl_json_node *sl_json_find(const sl_json_node *object, sl_slice key);
/* Stable; the arena lends what it needs. */
void sl_json_sort(sl_arena *arena, sl_json_member *members, size_t count, bool by_key);

#ifdef __cplusplus
}
#endif
#endif
