/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a rule set: made with one reference, shared by threads and live transactions, freed with the last one. */
#include "ruleset/ruleset.h"

#include "operators/host.h"

#include <stdatomic.h>
#include <stdlib.h>

struct sl_references {
    atomic_size_t count;
};

struct sl_resource {
    struct sl_resource *next;
    void *resource;
    void (*release)(void *resource);
};

sl_ruleset *sl_ruleset_new(void (*exhausted)(void *context), void *context) {
    sl_ruleset *rules = calloc(1, sizeof *rules);
    struct sl_references *references = malloc(sizeof *references);
    if (rules == NULL || references == NULL) {
        free(rules);
        free(references);
        return NULL;
    }
    atomic_init(&references->count, 1);
    rules->references = references;
    sl_arena_init(&rules->arena, 0, exhausted, context);
    return rules;
}

void sl_ruleset_own(sl_ruleset *rules, void *resource, void (*release)(void *resource)) {
    struct sl_resource *entry = sl_arena_alloc(&rules->arena, sizeof *entry);
    entry->next = rules->resources;
    entry->resource = resource;
    entry->release = release;
    rules->resources = entry;
}

seclua_ruleset *seclua_ruleset_acquire(seclua_ruleset *handle) {
    sl_ruleset *rules = (sl_ruleset *)handle;
    atomic_fetch_add_explicit(&rules->references->count, 1, memory_order_relaxed);
    return handle;
}

void seclua_ruleset_release(seclua_ruleset *handle) {
    if (handle == NULL) return;
    sl_ruleset *rules = (sl_ruleset *)handle;
    if (atomic_fetch_sub_explicit(&rules->references->count, 1, memory_order_acq_rel) != 1) return;
    for (struct sl_resource *entry = rules->resources; entry != NULL; entry = entry->next) {
        entry->release(entry->resource);
    }
    sl_arena_free(&rules->arena);
    free(rules->references);
    free(rules);
}

void seclua_ruleset_describe(const seclua_ruleset *handle, seclua_ruleset_info *out) {
    *out = ((const sl_ruleset *)handle)->info;
}

const sl_transformation *sl_transformation_of(const sl_ruleset *rules, sl_slice name) {
    const struct {
        bool is_on;
        const sl_transformation *row;
    } variants[] = {
        {rules->options.base64_url, &sl_transformation_base64_url},
        {rules->options.windows_names, &sl_transformation_windows_names},
    };
    const sl_transformation *row = sl_transformation_find(name);
    for (size_t i = 0; row != NULL && i < sizeof variants / sizeof variants[0]; i++) {
        if (variants[i].is_on && strcmp(row->name, variants[i].row->name) == 0) return variants[i].row;
    }
    for (size_t i = 0; row == NULL && i < rules->own_transformation_count; i++) {
        const sl_transformation *own = &rules->own_transformations[i].row;
        if (sl_slice_equal_fold(sl_slice_z(own->name), name)) row = own;
    }
    return row;
}

/* What operators may ask of the rule set (operators/host.h). */
bool sl_ruleset_phrase_syntax_v2(const sl_ruleset *rules) { return rules->options.phrase_syntax_v2; }
bool sl_ruleset_geo_without_database(const sl_ruleset *rules) { return rules->options.geo_without_database; }
bool sl_ruleset_rsub_always_matches(const sl_ruleset *rules) { return rules->options.rsub_always_matches; }
bool sl_ruleset_rx_multiline(const sl_ruleset *rules) { return rules->options.rx_multiline; }
uint32_t sl_ruleset_pcre_match_limit(const sl_ruleset *rules) { return rules->config.pcre_match_limit; }
uint32_t sl_ruleset_pcre_depth_limit(const sl_ruleset *rules) { return rules->config.pcre_depth_limit; }
sl_slice sl_ruleset_http_bl_key(const sl_ruleset *rules) { return rules->config.http_bl_key; }
void sl_ruleset_may_wait(sl_ruleset *rules) { rules->can_wait = true; }
const void *sl_ruleset_geo_database(const sl_ruleset *rules) { return rules->geo_database; }

bool sl_ruleset_dataset(const sl_ruleset *rules, sl_slice name, sl_slice *lines) {
    for (size_t i = 0; i < rules->config.dataset_count; i++) {
        if (!sl_slice_equal(rules->config.datasets[i].name, name)) continue;
        *lines = rules->config.datasets[i].lines;
        return true;
    }
    return false;
}
