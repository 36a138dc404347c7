/* SPDX-License-Identifier: Apache-2.0 */
/* base64Decode, base64DecodeExt, base64Encode: standard alphabet, no line breaks.
 *
 * base64Decode is v2's: all up to the first foreign byte counts, padded or not. v3 gives nothing for a
 * text with one bad byte, which hides what a lenient application would decode. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

static const uint8_t alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { not_in_alphabet = 64 };

static uint8_t sextet_of(uint8_t c) {
    if ((uint8_t)(c - 'A') < 26) return (uint8_t)(c - 'A');
    if ((uint8_t)(c - 'a') < 26) return (uint8_t)(c - 'a' + 26);
    if (sl_ascii_is_digit(c)) return (uint8_t)(c - '0' + 52);
    if (c == '+') return 62;
    if (c == '/') return 63;
    return not_in_alphabet;
}

/* Takes sextets; every one but the first of a group of four completes a byte, the bits left over are
 * ignored. */
typedef struct sextet_reader {
    sl_rewrite bytes;
    uint32_t bits;
    size_t count;
} sextet_reader;

static void take(sextet_reader *reader, uint8_t sextet) {
    reader->bits = reader->bits << 6 | sextet;
    const unsigned place = reader->count++ % 4;
    if (place != 0) sl_rewrite_put(&reader->bytes, (uint8_t)(reader->bits >> (6 - 2 * place)));
}

static size_t decoded_len_max(size_t len) { return len - len / 4; }

/* Decoding shortens and encoding lengthens, so every text but the empty one changes. */
static bool is_filled(sl_slice value) { return value.len != 0; }

static sl_slice base64_decode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    if (value.len == 0) return value;
    sextet_reader reader = {sl_rewrite_begin(arena, value, 0, decoded_len_max(value.len)), 0, 0};
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t sextet = sextet_of(value.ptr[i]);
        if (sextet == not_in_alphabet) break;
        take(&reader, sextet);
    }
    return sl_rewrite_end(arena, reader.bytes, value);
}

/* Skips what is not in the alphabet. A '=' where only one character of a group was read makes all of it
 * invalid: the engines allow more '=' to follow it, but what follows the last of them never rescues the
 * group. */
static sl_slice decode_forgiving(sl_arena *arena, sl_slice value, uint8_t (*sextet_in)(uint8_t c)) {
    if (value.len == 0) return value;
    sextet_reader reader = {sl_rewrite_begin(arena, value, 0, decoded_len_max(value.len)), 0, 0};
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t sextet = sextet_in(value.ptr[i]);
        if (sextet != not_in_alphabet) {
            take(&reader, sextet);
        } else if (value.ptr[i] == '=' && reader.count % 4 == 1) {
            reader.bytes.len = 0;
            break;
        }
    }
    return sl_rewrite_end(arena, reader.bytes, value);
}

static sl_slice base64_decode_ext(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return decode_forgiving(arena, value, sextet_of);
}

static uint8_t url_sextet_of(uint8_t c) { return sextet_of(c == '-' ? '+' : c == '_' ? '/' : c); }

static sl_slice base64_decode_url(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    return decode_forgiving(arena, value, url_sextet_of);
}

const sl_transformation sl_transformation_base64_url = {
    "base64DecodeExt", NULL, is_filled, SL_CLASS_ANY, base64_decode_url,
    "decodes Base64, skipping bytes outside the alphabet"};

static sl_slice base64_encode(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    if (value.len == 0) return value;
    sl_rewrite r = sl_rewrite_begin(arena, value, 0, (value.len + 2) / 3 * 4);
    for (size_t i = 0; i < value.len; i += 3) {
        const size_t left = value.len - i;
        const uint32_t second = left > 1 ? value.ptr[i + 1] : 0;
        const uint32_t third = left > 2 ? value.ptr[i + 2] : 0;
        const uint32_t bits = (uint32_t)value.ptr[i] << 16 | second << 8 | third;
        sl_rewrite_put(&r, alphabet[bits >> 18]);
        sl_rewrite_put(&r, alphabet[bits >> 12 & 63]);
        sl_rewrite_put(&r, left > 1 ? alphabet[bits >> 6 & 63] : '=');
        sl_rewrite_put(&r, left > 2 ? alphabet[bits & 63] : '=');
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_base64[] = {
    {"base64Decode", NULL, is_filled, SL_CLASS_ANY, base64_decode,
     "decodes Base64 up to the first byte outside the alphabet"},
    {"base64DecodeExt", NULL, is_filled, SL_CLASS_ANY, base64_decode_ext,
     "decodes Base64, skipping bytes outside the alphabet"},
    {"base64Encode", NULL, is_filled, SL_CLASS_ANY, base64_encode, "encodes as Base64 with padding"},
    {0},
};
