/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and the members of collections, as one transaction sees them.
 *
 * A text is a slice that remembers what each pipeline made of it. A member is a name and a value; several views (ARGS,
 * ARGS_GET, ARGS_NAMES …) share one list. Texts never change once made: setting a member makes a new text, so whoever
 * iterates keeps seeing what was there. */
#ifndef SL_MEMBERS_H
#define SL_MEMBERS_H

#include "base/arena.h"
#include "base/hash.h"
#include "prefilter/prefilter.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_step;
struct sl_known;

typedef struct sl_text {
    sl_slice slice;
    struct sl_text **by_pipeline; /* result of each pipeline of the rule set; made on first use */
    struct sl_known *known; /* of the value cache, which owns all of this; NULL = the transaction's own */
    struct sl_step *steps;              /* results of single transformations (run/values.c) */
    uint64_t unchanged_by;              /* transformations known to change nothing, as in sl_pipeline.step_bits */
    const uint64_t *found;              /* what the scan of the candidate index found, and the scanner's number; NULL = not scanned yet */
    struct sl_text *twin; /* differs in case only and has the same candidates; NULL = none */
    uint64_t *refused;    /* by question (sl_rule.question): links with it do not match this text; made on first use */
    uint64_t classes; /* kinds of bytes (base/classes.h); 0 = not looked at yet */
} sl_text;

/* Where an argument came from; a view is a set of these. */
enum { SL_ORIGIN_GET = 1, SL_ORIGIN_POST = 2, SL_ORIGIN_PATH = 4, SL_ORIGIN_ANY = 7 };

typedef struct sl_member {
    sl_text *name;  /* spelled as it arrived */
    sl_text *value;
    uint32_t hash;  /* of the name, case folded */
    uint8_t origin; /* SL_ORIGIN_* in ARGS; 0 elsewhere */
    bool is_dead;   /* was unset */
    bool is_preset; /* the texts are the rule set's; see sl_member_value */
    int64_t expires_epoch; /* persistent collections: 0 = never */
    int64_t aged_epoch;    /* persistent collections: until when deprecatevar has counted; 0 = set just now */
} sl_member;

typedef struct sl_members {
    sl_member **items; /* arrival order */
    uint8_t *initials; /* by item: first byte of the name, folded; 0 = it is empty, or begins with a NUL */
    size_t count, capacity;
    uint32_t *slots;   /* 1 + position of the first member of each name, by hash; made when the list is long */
    uint32_t slot_mask;
} sl_members;

sl_text *sl_text_new(sl_arena *arena, sl_slice slice);

/* Slices are kept, not copied. */
sl_member *sl_members_add(sl_members *members, sl_arena *arena, sl_slice name, sl_slice value);
/* The same where the hash (sl_hash_fold) is known. */
sl_member *sl_members_add_hashed(sl_members *members, sl_arena *arena, sl_slice name, uint32_t hash, sl_slice value);
/* Members that a rule set keeps, side by side, for many transactions. No two have the same name. */
const sl_members *sl_members_as_presets(const sl_members *members, sl_arena *arena);
/* Into an empty list; there is at least one of them. */
void sl_members_copy(sl_members *members, sl_arena *arena, const sl_members *presets);
/* Position of the first one from `from` on whose name begins with this byte, in either case; the count: there is none. */
size_t sl_members_next(const sl_members *members, uint8_t initial, size_t from);
/* The text of the value, to hang things on: only few of many presets are ever looked at. */
static inline sl_text *sl_member_value(sl_member *member, sl_arena *arena) {
    if (member->is_preset) {
        member->value = sl_text_new(arena, member->value->slice);
        member->is_preset = false;
    }
    return member->value;
}
/* First live member of that name (case folded), or NULL. */
sl_member *sl_members_find(const sl_members *members, sl_slice name);
/* The same where the hash (sl_hash_fold) is known. */
sl_member *sl_members_find_hashed(const sl_members *members, sl_slice name, uint32_t hash);
/* Sets the first member of that name, or adds one. Removes further ones of the same name. */
sl_member *sl_members_set(sl_members *members, sl_arena *arena, sl_slice name, sl_slice value);
/* True when there was one. */
bool sl_members_unset(sl_members *members, sl_slice name);
size_t sl_members_live(const sl_members *members);

#ifdef __cplusplus
}
#endif
#endif
