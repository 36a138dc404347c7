/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as decimal text, without printf: counters and scores are written many times a request. */
#ifndef SL_DIGITS_H
#define SL_DIGITS_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the arena; single digits cost nothing. */
sl_slice sl_digits(sl_arena *arena, int64_t number);

#ifdef __cplusplus
}
#endif
#endif
