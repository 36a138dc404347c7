/* SPDX-License-Identifier: Apache-2.0 */
/* A hash over folded bytes, eight at a time; and the reading of numbers that all of SecLang shares. */
#include "base/hash.h"

/* ASCII letters of a word in lower case: bytes from A to Z get the bit that tells the cases apart. */
static uint64_t fold_word(uint64_t word) {
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    const uint64_t low = word & ~high;
    const uint64_t from_a = low + (0x80 - 'A') * ones, past_z = low + (0x7f - 'Z') * ones;
    return word | ((from_a & ~past_z & ~word & high) >> 2);
}

static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ fold_word(word)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t load(const uint8_t *at, size_t size) {
    uint64_t word = 0;
    memcpy(&word, at, size);
    return word;
}

/* Fewer than eight bytes, in one word that no other text of this length gives. */
static uint64_t load_few(sl_slice key) {
    if (key.len >= 4) return load(key.ptr, 4) | load(key.ptr + key.len - 4, 4) << 32;
    if (key.len >= 2) return load(key.ptr, 2) | load(key.ptr + key.len - 2, 2) << 16;
    return key.len == 0 ? 0 : key.ptr[0];
}

uint32_t sl_hash_fold(sl_slice key) {
    uint64_t h = key.len;
    if (key.len < 8) {
        h = mix(h, load_few(key));
    } else {
        for (size_t i = 0; i + 8 < key.len; i += 8) h = mix(h, load(key.ptr + i, 8));
        h = mix(h, load(key.ptr + key.len - 8, 8));
    }
    return (uint32_t)((h * UINT64_C(0x9e3779b97f4a7c15)) >> 32); /* the upper half hangs on all of h, the lower one does not */
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
