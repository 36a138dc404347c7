/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a text a match of a pattern may begin, by four bytes, and what it has many of.
 *
 * PCRE2 knows with which bytes a match may begin, and tries each place that has one: of a pattern that lists a hundred words
 * those are nearly all places of a prose. The second, third and fourth byte, each by the one before it, leave few. They are
 * known at load (starts.cpp) as sets that hold whatever a match can begin with: a place may be tried in vain, never left out. */
#ifndef SL_STARTS_H
#define SL_STARTS_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    sl_start_kinds = 64, /* of bytes, case folded */
    sl_start_end = 63,   /* what stands behind the end of a text */
    sl_start_steps = 3
};

/* By byte: its kind. Letters, marks and the blank have one of their own. */
extern const uint8_t sl_start_kind_of[256];

typedef struct sl_starts {
    /* By step, by kind of a byte: kinds that may follow; 0 for one that cannot stand there. */
    uint64_t next[sl_start_steps][sl_start_kinds];
    /* Some way to match begins at the start of the text only: there it may begin with anything, or be empty. */
    bool tries_first;
    /* A match holds so many bytes of these kinds; 0 = no claim. */
    uint32_t least_count;
    uint64_t counted_kinds;
} sl_starts;

static inline bool sl_start_follows(const sl_starts *starts, unsigned step, uint8_t kind, uint8_t next) {
    return (starts->next[step][kind] >> next & 1) != 0;
}

/* False: from `from` on the text has not the bytes that a match needs. */
bool sl_starts_suffice(const sl_starts *starts, sl_slice text, size_t from);
/* The first place from `from` on where a match may begin, but for what tries_first says; the length of the text where there is
 * none. */
size_t sl_starts_next(const sl_starts *starts, sl_slice text, size_t from);

#ifdef __cplusplus
}
#endif
#endif
