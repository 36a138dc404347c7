/* SPDX-License-Identifier: Apache-2.0 */
/* Persistent collections: one interface, several stores (spec 07, section 7).
 *
 * A record is (namespace, collection, key): variables with values, each with an optional expiry, and a life
 * of its own. Changes are operations, never values: the store applies the list of one record atomically. */
#ifndef SL_COLLECTION_H
#define SL_COLLECTION_H

#include "run/members.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    sl_collection_key_max = 512, /* longer keys are told apart by their digests */
    sl_collection_name_max = 64  /* of a collection */
};

typedef struct sl_record_key {
    sl_slice space;      /* SecWebAppId, for SESSION, USER, RESOURCE; else empty */
    sl_slice collection; /* lower case: "ip" */
    sl_slice key;
} sl_record_key;

typedef enum sl_change_kind {
    SL_CHANGE_SET,
    SL_CHANGE_ADD,
    SL_CHANGE_UNSET,
    SL_CHANGE_EXPIRE,
    SL_CHANGE_DEPRECATE
} sl_change_kind;

typedef struct sl_change {
    uint8_t kind;  /* sl_change_kind */
    sl_slice name; /* lower case */
    sl_slice value;        /* set */
    int64_t delta;         /* add; floor at 0, saturating */
    int64_t expires_epoch; /* expire */
    int64_t amount, period_seconds; /* deprecate */
    bool is_own_age;                /* deprecate: by the variable's own age, not by the record's last update */
    int64_t *result;       /* add: where the new value goes; may be NULL */
} sl_change;

/* What holds for all changes of a list. */
typedef struct sl_record_terms {
    int64_t timeout_seconds; /* life of the record from now on */
    uint32_t name_bytes_max, value_bytes_max, variables_max;
} sl_record_terms;

/* What is known of a record besides its variables. */
typedef struct sl_record_info {
    int64_t create_epoch, update_epoch; /* update_epoch 0: never stored */
    int64_t update_counter;
    int64_t timeout_seconds;
    bool is_new; /* there was no live record */
} sl_record_info;

/* All functions are thread-safe. now is epoch seconds. */
typedef struct sl_store_methods {
    bool is_remote; /* the transaction has to wait for it (run/commit.c): neither load nor apply is called */
    /* Live variables into members (copied into arena), bookkeeping into info. False: the store does not
     * answer. */
    bool (*load)(void *self, const sl_record_key *key, int64_t now, sl_arena *arena, sl_members *members,
                 sl_record_info *info);
    /* Atomic per record; renews its life and counts the update. False: nothing was applied. */
    bool (*apply)(void *self, const sl_record_key *key, int64_t now, const sl_record_terms *terms,
                  const sl_change *changes, size_t count);
    void (*release)(void *self);
    void (*stats)(void *self, seclua_store_stats *out); /* NULL: nothing is known here */
} sl_store_methods;

typedef struct sl_store {
    const sl_store_methods *methods;
    void *self;
} sl_store;

/* Wraps an adapter with one reference; seclua_store_release gives one back, the last one calls
 * methods->release. NULL when memory runs out: self is still the caller's. */
sl_store *sl_store_new(const sl_store_methods *methods, void *self);
sl_store *sl_store_acquire(sl_store *store);

/* Bookkeeping names that rules cannot write (KEY, IS_NEW, UPDATE_RATE, UPDATE_COUNTER, CREATE_TIME,
 * LAST_UPDATE_TIME, __*). */
bool sl_collection_is_read_only(sl_slice name);
/* Arithmetic of deprecatevar: amount for each full period since last_update; never below 0. */
int64_t sl_collection_deprecated(int64_t value, int64_t amount, int64_t period_seconds, int64_t last_update,
                                 int64_t now);
/* The same by the variable's own age: what is left of a period begun counts next time, whoever stores the record in
 * between. *aged_epoch: until when the value has aged; moved on by whole periods. 0 = it has no age yet. */
int64_t sl_collection_aged(int64_t value, int64_t amount, int64_t period_seconds, int64_t *aged_epoch, int64_t now);

#ifdef __cplusplus
}
#endif
#endif
