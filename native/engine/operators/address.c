/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of IPv4 and IPv6 text. Pure functions over the bytes of a slice. */
#include "operators/address.h"

enum { v4_bytes = 4, v6_bytes = 16, mapped_prefix_bytes = 12 };

static const uint8_t mapped_prefix[mapped_prefix_bytes] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool parse_v4(sl_slice text, uint8_t *out) {
    size_t i = 0;
    for (int part = 0; part < v4_bytes; part++) {
        if (part > 0 && (i == text.len || text.ptr[i++] != '.')) return false;
        const size_t start = i;
        unsigned number = 0;
        while (i < text.len && i - start < 3 && sl_ascii_is_digit(text.ptr[i])) {
            number = number * 10 + (text.ptr[i++] - (unsigned)'0');
        }
        const bool has_leading_zero = i - start > 1 && text.ptr[start] == '0';
        if (i == start || has_leading_zero || number > 255) return false;
        out[part] = (uint8_t)number;
    }
    return i == text.len;
}

/* One to four hex digits; returns their number, 0 when there is none or one too many. */
static size_t read_group(sl_slice text, size_t at, unsigned *group) {
    size_t len = 0;
    *group = 0;
    while (at + len < text.len && sl_ascii_is_hex(text.ptr[at + len])) {
        if (len == 4) return 0;
        *group = *group << 4 | sl_ascii_hex_value(text.ptr[at + len]);
        len++;
    }
    return len;
}

static bool parse_v6(sl_slice text, uint8_t *out) {
    uint8_t bytes[v6_bytes] = {0};
    size_t len = 0, gap = SIZE_MAX; /* gap: where :: stands, in bytes */
    size_t i = 0;
    if (text.len >= 2 && text.ptr[0] == ':' && text.ptr[1] == ':') {
        gap = 0;
        i = 2;
    }
    while (i < text.len) {
        unsigned group = 0;
        const size_t digits = read_group(text, i, &group);
        if (digits == 0 || len + 2 > v6_bytes) return false;
        if (i + digits < text.len && text.ptr[i + digits] == '.') {
            if (len + v4_bytes > v6_bytes || !parse_v4(sl_slice_from(text, i), bytes + len)) return false;
            len += v4_bytes;
            break;
        }
        bytes[len++] = (uint8_t)(group >> 8);
        bytes[len++] = (uint8_t)group;
        i += digits;
        if (i == text.len) break;
        if (text.ptr[i++] != ':' || i == text.len) return false;
        if (text.ptr[i] != ':') continue;
        if (gap != SIZE_MAX) return false;
        gap = len;
        i++;
    }
    if (gap == SIZE_MAX ? len != v6_bytes : len == v6_bytes) return false;
    if (gap == SIZE_MAX) gap = len;
    memset(out, 0, v6_bytes);
    memcpy(out, bytes, gap);
    memcpy(out + v6_bytes - (len - gap), bytes + gap, len - gap);
    return true;
}

bool sl_address_parse(sl_slice text, sl_address *address) {
    address->is_v6 = sl_slice_find_byte(text, ':') != SIZE_MAX;
    return address->is_v6 ? parse_v6(text, address->bytes) : parse_v4(text, address->bytes);
}

bool sl_address_is_mapped(const sl_address *address, sl_address *v4) {
    if (!address->is_v6 || memcmp(address->bytes, mapped_prefix, mapped_prefix_bytes) != 0) return false;
    v4->is_v6 = false;
    memcpy(v4->bytes, address->bytes + mapped_prefix_bytes, v4_bytes);
    return true;
}
