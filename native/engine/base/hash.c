/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a over folded bytes with a final mix; and the reading of numbers that all of SecLang shares. */
#include "base/hash.h"

uint32_t sl_hash_fold(sl_slice key) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.len; i++) {
        h = (h ^ sl_ascii_lower(key.ptr[i])) * 0x100000001b3u;
    }
    h ^= h >> 32;
    return (uint32_t)h;
}

int64_t sl_number_of(sl_slice text) {
    size_t i = 0;
    while (i < text.len && sl_ascii_is_space(text.ptr[i])) i++;
    bool negative = false;
    if (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+')) {
        negative = text.ptr[i] == '-';
        i++;
    }
    int64_t value = 0;
    for (; i < text.len && sl_ascii_is_digit(text.ptr[i]); i++) {
        int64_t digit = text.ptr[i] - '0';
        if (negative) {
            value = value < (INT64_MIN + digit) / 10 ? INT64_MIN : value * 10 - digit;
        } else {
            value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
        }
    }
    return value;
}
