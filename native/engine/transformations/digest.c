/* SPDX-License-Identifier: Apache-2.0 */
/* md5, sha1 (raw digests), and the digests and HMAC that scripts call.
 *
 * The three algorithms (RFC 1321, RFC 6234) share their frame: blocks of 64 bytes, a state of 32-bit
 * words, padding by 0x80, zeros and the length in bits. They differ in the order of bytes in a word and
 * in how a block goes into the state. */
#include "transformations/digest.h"

#include "base/check.h"
#include "transformations/families.h"

enum { block_bytes = 64, length_bytes = 8, state_words_max = 8 };

struct sl_digest_algorithm {
    const char *name;
    size_t size; /* of the digest; four bytes for each word of the state */
    bool is_big_endian;
    uint32_t start[state_words_max];
    void (*mix)(uint32_t *state, const uint8_t *block);
};

typedef struct digest {
    const sl_digest_algorithm *algorithm;
    uint32_t state[state_words_max];
    uint8_t block[block_bytes]; /* the part of a block that waits for the rest */
    size_t waiting_len;
    uint64_t total_len;
} digest;

static uint32_t rotate_left(uint32_t x, unsigned bits) { return x << bits | x >> (32 - bits); }
static uint32_t rotate_right(uint32_t x, unsigned bits) { return x >> bits | x << (32 - bits); }

