/* SPDX-License-Identifier: Apache-2.0 */
/* Folding 32 bytes at a time and the sieve eight places at a time, for processors with AVX2. */
#include "prefilter/prefilter.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

#define WITH_AVX2 __attribute__((target("avx2")))

/* A mask of the lanes whose bit is set. */
WITH_AVX2 static inline unsigned has(const uint32_t *words, __m256i bits) {
    const __m256i word = _mm256_i32gather_epi32((const int *)words, _mm256_srli_epi32(bits, 5), 4);
    const __m256i to_top = _mm256_andnot_si256(bits, _mm256_set1_epi32(31)); /* 31 less the number of the bit */
    const __m256i at_top = _mm256_sllv_epi32(word, to_top);
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(at_top));
}

/* Without a branch: all eight are written, and those that do not count are written over. */
WITH_AVX2 static inline void add(const sl_scanner *scanner, sl_places *places, size_t first, unsigned mask) {
    const __m128i numbers = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)scanner->set_bits[mask]));
    _mm_storeu_si128((__m128i *)(places->at + places->count), _mm_add_epi16(numbers, _mm_set1_epi16((short)first)));
    places->count += (size_t)__builtin_popcount(mask);
}

/* A copy for each of the kinds of literals that there may be, so that nothing is decided in the loop. */
WITH_AVX2 __attribute__((always_inline)) static inline void sieve_kinds(const sl_scanner *scanner, const uint8_t *piece, size_t count,
                                                                       sl_places *pairs, sl_places *triples, sl_places *quads,
                                                                       bool has_pairs, bool has_triples, bool has_quads) {
    const __m256i windows = _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6);
    const __m256i factor = _mm256_set1_epi32((int)sl_prefilter_hash(1));
    const __m256i two_bytes = _mm256_set1_epi32(0xFFFF);
    const __m128i triple_shift = _mm_cvtsi32_si128((int)scanner->triple_sieve.shift), quad_shift = _mm_cvtsi32_si128((int)scanner->quad_sieve.shift);
    for (size_t i = 0; i < count; i += 8) {
        const __m128i low = _mm_loadu_si128((const __m128i *)(piece + i)), high = _mm_loadu_si128((const __m128i *)(piece + i + 4));
        const __m256i fours = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), windows);
        const unsigned within = count - i >= 8 ? 0xFF : (1u << (count - i)) - 1;
        if (has_pairs) add(scanner, pairs, i, has(scanner->pair_bits, _mm256_and_si256(fours, two_bytes)) & within);
        if (has_triples) {
            const __m256i by_three = _mm256_mullo_epi32(_mm256_slli_epi32(fours, 8), factor);
            add(scanner, triples, i, has(scanner->triple_sieve.words, _mm256_srl_epi32(by_three, triple_shift)) & within);
        }
        if (has_quads) {
            const __m256i by_four = _mm256_mullo_epi32(fours, factor);
            add(scanner, quads, i, has(scanner->quad_sieve.words, _mm256_srl_epi32(by_four, quad_shift)) & within);
        }
    }
}

WITH_AVX2 static void sieve_with_avx2(const sl_scanner *scanner, const uint8_t *piece, size_t count, sl_places *pairs,
                                      sl_places *triples, sl_places *quads) {
    pairs->count = triples->count = quads->count = 0;
    switch ((scanner->has_pairs ? 1 : 0) | (scanner->has_triples ? 2 : 0) | (scanner->has_quads ? 4 : 0)) {
    case 1: sieve_kinds(scanner, piece, count, pairs, triples, quads, true, false, false); return;
    case 2: sieve_kinds(scanner, piece, count, pairs, triples, quads, false, true, false); return;
    case 3: sieve_kinds(scanner, piece, count, pairs, triples, quads, true, true, false); return;
    case 4: sieve_kinds(scanner, piece, count, pairs, triples, quads, false, false, true); return;
    case 5: sieve_kinds(scanner, piece, count, pairs, triples, quads, true, false, true); return;
    case 6: sieve_kinds(scanner, piece, count, pairs, triples, quads, false, true, true); return;
    case 7: sieve_kinds(scanner, piece, count, pairs, triples, quads, true, true, true); return;
    default: return;
    }
}

WITH_AVX2 static inline __m256i lower(__m256i bytes) {
    /* Signed comparison: bytes past ASCII are negative and so in no range. */
    const __m256i from_a = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8('A' - 1));
    const __m256i to_z = _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), bytes);
    const __m256i is_upper = _mm256_and_si256(from_a, to_z);
    return _mm256_or_si256(bytes, _mm256_and_si256(is_upper, _mm256_set1_epi8('a' ^ 'A')));
}

WITH_AVX2 static void fold_with_avx2(const uint8_t *from, size_t count, uint8_t *to) {
    size_t at = 0;
    for (; at + 32 <= count; at += 32) _mm256_storeu_si256((__m256i *)(to + at), lower(_mm256_loadu_si256((const __m256i *)(from + at))));
    if (at == count) return;
    memcpy(to + at, from + at, count - at);
    _mm256_storeu_si256((__m256i *)(to + at), lower(_mm256_loadu_si256((const __m256i *)(to + at))));
}

/* Behind the places there are others of the text, or zeros. */
WITH_AVX2 static bool has_byte_with_avx2(const uint8_t *piece, size_t count, uint8_t byte) {
    const __m256i wanted = _mm256_set1_epi8((char)byte);
    __m256i seen = _mm256_setzero_si256();
    for (size_t i = 0; i < count; i += 32) {
        seen = _mm256_or_si256(seen, _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(piece + i)), wanted));
    }
    return _mm256_testz_si256(seen, seen) == 0;
}

/* The sums stay in registers: two vectors at a time, for one waits for the other no less. */
WITH_AVX2 static void add_rows_with_avx2(const uint64_t *from, size_t words, const uint32_t *numbers, size_t count, uint64_t *found) {
    const size_t vectors = words / sl_row_step;
    const __m256i *rows = (const __m256i *)from;
    __m256i *out = (__m256i *)found;
    size_t v = 0;
    for (; v + 2 <= vectors; v += 2) {
        __m256i low = _mm256_loadu_si256(out + v), high = _mm256_loadu_si256(out + v + 1);
        for (size_t i = 0; i < count; i++) {
            const __m256i *row = rows + numbers[i] * vectors + v;
            low = _mm256_or_si256(low, _mm256_loadu_si256(row));
            high = _mm256_or_si256(high, _mm256_loadu_si256(row + 1));
        }
        _mm256_storeu_si256(out + v, low);
        _mm256_storeu_si256(out + v + 1, high);
    }
    if (v == vectors) return;
    __m256i last = _mm256_loadu_si256(out + v);
    for (size_t i = 0; i < count; i++) last = _mm256_or_si256(last, _mm256_loadu_si256(rows + numbers[i] * vectors + v));
    _mm256_storeu_si256(out + v, last);
}

bool sl_scan_with_vectors(sl_scan_functions *functions) {
    if (!__builtin_cpu_supports("avx2")) return false;
    *functions = (sl_scan_functions){fold_with_avx2, sieve_with_avx2, has_byte_with_avx2, add_rows_with_avx2};
    return true;
}

#else

bool sl_scan_with_vectors(sl_scan_functions *functions) {
    (void)functions;
    return false;
}

#endif
