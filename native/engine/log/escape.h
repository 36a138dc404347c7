/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of strangers inside lines of text: one form, \xHH, everywhere. */
#ifndef SL_LOG_ESCAPE_H
#define SL_LOG_ESCAPE_H

#include "base/strbuf.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_escape_set {
    SL_ESCAPE_CONTROLS,  /* below 32, and 127: the text stays one line, UTF-8 stays readable */
    SL_ESCAPE_UNPRINTED, /* below 32, above 126 */
    SL_ESCAPE_ALL        /* those, " and \: the text stays inside its quotes */
} sl_escape_set;

/* Longest form of one byte. */
enum { sl_escape_bytes_max = 4 };

/* Writes the form of one byte; returns its length. */
size_t sl_escape_byte(uint8_t byte, sl_escape_set set, uint8_t out[sl_escape_bytes_max]);
/* Appends text. limit != 0: no more than limit bytes of it, never half an escape, then " (N characters
 * omitted)" with the number of bytes that the whole form would have had beyond. */
void sl_escape_add(sl_strbuf *out, sl_slice text, sl_escape_set set, size_t limit);

#ifdef __cplusplus
}
#endif
#endif
