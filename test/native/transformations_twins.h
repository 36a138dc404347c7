/* SPDX-License-Identifier: Apache-2.0 */
/* Plain twins of the transformations that take short cuts (a search for the first byte of interest, an
 * unchanged prefix copied at once, a condition simplified): each starts at the first byte, keeps every
 * state and is written for being read. Only transformations_test.c includes this; the test compares the
 * two on many texts. */
#ifndef TRANSFORMATIONS_TWINS_H
#define TRANSFORMATIONS_TWINS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

enum { twin_bytes_max = 4096 };

typedef struct twin_text {
    uint8_t bytes[twin_bytes_max];
    size_t len;
} twin_text;

static void add_byte(twin_text *out, uint8_t byte) {
    if (out->len == twin_bytes_max) abort(); /* the test gives no text so long */
    out->bytes[out->len++] = byte;
}

static bool is_byte(sl_slice in, size_t at, char c) { return at < in.len && in.ptr[at] == (uint8_t)c; }

static bool is_text(sl_slice in, size_t at, const char *text) {
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (!is_byte(in, at + i, text[i])) return false;
    }
    return true;
}

static bool is_one_of(uint8_t c, const char *set) { return c != 0 && strchr(set, c) != NULL; }
static bool is_hex_at(sl_slice in, size_t at) { return at < in.len && sl_ascii_is_hex(in.ptr[at]); }

static void twin_lowercase(sl_slice in, twin_text *out) {
    for (size_t i = 0; i < in.len; i++) add_byte(out, sl_ascii_lower(in.ptr[i]));
}

static void twin_uppercase(sl_slice in, twin_text *out) {
    for (size_t i = 0; i < in.len; i++) add_byte(out, sl_ascii_upper(in.ptr[i]));
}

static void twin_compress_whitespace(sl_slice in, twin_text *out) {
    for (size_t i = 0; i < in.len; i++) {
        if (!sl_ascii_is_space(in.ptr[i])) {
            add_byte(out, in.ptr[i]);
        } else if (i == 0 || !sl_ascii_is_space(in.ptr[i - 1])) {
            add_byte(out, ' ');
        }
    }
}

static void twin_cmd_line(sl_slice in, twin_text *out) {
    bool is_blank_ours = false;
    for (size_t i = 0; i < in.len; i++) {
        const uint8_t c = in.ptr[i];
        if (is_one_of(c, "\"'\\^")) {
            /* dropped */
        } else if (is_one_of(c, " ,;\t\r\n")) {
            if (!is_blank_ours) add_byte(out, ' ');
            is_blank_ours = true;
        } else {
            if (is_one_of(c, "/(") && is_blank_ours) out->len--;
            add_byte(out, sl_ascii_lower(c));
            is_blank_ours = false;
        }
    }
}

static void twin_base64_decode_ext(sl_slice in, twin_text *out) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    size_t count = 0;
    for (size_t i = 0; i < in.len; i++) {
        const uint8_t c = in.ptr[i];
        if (c == '=' && count % 4 == 1 && !is_byte(in, i + 1, '=')) {
            out->len = 0;
            return;
        }
        if (!is_one_of(c, alphabet)) continue;
        bits = bits << 6 | (uint32_t)(strchr(alphabet, c) - alphabet);
        count++;
        if (count % 4 != 0) continue;
        add_byte(out, (uint8_t)(bits >> 16));
        add_byte(out, (uint8_t)(bits >> 8));
        add_byte(out, (uint8_t)bits);
    }
    if (count % 4 == 2) add_byte(out, (uint8_t)(bits >> 4));
    if (count % 4 == 3) {
        add_byte(out, (uint8_t)(bits >> 10));
        add_byte(out, (uint8_t)(bits >> 2));
    }
}

static void twin_sql_hex_decode(sl_slice in, twin_text *out) {
    size_t i = 0;
    while (i < in.len) {
        const bool is_prefix = is_text(in, i, "0x") || is_text(in, i, "0X");
        if (!is_prefix || !is_hex_at(in, i + 2) || !is_hex_at(in, i + 3)) {
            add_byte(out, in.ptr[i++]);
            continue;
        }
        i += 2;
        while (is_hex_at(in, i) && is_hex_at(in, i + 1)) {
            add_byte(out, (uint8_t)(sl_ascii_hex_value(in.ptr[i]) * 16 + sl_ascii_hex_value(in.ptr[i + 1])));
            i += 2;
        }
    }
}

