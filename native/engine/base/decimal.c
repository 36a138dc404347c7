/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and comparing decimal numbers: schoolbook, linear in the digits. */
#include "base/decimal.h"

static const int64_t exponent_max = INT64_C(1000000000000);

static int64_t read_exponent(sl_slice text) {
    size_t at = 0;
    const bool is_negative = text.len != 0 && text.ptr[0] == '-';
    if (text.len != 0 && (text.ptr[0] == '-' || text.ptr[0] == '+')) at = 1;
    int64_t value = 0;
    for (; at < text.len; at++) {
        value = value * 10 + (text.ptr[at] - '0');
        if (value > exponent_max) value = exponent_max;
    }
    return is_negative ? -value : value;
}

static size_t mantissa_length(sl_slice text) {
    size_t len = 0;
    while (len < text.len && text.ptr[len] != 'e' && text.ptr[len] != 'E') len++;
    return len;
}

sl_decimal sl_decimal_read(sl_slice text) {
    sl_decimal number = {.digits = SL_EMPTY};
    const bool is_negative = text.len != 0 && text.ptr[0] == '-';
    if (is_negative) text = sl_slice_from(text, 1);
    const size_t len = mantissa_length(text);
    if (len < text.len) number.exponent = read_exponent(sl_slice_from(text, len + 1));

    size_t first = SIZE_MAX, last = 0, point = len;
    for (size_t i = 0; i < len; i++) {
        if (text.ptr[i] == '.') {
            point = i;
        } else if (text.ptr[i] != '0') {
            if (first == SIZE_MAX) first = i;
            last = i;
        }
    }
    if (first == SIZE_MAX) return (sl_decimal){.digits = SL_EMPTY};
    const bool has_point = first < point && point < last;
    number.digits = sl_slice_of(text.ptr + first, last - first + 1);
    number.count = number.digits.len - (has_point ? 1 : 0);
    number.exponent += last < point ? (int64_t)(point - last) - 1 : -(int64_t)(last - point);
    number.is_negative = is_negative;
    return number;
}

/* Both have their first digit in the same place. */
static int compare_digits(sl_slice a, sl_slice b) {
    size_t i = 0, j = 0;
    for (;;) {
        if (i < a.len && a.ptr[i] == '.') i++;
        if (j < b.len && b.ptr[j] == '.') j++;
        if (i == a.len || j == b.len) return (i < a.len) - (j < b.len); /* the last digit is not 0: longer is more */
        if (a.ptr[i] != b.ptr[j]) return a.ptr[i] < b.ptr[j] ? -1 : 1;
        i++;
        j++;
    }
}

static int compare_sizes(const sl_decimal *a, const sl_decimal *b) {
    if (a->count == 0 || b->count == 0) return (a->count != 0) - (b->count != 0);
    const int64_t top_a = a->exponent + (int64_t)a->count, top_b = b->exponent + (int64_t)b->count;
    if (top_a != top_b) return top_a < top_b ? -1 : 1;
    return compare_digits(a->digits, b->digits);
}

int sl_decimal_compare(const sl_decimal *a, const sl_decimal *b) {
    if (a->is_negative != b->is_negative) return a->is_negative ? -1 : 1;
    return a->is_negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

bool sl_decimal_is_integer(const sl_decimal *number) {
    return number->count == 0 || number->exponent >= 0;
}

static uint64_t power_of_ten(uint64_t exponent, uint32_t modulus) {
    uint64_t result = 1 % modulus, base = 10 % modulus;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) result = result * base % modulus;
        base = base * base % modulus;
    }
    return result;
}

bool sl_decimal_is_multiple(const sl_decimal *number, uint32_t digits, int64_t exponent) {
    if (number->count == 0) return true;
    /* Else number = k × digits × 10^(positive), and its own digits would end in 0. */
    if (number->exponent < exponent) return false;
    uint64_t rest = 0;
    for (size_t i = 0; i < number->digits.len; i++) {
        if (number->digits.ptr[i] == '.') continue;
        rest = (rest * 10 + (uint64_t)(number->digits.ptr[i] - '0')) % digits;
    }
    return rest * power_of_ten((uint64_t)(number->exponent - exponent), digits) % digits == 0;
}
