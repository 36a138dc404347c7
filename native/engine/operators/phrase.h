/* SPDX-License-Identifier: Apache-2.0 */
/* The content syntax of @pm and @strmatch: |0d 0a| for bytes, a backslash before : ; \ and the double quote
 * (spec 04, 3.3). */
#ifndef SL_PHRASE_H
#define SL_PHRASE_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Text that does not follow the syntax stands for itself, as in ModSecurity. May return text. */
sl_slice sl_phrase_decode(sl_arena *arena, sl_slice text);

#ifdef __cplusplus
}
#endif
#endif
