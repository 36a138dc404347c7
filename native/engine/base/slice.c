/* SPDX-License-Identifier: Apache-2.0 */
/* Substring search: memmem of the C library is two-way (linear) on glibc and musl; elsewhere the plain loop below stands in.
 * Short texts, which most are, are searched for two bytes together, sixteen places at a time: memmem would make a table first. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/slice.h"

#include "base/bits.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define HAS_SHORT_SEARCH 1
#else
#define HAS_SHORT_SEARCH 0
#endif

enum { short_text_bytes = 512 }; /* so much may be compared at each place that the bytes do not grow quadratic */

static size_t find_plainly(sl_slice text, sl_slice needle) {
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (text.ptr[i] == needle.ptr[0] && memcmp(text.ptr + i, needle.ptr, needle.len) == 0) return i;
    }
    return SIZE_MAX;
}

#if HAS_SHORT_SEARCH
static size_t find_in_short(sl_slice text, sl_slice needle) {
    const size_t places = text.len - needle.len + 1;
    if (places < 16) return find_plainly(text, needle);
    /* What rules look for often stands between marks: the bytes inside tell more. */
    const size_t inner = needle.len / 2, outer = needle.len > 2 ? needle.len - 2 : 0;
    const __m128i one = _mm_set1_epi8((char)needle.ptr[inner]), other = _mm_set1_epi8((char)needle.ptr[outer]);
    for (size_t i = 0;;) {
        const __m128i at_one = _mm_loadu_si128((const __m128i *)(text.ptr + i + inner));
        const __m128i at_other = _mm_loadu_si128((const __m128i *)(text.ptr + i + outer));
        const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(at_one, one), _mm_cmpeq_epi8(at_other, other));
        for (uint64_t bits = (uint64_t)_mm_movemask_epi8(both); bits != 0; bits &= bits - 1) {
            const size_t at = i + sl_bits_first(bits);
            if (memcmp(text.ptr + at, needle.ptr, needle.len) == 0) return at;
        }
        if (i + 16 == places) return SIZE_MAX;
        i = i + 32 <= places ? i + 16 : places - 16; /* the last sixteen may be seen twice */
    }
}
#endif

size_t sl_slice_find(sl_slice text, sl_slice needle) {
    if (needle.len == 0) return 0;
    if (needle.len > text.len) return SIZE_MAX;
#if HAS_SHORT_SEARCH
    if (text.len <= short_text_bytes) return find_in_short(text, needle);
#endif
#if defined(__linux__)
    const void *at = memmem(text.ptr, text.len, needle.ptr, needle.len);
    return at == NULL ? SIZE_MAX : (size_t)((const uint8_t *)at - text.ptr);
#else
    return find_plainly(text, needle);
#endif
}
