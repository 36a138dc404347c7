/* SPDX-License-Identifier: Apache-2.0 */
/* MD5, SHA-1, SHA-256 and HMAC over them, for t:md5, t:sha1 and for scripts. Digests are raw bytes.
 *
 * They recognise texts (a session, a file known to be bad). MD5 and SHA-1 are broken as proofs of origin;
 * nothing here should be trusted for that. */
#ifndef SL_DIGEST_H
#define SL_DIGEST_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { SL_MD5_BYTES = 16, SL_SHA1_BYTES = 20, SL_SHA256_BYTES = 32, SL_DIGEST_BYTES_MAX = 32 };

typedef struct sl_digest_algorithm sl_digest_algorithm;

/* "md5", "sha1" or "sha256", ASCII case ignored; NULL for another name. */
const sl_digest_algorithm *sl_digest_find(sl_slice name);
size_t sl_digest_size(const sl_digest_algorithm *algorithm);

/* out has room for the digest of the algorithm. */
void sl_digest_of(const sl_digest_algorithm *algorithm, sl_slice text, uint8_t *out);
void sl_hmac(const sl_digest_algorithm *algorithm, sl_slice key, sl_slice text, uint8_t *out);

void sl_md5(sl_slice text, uint8_t out[SL_MD5_BYTES]);
void sl_sha1(sl_slice text, uint8_t out[SL_SHA1_BYTES]);
void sl_sha256(sl_slice text, uint8_t out[SL_SHA256_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