static uint32_t load_little(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t load_big(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

/* The lowest `size` bytes of a number. */
static void store(uint8_t *at, uint64_t number, size_t size, bool is_big_endian) {
    for (size_t i = 0; i < size; i++) {
        at[is_big_endian ? size - 1 - i : i] = (uint8_t)(number >> (8 * i));
    }
}

/* Bits where `mask` is one come from a, the others from b. */
static uint32_t choose(uint32_t mask, uint32_t a, uint32_t b) { return (mask & a) | (~mask & b); }
static uint32_t majority(uint32_t a, uint32_t b, uint32_t c) { return (a & b) | (a & c) | (b & c); }

/* |sin(i + 1)| * 2^32 */
static const uint32_t md5_sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_mix(uint32_t *state, const uint8_t *block) {
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t mixed;
        unsigned word;
        switch (i / 16) {
        case 0: mixed = choose(b, c, d); word = i; break;
        case 1: mixed = choose(d, b, c); word = 5 * i + 1; break;
        case 2: mixed = b ^ c ^ d; word = 3 * i + 5; break;
        default: mixed = c ^ (b | ~d); word = 7 * i; break;
        }
        mixed += a + md5_sines[i] + load_little(block + 4 * (word % 16));
        a = d;
        d = c;
        c = b;
        b += rotate_left(mixed, shifts[i / 16][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void sha1_mix(uint32_t *state, const uint8_t *block) {
    uint32_t w[80];
    for (unsigned i = 0; i < 16; i++) w[i] = load_big(block + 4 * i);
    for (unsigned i = 16; i < 80; i++) w[i] = rotate_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned i = 0; i < 80; i++) {
        uint32_t mixed;
        switch (i / 20) {
        case 0: mixed = choose(b, c, d) + 0x5a827999; break;
        case 1: mixed = (b ^ c ^ d) + 0x6ed9eba1; break;
        case 2: mixed = majority(b, c, d) + 0x8f1bbcdc; break;
        default: mixed = (b ^ c ^ d) + 0xca62c1d6; break;
        }
        mixed += rotate_left(a, 5) + e + w[i];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = mixed;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* Fractions of the cube roots of the first 64 primes. */
static const uint32_t sha256_roots[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void sha256_mix(uint32_t *state, const uint8_t *block) {
    uint32_t w[64];
    for (unsigned i = 0; i < 16; i++) w[i] = load_big(block + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
        const uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) + w[i - 7] +
               (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
    uint32_t s[8];
    memcpy(s, state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        const uint32_t a = s[0], e = s[4];
        const uint32_t mixed = s[7] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                               choose(e, s[5], s[6]) + sha256_roots[i] + w[i];
        const uint32_t sum =
            (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + majority(a, s[1], s[2]);
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[0] = mixed + sum;
        s[4] += mixed;
    }
    for (unsigned i = 0; i < 8; i++) state[i] += s[i];
}

static const sl_digest_algorithm md5_algorithm = {
    "md5", SL_MD5_BYTES, false, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}, md5_mix,
};
static const sl_digest_algorithm sha1_algorithm = {
    "sha1", SL_SHA1_BYTES, true, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, sha1_mix,
};
static const sl_digest_algorithm sha256_algorithm = {
    "sha256",
    SL_SHA256_BYTES,
    true,
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
    sha256_mix,
};

static digest begin(const sl_digest_algorithm *algorithm) {
    digest d = {.algorithm = algorithm};
    memcpy(d.state, algorithm->start, sizeof d.state);
    return d;
}

static void add(digest *d, sl_slice text) {
    d->total_len += text.len;
    if (d->waiting_len != 0) {
        const size_t missing = block_bytes - d->waiting_len;
        const size_t taken = text.len < missing ? text.len : missing;
        if (taken != 0) memcpy(d->block + d->waiting_len, text.ptr, taken);
        d->waiting_len += taken;
        if (d->waiting_len < block_bytes) return;
        d->algorithm->mix(d->state, d->block);
        text = sl_slice_from(text, taken);
    }
    while (text.len >= block_bytes) {
        d->algorithm->mix(d->state, text.ptr);
        text = sl_slice_from(text, block_bytes);
    }
    if (text.len != 0) memcpy(d->block, text.ptr, text.len);
    d->waiting_len = text.len;
}

static void end(digest *d, uint8_t *out) {
    static const uint8_t padding[block_bytes] = {0x80};
    const bool is_big_endian = d->algorithm->is_big_endian;
    uint8_t bit_len[length_bytes];
    store(bit_len, d->total_len * 8, length_bytes, is_big_endian);
    /* At least the 0x80, and as many zeros as leave just the length to the end of a block. */
    const size_t free_len = block_bytes - d->waiting_len;
    const size_t padded_len = free_len > length_bytes ? free_len : free_len + block_bytes;
    add(d, sl_slice_of(padding, padded_len - length_bytes));
    add(d, sl_slice_of(bit_len, length_bytes));
    sl_assert(d->waiting_len == 0);
    for (size_t i = 0; i < d->algorithm->size / 4; i++) store(out + 4 * i, d->state[i], 4, is_big_endian);
}

const sl_digest_algorithm *sl_digest_find(sl_slice name) {
    static const sl_digest_algorithm *const algorithms[] = {
        &md5_algorithm,
        &sha1_algorithm,
        &sha256_algorithm,
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (sl_slice_equal_fold(sl_slice_z(algorithms[i]->name), name)) return algorithms[i];
    }
    return NULL;
}

size_t sl_digest_size(const sl_digest_algorithm *algorithm) { return algorithm->size; }

void sl_digest_of(const sl_digest_algorithm *algorithm, sl_slice text, uint8_t *out) {
    digest d = begin(algorithm);
    add(&d, text);
    end(&d, out);
}

/* RFC 2104: a key longer than a block stands for its digest. */
void sl_hmac(const sl_digest_algorithm *algorithm, sl_slice key, sl_slice text, uint8_t *out) {
    uint8_t block_key[block_bytes] = {0};
    if (key.len > block_bytes) {
        sl_digest_of(algorithm, key, block_key);
    } else if (key.len != 0) {
        memcpy(block_key, key.ptr, key.len);
    }
    uint8_t inner[block_bytes], outer[block_bytes];
    for (size_t i = 0; i < block_bytes; i++) {
        inner[i] = block_key[i] ^ 0x36;
        outer[i] = block_key[i] ^ 0x5C;
    }
    uint8_t inner_digest[SL_DIGEST_BYTES_MAX];
    digest d = begin(algorithm);
    add(&d, sl_slice_of(inner, block_bytes));
    add(&d, text);
    end(&d, inner_digest);
    d = begin(algorithm);
    add(&d, sl_slice_of(outer, block_bytes));
    add(&d, sl_slice_of(inner_digest, algorithm->size));
    end(&d, out);
}

void sl_md5(sl_slice text, uint8_t out[SL_MD5_BYTES]) { sl_digest_of(&md5_algorithm, text, out); }
void sl_sha1(sl_slice text, uint8_t out[SL_SHA1_BYTES]) { sl_digest_of(&sha1_algorithm, text, out); }
void sl_sha256(sl_slice text, uint8_t out[SL_SHA256_BYTES]) { sl_digest_of(&sha256_algorithm, text, out); }

/* A text that is its own digest is not known, but must come back as itself like any other. */
static sl_slice digest_text(sl_arena *arena, sl_slice value, const sl_digest_algorithm *algorithm) {
    uint8_t bytes[SL_DIGEST_BYTES_MAX];
    sl_digest_of(algorithm, value, bytes);
    const sl_slice text = sl_slice_of(bytes, algorithm->size);
    return sl_slice_equal(text, value) ? value : sl_arena_copy(arena, text);
}

static sl_slice md5(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return digest_text(arena, value, &md5_algorithm);
}

static sl_slice sha1(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return digest_text(arena, value, &sha1_algorithm);
}

const sl_transformation sl_transformations_digest[] = {
    {"md5", NULL, NULL, SL_CLASS_ANY, md5, "the MD5 digest, as 16 raw bytes"},
    {"sha1", NULL, NULL, SL_CLASS_ANY, sha1, "the SHA-1 digest, as 20 raw bytes"},
    {0},
};
