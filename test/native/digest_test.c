/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the digests and of HMAC: published answers, and all lengths around the ends of blocks. */
#include <stdio.h>

#include "transformations/digest.h"

static int failures;

static void complain(const char *sentence) {
    failures++;
    printf("%s\n", sentence);
}

static void expect(const char *sentence, const uint8_t *bytes, size_t len, const char *hex) {
    char found[2 * SL_DIGEST_BYTES_MAX + 1];
    for (size_t i = 0; i < len; i++) snprintf(found + 2 * i, 3, "%02x", bytes[i]);
    if (strcmp(found, hex) == 0) return;
    failures++;
    printf("does not hold: %s: %s, expected %s\n", sentence, found, hex);
}

static const sl_digest_algorithm *find(const char *name) {
    const sl_digest_algorithm *algorithm = sl_digest_find(sl_slice_z(name));
    if (algorithm == NULL) complain("an algorithm is not found");
    return algorithm;
}

static void the_digests_of_known_texts_are_the_published_ones(void) {
    uint8_t out[SL_DIGEST_BYTES_MAX];
    sl_md5(SL_EMPTY, out);
    expect("md5 of nothing", out, SL_MD5_BYTES, "d41d8cd98f00b204e9800998ecf8427e");
    sl_md5(SL_LIT("abc"), out);
    expect("md5 of abc", out, SL_MD5_BYTES, "900150983cd24fb0d6963f7d28e17f72");
    sl_sha1(SL_LIT("abc"), out);
    expect("sha1 of abc", out, SL_SHA1_BYTES, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sl_sha256(SL_LIT("abc"), out);
    expect("sha256 of abc", out, SL_SHA256_BYTES,
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sl_sha256(sl_slice_of(NULL, 0), out);
    expect("sha256 of nothing", out, SL_SHA256_BYTES,
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* The digest of the digests of 201 texts, from 0 to 200 bytes long; the answers come from another
 * implementation. */
static void every_length_around_a_block_is_padded_right(void) {
    static const char *const answers[][2] = {
        {"md5", "a442e71c2813be22a1e4ba7304617cca"},
        {"sha1", "d0de06f4c5cb01efe13d538b17bbc0bd8144a1c2"},
        {"sha256", "e673d33f6940a6d3856d0d305fd88363ae0ba3b96e2411d8ddd5e0dd443f4525"},
    };
    enum { text_count = 201 };
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        const sl_digest_algorithm *algorithm = find(answers[a][0]);
        if (algorithm == NULL) continue;
        const size_t size = sl_digest_size(algorithm);
        uint8_t all[text_count * SL_DIGEST_BYTES_MAX];
        for (size_t len = 0; len < text_count; len++) {
            uint8_t text[text_count];
            for (size_t i = 0; i < len; i++) text[i] = (uint8_t)(i * 7 + len);
            sl_digest_of(algorithm, sl_slice_of(text, len), all + len * size);
        }
        uint8_t out[SL_DIGEST_BYTES_MAX];
        sl_digest_of(algorithm, sl_slice_of(all, text_count * size), out);
        expect(answers[a][0], out, size, answers[a][1]);
    }
}

static void hmac_gives_the_answers_of_its_rfcs(void) {
    static const char *const answers[][3] = {
        {"MD5", "750c783e6ab0b503eaa86e310a5db738", "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
        {"SHA1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
        {"SHA256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "6953025ed96f0c09f80a96f78e6538dbe2e7b820e3dd970e7ddd39091b32352f"},
    };
    uint8_t long_key[80];
    memset(long_key, 0xAA, sizeof long_key);
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        const sl_digest_algorithm *algorithm = find(answers[a][0]);
        if (algorithm == NULL) continue;
        uint8_t out[SL_DIGEST_BYTES_MAX];
        sl_hmac(algorithm, SL_LIT("Jefe"), SL_LIT("what do ya want for nothing?"), out);
        expect("hmac with a short key", out, sl_digest_size(algorithm), answers[a][1]);
        sl_hmac(algorithm, sl_slice_of(long_key, sizeof long_key),
                SL_LIT("Test Using Larger Than Block-Size Key - Hash Key First"), out);
        expect("hmac with a key longer than a block", out, sl_digest_size(algorithm), answers[a][2]);
    }
}

static void other_algorithms_are_unknown(void) {
    if (sl_digest_find(SL_LIT("sha512")) != NULL) complain("sha512 is found");
    if (sl_digest_find(SL_EMPTY) != NULL) complain("the empty name is found");
}

int main(void) {
    the_digests_of_known_texts_are_the_published_ones();
    every_length_around_a_block_is_padded_right();
    hmac_gives_the_answers_of_its_rfcs();
    other_algorithms_are_unknown();
    if (failures != 0) printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
