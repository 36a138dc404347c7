/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded, for query strings and bodies alike, and the plain percent decoding of
 * paths. */
#ifndef SL_URLENCODED_H
#define SL_URLENCODED_H

#include "base/arena.h"
#include "bodies/argument_sink.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets *invalid_escape when some "%" is not followed by two hex digits, in names, values and pairs the sink
 * refused; never clears it. Names and values without an escape are slices of text. */
void sl_urlencoded_parse(sl_arena *arena, sl_slice text, uint8_t separator, const sl_argument_sink *sink,
                         bool *invalid_escape);

/* One pass: "%HH" becomes its byte, everything else stays, "+" too. The same slice when nothing changes. */
sl_slice sl_percent_decode(sl_arena *arena, sl_slice text);

#ifdef __cplusplus
}
#endif
#endif
