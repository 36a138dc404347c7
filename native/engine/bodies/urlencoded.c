/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting at separators and decoding percent escapes.
 *
 * Most pieces hold no escape and stay slices of the input; only the others are copied. Time is linear: every
 * byte is looked at a fixed number of times, however many pieces there are. */
#include "bodies/urlencoded.h"

#include "base/words.h"

static bool is_escape(sl_slice text, size_t at) {
    return text.len - at >= 3 && sl_ascii_is_hex(text.ptr[at + 1]) && sl_ascii_is_hex(text.ptr[at + 2]);
}

static bool has_invalid_escape(sl_slice text) {
    for (size_t at = 0; at < text.len; at++) {
        const size_t next = sl_slice_find_byte(sl_slice_from(text, at), '%');
        if (next == SIZE_MAX) return false;
        at += next;
        if (!is_escape(text, at)) return true;
    }
    return false;
}

/* A text without escapes, its + turned into blanks: by far the most common one that changes at all. */
static sl_slice with_blanks(sl_arena *arena, sl_slice text) {
    uint8_t *const restrict decoded = sl_arena_alloc(arena, text.len);
    size_t at = 0;
    for (; at + sl_word_bytes <= text.len; at += sl_word_bytes) {
        const uint64_t word = sl_word_load(text.ptr + at);
        const uint64_t found = sl_word_in_range(word, '+', '+');
        sl_word_store(decoded + at, word ^ (found >> 7) * ('+' ^ ' '));
    }
    for (; at < text.len; at++) decoded[at] = text.ptr[at] == '+' ? ' ' : text.ptr[at];
    return sl_slice_of(decoded, text.len);
}

static sl_slice decode(sl_arena *arena, sl_slice text, bool plus_is_blank, bool *invalid_escape) {
    if (sl_slice_find_byte(text, '%') == SIZE_MAX) {
        const bool has_plus = plus_is_blank && sl_slice_find_byte(text, '+') != SIZE_MAX;
        return has_plus ? with_blanks(arena, text) : text;
    }
    uint8_t *const decoded = sl_arena_alloc(arena, text.len);
    size_t len = 0;
    for (size_t at = 0; at < text.len; at++) {
        uint8_t byte = text.ptr[at];
        if (byte == '%') {
            if (is_escape(text, at)) {
                const uint8_t high = sl_ascii_hex_value(text.ptr[at + 1]);
                byte = (uint8_t)(high << 4 | sl_ascii_hex_value(text.ptr[at + 2]));
                at += 2;
            } else {
                *invalid_escape = true;
            }
        } else if (byte == '+' && plus_is_blank) {
            byte = ' ';
        }
        decoded[len++] = byte;
    }
    sl_arena_trim(arena, decoded, text.len, len);
    return sl_slice_of(decoded, len);
}

void sl_urlencoded_parse(sl_arena *arena, sl_slice text, uint8_t separator, const sl_argument_sink *sink,
                         bool *invalid_escape) {
    bool has_room = true;
    size_t start = 0;
    while (start < text.len) { /* so a separator at the very end adds nothing */
        const sl_slice rest = sl_slice_from(text, start);
        const size_t found = sl_slice_find_byte(rest, separator);
        const sl_slice pair = sl_slice_of(rest.ptr, found == SIZE_MAX ? rest.len : found);
        start += pair.len + 1;

        if (!has_room) { /* v2 sets URLENCODED_ERROR for dropped arguments too */
            if (!*invalid_escape) *invalid_escape = has_invalid_escape(pair);
            continue;
        }
        const size_t equals = sl_slice_find_byte(pair, '=');
        sl_slice name = pair, value = SL_EMPTY;
        if (equals != SIZE_MAX) {
            name = sl_slice_of(pair.ptr, equals);
            value = sl_slice_from(pair, equals + 1);
        }
        name = decode(arena, name, true, invalid_escape);
        value = decode(arena, value, true, invalid_escape);
        has_room = sink->add(sink->context, name, value);
    }
}

sl_slice sl_percent_decode(sl_arena *arena, sl_slice text) {
    bool ignored = false;
    const sl_slice decoded = decode(arena, text, false, &ignored);
    return decoded.len == text.len ? text : decoded; /* each escape shortens: same length, same text */
}
