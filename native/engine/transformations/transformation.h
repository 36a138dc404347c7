/* SPDX-License-Identifier: Apache-2.0 */
/* What a transformation is: a name, a cheap test whether it can change a text, and the function.
 *
 * apply gives back the very slice it was given when the bytes come out equal (same pointer, same length): equal pointers
 * mean equal text, everywhere. Else the result is new text in the arena; the input is never written to. No transformation
 * fails. What each does, byte for byte, is spec 05. */
#ifndef SL_TRANSFORMATION_H
#define SL_TRANSFORMATION_H

#include "base/arena.h"
#include "base/classes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* SecUnicodeMapFile: code point (16 bits) to byte; -1 = no entry. */
typedef struct sl_unicode_map {
    int16_t byte_of[65536];
} sl_unicode_map;

struct sl_own_transformation;

typedef struct sl_transformation {
    const char *name;                /* canonical spelling, the one that logs print */
    const char *alias;               /* second spelling that rule sets use, or NULL */
    bool (*changes)(sl_slice value); /* false only when apply would give the same bytes; NULL = cannot tell cheaply */
    uint32_t triggers; /* SL_CLASS_*: a text that holds none of these kinds of bytes comes out unchanged */
    sl_slice (*apply)(sl_arena *arena, const sl_unicode_map *map, sl_slice value); /* map NULL: no map configured */
    const char *manual;
    const struct sl_own_transformation *own; /* not NULL: one of the rule set, without apply (run/own_transformation.c) */
} sl_transformation;

/* By name, ASCII case ignored, aliases included (normalisePath, utf8toUnicode, cmd_line …); NULL when unknown.
 * "none" is not in the table: it is a word of the rule language. */
const sl_transformation *sl_transformation_find(sl_slice name);
/* What a rule set means by a name: the row, or its variant where an option asks for another reading. */
struct sl_ruleset;
const sl_transformation *sl_transformation_of(const struct sl_ruleset *rules, sl_slice name);
/* base64DecodeExt that takes - and _ for + and /, as Coraza's does. */
extern const sl_transformation sl_transformation_base64_url;
/* normalizePathWin that leaves of each name what Windows opens, as Coraza's does: no stream, no dots and blanks at the end. */
extern const sl_transformation sl_transformation_windows_names;
/* lowercase and uppercase: they change nothing but the case of ASCII letters. */
bool sl_transformation_is_case_only(const sl_transformation *transformation);
/* Kinds of bytes (base/classes.h) of what the transformation makes of a text that has these; 0: it has to be looked at. */
uint64_t sl_transformation_classes(const sl_transformation *transformation, uint64_t classes);
/* All rows, in the order of the registry; NULL past the end. */
const sl_transformation *sl_transformation_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
