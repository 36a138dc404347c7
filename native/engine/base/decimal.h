/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as they are written, compared without rounding.
 *
 * A double takes 9007199254740993 for 9007199254740992 and 1e999 for infinity; what a rule allows must not depend on
 * that. So a number stays the text that it is, read once into where its digits begin and end and what the last of them
 * is worth. */
#ifndef SL_DECIMAL_H
#define SL_DECIMAL_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ±digits × 10^exponent. */
typedef struct sl_decimal {
    sl_slice digits;  /* from the first that is not 0 to the last; a point may stand between. Empty: zero */
    size_t count;     /* of digits, the point left out */
    int64_t exponent; /* of the last digit; beyond ±10^12 it is held at that */
    bool is_negative; /* never of zero */
} sl_decimal;

/* text is a number of JSON's grammar; the result points into it. */
sl_decimal sl_decimal_read(sl_slice text);
/* Less than 0, 0, more than 0, as memcmp. */
int sl_decimal_compare(const sl_decimal *a, const sl_decimal *b);
/* Without a fraction: 1.0 and 1e3 are. */
bool sl_decimal_is_integer(const sl_decimal *number);
/* The divisor is digits × 10^exponent; digits is not 0 and does not end in 0. */
bool sl_decimal_is_multiple(const sl_decimal *number, uint32_t digits, int64_t exponent);

#ifdef __cplusplus
}
#endif
#endif
