/* SPDX-License-Identifier: Apache-2.0 */
/* Hash of a key, ASCII case folded: for looking members up by selector. A collision only costs a
 * comparison: nothing here is a hash table that an attacker could degrade. */
#ifndef SL_HASH_H
#define SL_HASH_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

uint32_t sl_hash_fold(sl_slice key);

/* Parses like the numeric operators (spec 04, 4.2): blanks, sign, leading digits; none = 0; saturates at 64 bits. */
int64_t sl_number_of(sl_slice text);

#ifdef __cplusplus
}
#endif
#endif