/* Copies what is no reference in one piece, where the real one copies the '&' and reads on. */
static void twin_html_entity_decode(sl_slice in, twin_text *out) {
    static const char *const names[] = {"quot", "amp", "lt", "gt", "nbsp"};
    static const uint8_t bytes[] = {'"', '&', '<', '>', 0xA0};
    size_t i = 0;
    while (i < in.len) {
        size_t end = i + 1;
        if (!is_byte(in, i, '&') || end == in.len) {
            add_byte(out, in.ptr[i++]);
            continue;
        }
        int decoded = -1;
        if (is_byte(in, end, '#')) {
            end++;
            unsigned base = 10;
            if (is_byte(in, end, 'x') || is_byte(in, end, 'X')) {
                base = 16;
                end++;
            }
            const size_t start = end;
            uint64_t number = 0;
            bool is_saturated = false;
            while (base == 16 ? is_hex_at(in, end) : end < in.len && sl_ascii_is_digit(in.ptr[end])) {
                number = number * base + sl_ascii_hex_value(in.ptr[end++]);
                if (number > INT64_MAX) is_saturated = true;
                if (is_saturated) number = 0;
            }
            if (end > start) decoded = is_saturated ? 0xFF : (int)(number & 0xFF);
        } else {
            while (end < in.len && sl_ascii_is_alnum(in.ptr[end])) end++;
            const sl_slice run = sl_slice_of(in.ptr + i + 1, end - i - 1);
            for (size_t n = 0; n < sizeof bytes; n++) {
                if (sl_slice_equal_fold(run, sl_slice_z(names[n]))) decoded = bytes[n];
            }
        }
        if (decoded < 0) {
            while (i < end) add_byte(out, in.ptr[i++]);
            continue;
        }
        add_byte(out, (uint8_t)decoded);
        i = is_byte(in, end, ';') ? end + 1 : end;
    }
}

static void twin_remove_comments(sl_slice in, twin_text *out) {
    bool is_inside = false;
    size_t i = 0;
    while (i < in.len) {
        if (is_inside) {
            if (!is_text(in, i, "*/") && !is_text(in, i, "-->")) {
                i++;
                continue;
            }
            i += is_text(in, i, "*/") ? 2 : 3;
            add_byte(out, i < in.len ? in.ptr[i] : 0);
            i++;
            is_inside = false;
        } else if (is_text(in, i, "/*")) {
            is_inside = true;
            i += 2;
        } else if (is_text(in, i, "<!--")) {
            is_inside = true;
            i += 4;
        } else if (is_text(in, i, "--") || is_text(in, i, "#")) {
            return;
        } else {
            add_byte(out, in.ptr[i++]);
        }
    }
    if (is_inside) add_byte(out, ' ');
}

static void twin_remove_comments_char(sl_slice in, twin_text *out) {
    static const char *const marks[] = {"<!--", "-->", "/*", "*/", "--", "#"};
    size_t i = 0;
    while (i < in.len) {
        size_t skipped = 0;
        for (size_t m = 0; m < sizeof marks / sizeof marks[0] && skipped == 0; m++) {
            if (is_text(in, i, marks[m])) skipped = strlen(marks[m]);
        }
        if (skipped == 0) add_byte(out, in.ptr[i++]);
        i += skipped;
    }
}

static void twin_replace_comments(sl_slice in, twin_text *out) {
    bool is_inside = false;
    size_t i = 0;
    while (i < in.len) {
        if (!is_inside && is_text(in, i, "/*")) {
            is_inside = true;
            i += 2;
        } else if (is_inside && is_text(in, i, "*/")) {
            is_inside = false;
            add_byte(out, ' ');
            i += 2;
        } else {
            if (!is_inside) add_byte(out, in.ptr[i]);
            i++;
        }
    }
    if (is_inside) add_byte(out, ' ');
}

