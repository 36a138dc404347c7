/* SPDX-License-Identifier: Apache-2.0 */
/* Substring search: memmem of the C library is two-way (linear) on glibc and musl; elsewhere the plain loop below stands in. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/slice.h"

size_t sl_slice_find(sl_slice text, sl_slice needle) {
    if (needle.len == 0) return 0;
    if (needle.len > text.len) return SIZE_MAX;
#if defined(__linux__)
    const void *at = memmem(text.ptr, text.len, needle.ptr, needle.len);
    return at == NULL ? SIZE_MAX : (size_t)((const uint8_t *)at - text.ptr);
#else
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (text.ptr[i] == needle.ptr[0] && memcmp(text.ptr + i, needle.ptr, needle.len) == 0) return i;
    }
    return SIZE_MAX;
#endif
}
