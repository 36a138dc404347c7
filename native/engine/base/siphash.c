/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include "base/words.h"

typedef struct state {
    uint64_t v0, v1, v2, v3;
} state;

static uint64_t rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static void turn(state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static void take_in(state *s, uint64_t word) {
    s->v3 ^= word;
    turn(s);
    s->v0 ^= word;
}

uint64_t sl_siphash(const uint64_t key[2], sl_slice text) {
    state s = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
               key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) take_in(&s, sl_word_load(text.ptr + at));
    uint64_t last = (uint64_t)text.len << 56;
    for (size_t i = 0; at + i < text.len; i++) last |= (uint64_t)text.ptr[at + i] << (8 * i);
    take_in(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) turn(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