/* The state machine as numbered in its description, with the same jumps. */
static void twin_normalize_path(sl_slice in, twin_text *out) {
    const size_t n = in.len;
    if (n == 0) return;
    const bool is_relative = in.ptr[0] != '/';
    const bool has_trail = in.ptr[n - 1] == '/';
    bool hit = false;
    size_t i = 0;
    while (i < n) {
        const uint8_t c = in.ptr[i];
        const bool is_last = i == n - 1;
        if (!is_last && in.ptr[i + 1] != '/') goto copy;
        if (c == '/' && !is_last) goto copy;
        if (c == '.') {
            if (out->len != 0 && out->bytes[out->len - 1] == '.') {
                if (is_relative && (hit || out->len <= 2)) {
                    hit = true;
                    goto copy;
                }
                ptrdiff_t p = (ptrdiff_t)out->len - 3;
                while (p > 0 && out->bytes[p] != '/') p--;
                if (p <= 0) {
                    hit = true;
                    p = !is_relative && is_last ? 1 : 0;
                }
                out->len = (size_t)p;
                if (is_last) break;
                i++;
                goto copy;
            }
            if (out->len == 0) {
                if (is_last) break;
                i++;
                goto copy;
            }
            if (out->bytes[out->len - 1] == '/') {
                if (is_last) break;
                out->len--;
                i++;
            }
            goto copy;
        }
        if (out->len != 0) hit = false;
    copy:
        if (in.ptr[i] == '/') {
            while (i + 1 < n && in.ptr[i + 1] == '/') i++;
            if (is_relative && out->len == 0) {
                i++;
                continue;
            }
        }
        add_byte(out, in.ptr[i++]);
    }
    if (!has_trail && out->len != 0 && out->bytes[out->len - 1] == '/') out->len--;
}

static void twin_normalize_path_win(sl_slice in, twin_text *out) {
    uint8_t turned[twin_bytes_max];
    for (size_t i = 0; i < in.len; i++) turned[i] = in.ptr[i] == '\\' ? '/' : in.ptr[i];
    twin_normalize_path(sl_slice_of(turned, in.len), out);
}

static bool is_continuation(sl_slice in, size_t at) { return at < in.len && (in.ptr[at] & 0xC0) == 0x80; }

static void twin_utf8_to_unicode(sl_slice in, twin_text *out) {
    size_t i = 0;
    while (i < in.len) {
        const uint8_t c = in.ptr[i];
        if (c < 0x80) {
            if (c != 0 || i + 1 == in.len) add_byte(out, c);
            i++;
            continue;
        }
        if (c < 0xC0 || c >= 0xF8) {
            add_byte(out, c);
            i++;
            continue;
        }
        if (c >= 0xF5) add_byte(out, c);
        const size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        uint32_t code = c >= 0xF0 ? c & 0x07 : c >= 0xE0 ? c & 0x0F : c & 0x1F;
        size_t seen = 0;
        for (; seen < more && is_continuation(in, i + 1 + seen); seen++) {
            code = code * 64 + (in.ptr[i + 1 + seen] & 0x3F);
        }
        if (seen < more) {
            i++;
            continue;
        }
        char text[16];
        snprintf(text, sizeof text, "%%u%04x", (unsigned)code);
        for (const char *t = text; *t != '\0'; t++) add_byte(out, (uint8_t)*t);
        if (code >= 0xD800 && code <= 0xDFFF) add_byte(out, c);
        if (code < (more == 1 ? 0x80u : more == 2 ? 0x800u : 0x10000u)) add_byte(out, c);
        i += 1 + more;
    }
}

typedef struct transformation_twin {
    const char *name;
    void (*apply)(sl_slice in, twin_text *out);
} transformation_twin;

static const transformation_twin twins[] = {
    {"lowercase", twin_lowercase},
    {"uppercase", twin_uppercase},
    {"compressWhitespace", twin_compress_whitespace},
    {"cmdLine", twin_cmd_line},
    {"base64DecodeExt", twin_base64_decode_ext},
    {"sqlHexDecode", twin_sql_hex_decode},
    {"htmlEntityDecode", twin_html_entity_decode},
    {"removeComments", twin_remove_comments},
    {"removeCommentsChar", twin_remove_comments_char},
    {"replaceComments", twin_replace_comments},
    {"normalizePath", twin_normalize_path},
    {"normalizePathWin", twin_normalize_path_win},
    {"utf8toUnicode", twin_utf8_to_unicode},
};

enum { twin_count = sizeof twins / sizeof twins[0] };

#endif
