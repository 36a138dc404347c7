/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of stores share: a store with what it last said, changes by name, folders that go away. */
#ifndef COLLECTIONS_WORLD_H
#define COLLECTIONS_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/thread.h"
#include "collections/file.h"

static int failures;
static const char *current_kind = "", *current;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            fprintf(stderr, "%s: %s: line %d: %s\n", current_kind, current, __LINE__, #condition); \
        }                                                                                          \
    } while (0)

enum { start = 1000000, hour = 3600, small_map = 1024 * 1024 };
/* Of a record. */
enum { name_max = 64, value_max = 4096, variables_max = 64 };

static void exhausted(void *context) {
    (void)context;
    fputs("out of memory\n", stderr);
    exit(2);
}

/* A store, and what the last load said. */
typedef struct world {
    sl_store *store;
    sl_arena arena;
    sl_members members;
    sl_record_info info;
} world;

static world world_of(seclua_store *store) {
    world w = {.store = (sl_store *)store};
    sl_arena_init(&w.arena, 0, exhausted, NULL);
    return w;
}

static void world_end(world *w) {
    sl_arena_free(&w->arena);
    seclua_store_release((seclua_store *)w->store);
}

static sl_record_key key_of(const char *collection, const char *key) {
    return (sl_record_key){.space = SL_EMPTY, .collection = sl_slice_z(collection), .key = sl_slice_z(key)};
}

static bool load_key(world *w, const sl_record_key *key, int64_t now) {
    w->members = (sl_members){0};
    return w->store->methods->load(w->store->self, key, now, &w->arena, &w->members, &w->info);
}

static void load(world *w, const char *collection, const char *key, int64_t now) {
    const sl_record_key record = key_of(collection, key);
    CHECK(load_key(w, &record, now));
}

static inline sl_record_terms lasting(int64_t seconds) {
    return (sl_record_terms){seconds, name_max, value_max, variables_max};
}

static void apply(world *w, const char *collection, const char *key, int64_t now, int64_t timeout, sl_change change) {
    const sl_record_key record = key_of(collection, key);
    const sl_record_terms terms = lasting(timeout);
    CHECK(w->store->methods->apply(w->store->self, &record, now, &terms, &change, 1));
}

static inline sl_change set(const char *name, const char *value) {
    return (sl_change){.kind = SL_CHANGE_SET, .name = sl_slice_z(name), .value = sl_slice_z(value)};
}
static inline sl_change add(const char *name, int64_t delta) {
    return (sl_change){.kind = SL_CHANGE_ADD, .name = sl_slice_z(name), .delta = delta};
}
static inline sl_change expire(const char *name, int64_t epoch) {
    return (sl_change){.kind = SL_CHANGE_EXPIRE, .name = sl_slice_z(name), .expires_epoch = epoch};
}
static inline sl_change unset(const char *name) {
    return (sl_change){.kind = SL_CHANGE_UNSET, .name = sl_slice_z(name)};
}

static const sl_record_terms for_an_hour = {hour, name_max, value_max, variables_max};

/* Is there a variable of that name with that value? value NULL: is there none? */
static bool reads(const world *w, const char *name, const char *value) {
    const sl_member *member = sl_members_find(&w->members, sl_slice_z(name));
    if (value == NULL) return member == NULL;
    return member != NULL && sl_slice_equal(member->value->slice, sl_slice_z(value));
}

/* ---- folders ---- */

static char folder_made[64];

static void remove_folder(void) {
    static const char *const files[] = {"/data.mdb", "/lock.mdb", "/run", ""};
    char path[80];
    for (size_t i = 0; folder_made[0] != '\0' && i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s%s", folder_made, files[i]);
        (void)!remove(path);
    }
    folder_made[0] = '\0';
}

/* Takes the one before away. */
static const char *fresh_folder(void) {
    remove_folder();
    snprintf(folder_made, sizeof folder_made, "/tmp/seclua-store-XXXXXX");
    if (mkdtemp(folder_made) == NULL) abort();
    return folder_made;
}

/* Without a thread: tests have clocks of their own. */
static seclua_store *open_in(const char *folder, size_t map_bytes_first, size_t map_bytes_max) {
    char error[256] = "";
    const sl_store_file_options options = {map_bytes_first, map_bytes_max, false};
    seclua_store *store = sl_store_file_open(sl_slice_z(folder), &options, error, sizeof error);
    if (store == NULL) {
        fprintf(stderr, "%s\n", error);
        exit(2);
    }
    return store;
}

/* ---- running ---- */

typedef struct test {
    const char *name;
    void (*run)(void);
} test;

static void run_tests(const char *kind, const test *tests, size_t count) {
    current_kind = kind;
    for (size_t i = 0; i < count; i++) {
        current = tests[i].name;
        tests[i].run();
    }
}

static int end_tests(void) {
    remove_folder();
    return failures == 0 ? 0 : 1;
}

#endif
