/* SPDX-License-Identifier: Apache-2.0 */
/* The cookies of one Cookie field line. */
#ifndef SL_COOKIES_H
#define SL_COOKIES_H

#include "base/arena.h"
#include "bodies/argument_sink.h"

#ifdef __cplusplus
extern "C" {
#endif

/* format: SecCookieFormat, 0 or 1. v0_separator: SecCookieV0Separator, read by format 0 only. Nothing is
 * decoded; names and values are slices of line, except names that format 1 composes ("$a_Path"). */
void sl_cookies_parse(sl_arena *arena, sl_slice line, uint8_t format, uint8_t v0_separator,
                      const sl_argument_sink *sink);

#ifdef __cplusplus
}
#endif
#endif
