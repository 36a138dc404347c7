/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: the engine's only string. Pointer and length, never NUL-terminated, always borrowed. */
#ifndef SL_SLICE_H
#define SL_SLICE_H

#include <string.h>

#include "base/ascii.h"
#include "seclua.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef seclua_slice sl_slice;

static inline sl_slice sl_slice_of(const void *ptr, size_t len) {
    sl_slice s;
    s.ptr = (const uint8_t *)ptr;
    s.len = len;
    return s;
}

static inline sl_slice sl_slice_z(const char *text) { return sl_slice_of(text, strlen(text)); }

#define SL_LIT(text) sl_slice_of("" text, sizeof(text) - 1)
#define SL_EMPTY sl_slice_of("", 0)

static inline bool sl_slice_equal(sl_slice a, sl_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Same place and length: the test for "a transformation changed nothing". */
static inline bool sl_slice_same(sl_slice a, sl_slice b) { return a.ptr == b.ptr && a.len == b.len; }

/* ASCII case folded. */
static inline bool sl_slice_equal_fold(sl_slice a, sl_slice b) {
    if (a.len != b.len) return false;
    if (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0) return true; /* spelled alike, as most are */
    for (size_t i = 0; i < a.len; i++) {
        if (sl_ascii_lower(a.ptr[i]) != sl_ascii_lower(b.ptr[i])) return false;
    }
    return true;
}

static inline bool sl_slice_starts(sl_slice text, sl_slice prefix) {
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool sl_slice_starts_fold(sl_slice text, sl_slice prefix) {
    return text.len >= prefix.len && sl_slice_equal_fold(sl_slice_of(text.ptr, prefix.len), prefix);
}

static inline bool sl_slice_ends(sl_slice text, sl_slice suffix) {
    return text.len >= suffix.len &&
           (suffix.len == 0 || memcmp(text.ptr + text.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

static inline sl_slice sl_slice_from(sl_slice text, size_t start) {
    return sl_slice_of(text.ptr + start, text.len - start);
}

/* Index of the first such byte, or SIZE_MAX. */
static inline size_t sl_slice_find_byte(sl_slice text, uint8_t byte) {
    if (text.len == 0) return SIZE_MAX;
    const void *at = memchr(text.ptr, byte, text.len);
    return at == NULL ? SIZE_MAX : (size_t)((const uint8_t *)at - text.ptr);
}

/* Index of the first occurrence, 0 for an empty needle, or SIZE_MAX. Linear time. */
size_t sl_slice_find(sl_slice text, sl_slice needle);

#ifdef __cplusplus
}
#endif
#endif
