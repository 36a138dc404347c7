/* SPDX-License-Identifier: Apache-2.0 */
/* "[!]collection.key[=value]" as the actions that change variables read it (spec 01, 7.1). */
#ifndef SL_ASSIGNMENT_H
#define SL_ASSIGNMENT_H

#include "actions/action.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_assignment {
    sl_slice collection;   /* lower case */
    bool is_tx;
    const sl_macro *key;
    uint32_t key_hash;     /* of a literal key */
    const sl_macro *value; /* NULL: no "=" */
    bool is_unset;         /* ! */
    int8_t sign;           /* +1, -1: arithmetic; 0: text */
} sl_assignment;

/* with_arithmetic: a leading sign of the value means arithmetic. NULL: an error was reported. */
const sl_assignment *sl_assignment_parse(sl_prepare *prepare, sl_slice text, bool with_arithmetic);

#ifdef __cplusplus
}
#endif
#endif
