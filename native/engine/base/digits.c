/* SPDX-License-Identifier: Apache-2.0 */
/* Digits from the right, then a copy of just those. */
#include "base/digits.h"

sl_slice sl_digits(sl_arena *arena, int64_t number) {
    static const char singles[] = "0123456789";
    if (number >= 0 && number <= 9) return sl_slice_of(&singles[number], 1);
    uint8_t text[20];
    size_t at = sizeof text;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        text[--at] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0) text[--at] = '-';
    return sl_arena_copy(arena, sl_slice_of(text + at, sizeof text - at));
}
