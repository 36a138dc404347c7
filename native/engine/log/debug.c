/* SPDX-License-Identifier: Apache-2.0 */
/* Debug-log lines: v3's shape with the time in front. A level-9 log has thousands of lines per request, so a
 * line takes nothing from the arena. */
#include "log/debug.h"

#include <stdio.h>

#include "log/escape.h"
#include "log/stamp.h"
#include "run/clock.h"

enum { shown_bytes_max = 400 }; /* of id and of uri */

static size_t put_word(uint8_t *out, sl_slice text) {
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + sl_escape_bytes_max <= shown_bytes_max; i++) {
        len += sl_escape_byte(text.ptr[i], SL_ESCAPE_UNPRINTED, out + len);
    }
    return len;
}

static size_t put_literal(uint8_t *out, sl_slice text) {
    memcpy(out, text.ptr, text.len);
    return text.len;
}

size_t sl_debug_head(uint8_t out[sl_debug_head_bytes_max], const sl_txn *txn, unsigned level) {
    char stamp[sl_stamp_bytes_max];
    char digits[16];
    const int digit_count = snprintf(digits, sizeof digits, "%u", level);
    size_t len = put_literal(out, SL_LIT("["));
    len += put_literal(out + len, sl_slice_of(stamp, sl_stamp_iso(stamp, sl_clock_wall_us())));
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_word(out + len, txn->id);
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_word(out + len, txn->path_raw);
    len += put_literal(out + len, SL_LIT("] ["));
    len += put_literal(out + len, sl_slice_of(digits, (size_t)digit_count));
    return len + put_literal(out + len, SL_LIT("] "));
}
