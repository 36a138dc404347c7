/* SPDX-License-Identifier: Apache-2.0 */
/* @validateByteRange, @validateUrlEncoding, @validateUtf8Encoding: they match when the value is NOT valid. */
#include "base/classes.h"
#include "operators/families.h"
#include "operators/result.h"

/* ---- bytes ---- */

typedef struct byte_set {
    bool has[256];
} byte_set;

static bool refuse_entry(sl_prepare *prepare, sl_slice argument, sl_slice entry, const char *reason) {
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "write numbers and ranges such as 10,13,32-126",
                      (size_t)(entry.ptr - argument.ptr), entry.len,
                      "@validateByteRange cannot read \"%.*s\": %s", (int)entry.len, (const char *)entry.ptr,
                      reason);
    return false;
}

static void skip_blanks(sl_slice *text) {
    while (text->len > 0 && sl_ascii_is_space(text->ptr[0])) *text = sl_slice_from(*text, 1);
}

/* Takes a decimal number and the blanks around it off the text; too large ones come out as 999. */
static bool take_number(sl_slice *text, unsigned *number) {
    skip_blanks(text);
    if (text->len == 0 || !sl_ascii_is_digit(text->ptr[0])) return false;
    *number = 0;
    while (text->len > 0 && sl_ascii_is_digit(text->ptr[0])) {
        *number = *number * 10 + (text->ptr[0] - (unsigned)'0');
        if (*number > 999) *number = 999;
        *text = sl_slice_from(*text, 1);
    }
    skip_blanks(text);
    return true;
}

static bool add_bytes(sl_prepare *prepare, sl_slice argument, sl_slice entry, byte_set *set) {
    static const char not_a_range[] = "it is neither a number nor two with a hyphen";
    sl_slice rest = entry;
    unsigned first = 0;
    if (!take_number(&rest, &first)) return refuse_entry(prepare, argument, entry, not_a_range);
    unsigned last = first;
    if (rest.len > 0 && rest.ptr[0] == '-') {
        rest = sl_slice_from(rest, 1);
        if (!take_number(&rest, &last)) return refuse_entry(prepare, argument, entry, not_a_range);
    }
    if (rest.len > 0) return refuse_entry(prepare, argument, entry, not_a_range);
    if (first > 255 || last > 255) return refuse_entry(prepare, argument, entry, "a byte is at most 255");
    if (first > last) return refuse_entry(prepare, argument, entry, "the range runs backwards");
    for (unsigned byte = first; byte <= last; byte++) set->has[byte] = true;
    return true;
}

static bool prepare_byte_range(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    byte_set *const set = SL_NEW(prepare->arena, byte_set);
    bool is_good = true;
    for (size_t start = 0; start <= argument.len;) {
        const size_t comma = sl_slice_find_byte(sl_slice_from(argument, start), ',');
        const size_t end = comma == SIZE_MAX ? argument.len : start + comma;
        is_good =
            add_bytes(prepare, argument, sl_slice_of(argument.ptr + start, end - start), set) && is_good;
        start = end + 1;
    }
    operand->prepared = set;
    return is_good;
}

static sl_answer byte_range(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    const byte_set *const set = operand->prepared;
    for (size_t i = 0; i < value.len; i++) {
        if (set->has[value.ptr[i]]) continue;
        if (!match->want_ranges) return SL_YES;
        /* From here on only the places for the log are collected. */
        for (; i < value.len && match->range_count < sl_ranges_max; i++) {
            if (!set->has[value.ptr[i]]) sl_match_range(match, i, 1);
        }
        return SL_YES;
    }
    return SL_NO;
}

/* ---- encodings ---- */

static bool prepare_nothing(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)prepare;
    (void)argument;
    (void)operand;
    return true;
}

static sl_answer url_encoding(const sl_call *call, const sl_operand *operand, sl_slice value,
                              sl_match *match) {
    (void)call;
    (void)operand;
    for (size_t at = 0; at < value.len; at++) {
        const size_t found = sl_slice_find_byte(sl_slice_from(value, at), '%');
        if (found == SIZE_MAX) return SL_NO;
        at += found;
        const size_t left = value.len - at;
        if (left < 3 || !sl_ascii_is_hex(value.ptr[at + 1]) || !sl_ascii_is_hex(value.ptr[at + 2])) {
            sl_match_range(match, at, left < 3 ? left : 3);
            return SL_YES;
        }
    }
    return SL_NO;
}

/* Bytes of the character that begins here, 0 when it is not valid. The second byte's bounds rule out what is
 * overlong (after E0 and F0), surrogates (after ED) and what lies above U+10FFFF (after F4; v2 and v3 accept
 * that). */
static size_t character_length(const uint8_t *at, size_t left) {
    const uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const size_t len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < len) return 0;
    const uint8_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < lowest || at[1] > highest) return 0;
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0;
    }
    return len;
}

static sl_answer utf8_encoding(const sl_call *call, const sl_operand *operand, sl_slice value,
                               sl_match *match) {
    (void)call;
    (void)operand;
    for (size_t at = 0; at < value.len;) {
        const size_t len = character_length(value.ptr + at, value.len - at);
        if (len == 0) {
            sl_match_range(match, at, 1);
            return SL_YES;
        }
        at += len;
    }
    return SL_NO;
}

/* ---- what a value needs in order to match ---- */

static void need_outside_byte(sl_prepare *prepare, sl_operand *operand) {
    (void)prepare;
    const byte_set *const set = operand->prepared;
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!set->has[byte]) operand->necessary_classes |= sl_class_of_byte((uint8_t)byte);
    }
}

static void need_percent(sl_prepare *prepare, sl_operand *operand) {
    (void)prepare;
    operand->necessary_classes = SL_CLASS_ENCODED;
}

static void need_high_byte(sl_prepare *prepare, sl_operand *operand) {
    (void)prepare;
    operand->necessary_classes = SL_CLASS_HIGH;
}

const sl_operator sl_operators_validate[] = {
    {"validateByteRange", "ValidateByteRange", SL_ARGUMENT_TEXT, prepare_byte_range, byte_range, need_outside_byte,
     "some byte of the value is outside these ranges", SL_SAME_FOR_THE_ARGUMENT},
    {"validateUrlEncoding", "ValidateUrlEncoding", SL_ARGUMENT_NONE, prepare_nothing, url_encoding, need_percent,
     "some % of the value is not followed by two hex digits", SL_SAME_FOR_THE_ARGUMENT},
    {"validateUtf8Encoding", "ValidateUtf8Encoding", SL_ARGUMENT_NONE, prepare_nothing, utf8_encoding, need_high_byte,
     "the value is not valid UTF-8", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
