/* SPDX-License-Identifier: Apache-2.0 */
/* @ipMatch, @ipMatchFromFile (@ipMatchF): does the address lie in one of the networks?
 *
 * At load every entry becomes a range of addresses; ranges are sorted and merged, so that a value costs a
 * binary search however long the list is. A value that is no address is an error, never a "no" that a
 * negation could turn into a match. */
#include <errno.h>
#include <stdlib.h>

#include "operators/address.h"
#include "operators/dataset.h"
#include "operators/families.h"

/* An address as one number, so that ranges compare with <. IPv4 uses low only. */
typedef struct number {
    uint64_t high, low;
} number;

typedef struct range {
    number first, last;
} range;

typedef struct range_list {
    range *items;
    size_t count, capacity;
} range_list;

typedef struct networks {
    range_list v4, v6;
} networks;

/* What an error text calls the entry's place. */
typedef struct source {
    sl_prepare *prepare;
    const char *operator_name;
    sl_slice file; /* empty: the argument itself */
    size_t line;
} source;

static uint64_t big_endian(const uint8_t *bytes, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum = sum << 8 | bytes[i];
    return sum;
}

static number number_of(const sl_address *address) {
    if (!address->is_v6) return (number){0, big_endian(address->bytes, 4)};
    return (number){big_endian(address->bytes, 8), big_endian(address->bytes + 8, 8)};
}

static bool is_below(number a, number b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

/* ---- load side ---- */

/* The low bits of a half that a network leaves open; count up to 64. */
static uint64_t open_bits(unsigned count) { return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1; }

static range network_range(const sl_address *address, unsigned prefix) {
    const unsigned open = (address->is_v6 ? 128 : 32) - prefix;
    const number mask = {open_bits(open > 64 ? open - 64 : 0), open_bits(open)};
    const number at = number_of(address);
    return (range){{at.high & ~mask.high, at.low & ~mask.low}, {at.high | mask.high, at.low | mask.low}};
}

static void add_range(sl_arena *arena, range_list *list, range item) {
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        range *const items = sl_arena_alloc(arena, capacity * sizeof *items);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
}

/* A network written in mapped form also means the IPv4 network: peers are shown either way. */
static void add_network(sl_arena *arena, networks *all, const sl_address *address, unsigned prefix) {
    add_range(arena, address->is_v6 ? &all->v6 : &all->v4, network_range(address, prefix));
    sl_address v4;
    if (prefix < 96 || !sl_address_is_mapped(address, &v4)) return;
    add_range(arena, &all->v4, network_range(&v4, prefix - 96));
}

/* offset: of the entry in the argument; entries of a file have the whole argument marked. */
static bool refuse(const source *from, sl_slice entry, size_t offset, const char *code, const char *hint,
                   const char *reason) {
    if (from->file.len == 0) {
        sl_prepare_report(from->prepare, code, hint, offset, entry.len, "@%s cannot read %.*s: %s",
                          from->operator_name, (int)entry.len, (const char *)entry.ptr, reason);
    } else {
        sl_prepare_report(from->prepare, code, hint, 0, offset, "@%s cannot read %.*s in %.*s, line %zu: %s",
                          from->operator_name, (int)entry.len, (const char *)entry.ptr, (int)from->file.len,
                          (const char *)from->file.ptr, from->line, reason);
    }
    return false;
}

/* At most three digits, none leading; larger numbers come out as 999. */
static bool parse_prefix(sl_slice text, unsigned *prefix) {
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0')) return false;
    *prefix = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!sl_ascii_is_digit(text.ptr[i])) return false;
        *prefix = *prefix * 10 + (text.ptr[i] - (unsigned)'0');
        if (*prefix > 999) *prefix = 999;
    }
    return true;
}

static bool add_entry(const source *from, networks *all, sl_slice entry, size_t offset) {
    static const char wrong_argument[] = "SECLUA_E_OPERATOR_PARAM";
    const size_t slash = sl_slice_find_byte(entry, '/');
    const bool has_prefix = slash != SIZE_MAX;
    sl_address address;
    if (entry.len == 0) {
        return refuse(from, entry, offset, wrong_argument, "remove the comma", "there is no address");
    }
    if (!sl_address_parse(has_prefix ? sl_slice_of(entry.ptr, slash) : entry, &address)) {
        return refuse(from, entry, offset, wrong_argument,
                      "write 192.0.2.1, 192.0.2.0/24, 2001:db8::1 or 2001:db8::/32",
                      "it is not an IP address");
    }
    const unsigned widest = address.is_v6 ? 128 : 32;
    unsigned prefix = widest;
    if (has_prefix && !parse_prefix(sl_slice_from(entry, slash + 1), &prefix)) {
        return refuse(from, entry, offset, wrong_argument, "write the mask 255.255.255.0 as /24",
                      "what follows the slash is not a number of bits");
    }
    if (prefix > widest) {
        return refuse(
            from, entry, offset, "SECLUA_E_IP_PREFIX",
            address.is_v6 ? "write /128 for a single address" : "write /32 for a single address",
            address.is_v6 ? "an IPv6 prefix has at most 128 bits" : "an IPv4 prefix has at most 32 bits");
    }
    add_network(from->prepare->arena, all, &address, prefix);
    return true;
}

static sl_slice trim(sl_slice text) {
    while (text.len > 0 && sl_ascii_is_space(text.ptr[0])) text = sl_slice_from(text, 1);
    while (text.len > 0 && sl_ascii_is_space(text.ptr[text.len - 1])) text.len--;
    return text;
}

/* The comma list of an argument or of a line of a file; all its errors are reported. argument_len marks a
 * file's name. */
static bool add_list(const source *from, networks *all, sl_slice list, size_t argument_len) {
    bool is_good = true;
    for (size_t start = 0; start <= list.len;) {
        const size_t comma = sl_slice_find_byte(sl_slice_from(list, start), ',');
        const size_t end = comma == SIZE_MAX ? list.len : start + comma;
        const sl_slice entry = trim(sl_slice_of(list.ptr + start, end - start));
        const size_t offset = from->file.len == 0 ? (size_t)(entry.ptr - list.ptr) : argument_len;
        is_good = add_entry(from, all, entry, offset) && is_good;
        start = end + 1;
    }
    return is_good;
}

static int compare_ranges(const void *left, const void *right) {
    const range *const a = left, *const b = right;
    if (is_below(a->first, b->first)) return -1;
    return is_below(b->first, a->first) ? 1 : 0;
}

static void sort_and_merge(range_list *list) {
    if (list->count == 0) return;
    qsort(list->items, list->count, sizeof *list->items, compare_ranges);
    size_t kept = 0;
    for (size_t i = 1; i < list->count; i++) {
        range *const last = &list->items[kept];
        const range next = list->items[i];
        if (is_below(last->last, next.first)) {
            list->items[++kept] = next;
        } else if (is_below(last->last, next.last)) {
            last->last = next.last;
        }
    }
    list->count = kept + 1;
}

static bool finish(networks *all, bool is_good, sl_operand *operand) {
    sort_and_merge(&all->v4);
    sort_and_merge(&all->v6);
    operand->prepared = all;
    return is_good;
}

static bool prepare_ip_match(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    networks *const all = SL_NEW(prepare->arena, networks);
    const source from = {prepare, "ipMatch", SL_EMPTY, 0};
    return finish(all, add_list(&from, all, argument, 0), operand);
}

/* Lines of comma lists; # hides the rest of a line. */
/* One network, or a list with commas, a line. */
static bool add_lines(source *from, networks *all, sl_slice rest, size_t argument_len) {
    bool is_good = true;
    while (rest.len > 0) {
        from->line++;
        const size_t newline = sl_slice_find_byte(rest, '\n');
        const size_t end = newline == SIZE_MAX ? rest.len : newline;
        sl_slice line = sl_slice_of(rest.ptr, end);
        const size_t comment = sl_slice_find_byte(line, '#');
        if (comment != SIZE_MAX) line.len = comment;
        line = trim(line);
        if (line.len > 0) is_good = add_list(from, all, line, argument_len) && is_good;
        rest = sl_slice_from(rest, newline == SIZE_MAX ? end : end + 1);
    }
    return is_good;
}

static bool prepare_ip_match_from_dataset(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    networks *const all = SL_NEW(prepare->arena, networks);
    source from = {prepare, "ipMatchFromDataset", trim(argument), 0};
    sl_slice lines;
    if (!sl_dataset_find(prepare, argument, &lines)) return false;
    return finish(all, add_lines(&from, all, lines, argument.len), operand);
}

static bool prepare_ip_match_from_file(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    networks *const all = SL_NEW(prepare->arena, networks);
    source from = {prepare, "ipMatchFromFile", SL_EMPTY, 0};
    const sl_slice name = trim(argument);
    sl_slice lines;
    if (!prepare->read_file(prepare->context, name, &from.file, &lines)) {
        if (sl_prepare_refuses_address(prepare, name, (size_t)(name.ptr - argument.ptr))) return false;
        sl_prepare_report(prepare, "SECLUA_E_FILE_OPEN",
                          "a name is looked for beside the file of the rule, then in the working directory",
                          0, argument.len, "cannot read the address file %.*s: %s", (int)name.len,
                          (const char *)name.ptr, strerror(errno));
        return false;
    }
    return finish(all, add_lines(&from, all, lines, argument.len), operand);
}

/* ---- request side ---- */

static bool holds(const range_list *list, number at) {
    size_t low = 0, high = list->count; /* low: ranges known to begin at or below the address */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_below(at, list->items[middle].first)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low > 0 && !is_below(list->items[low - 1].last, at);
}

static sl_answer ip_match(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    const networks *const all = operand->prepared;
    sl_address address, v4;
    if (!sl_address_parse(value, &address)) return SL_ERROR;
    if (holds(address.is_v6 ? &all->v6 : &all->v4, number_of(&address))) return SL_YES;
    if (sl_address_is_mapped(&address, &v4) && holds(&all->v4, number_of(&v4))) return SL_YES;
    return SL_NO;
}

const sl_operator sl_operators_ip[] = {
    {"ipMatch", "IpMatch", SL_ARGUMENT_TEXT, prepare_ip_match, ip_match, NULL,
     "the address is one of these or lies in one of these networks", SL_SAME_FOR_THE_ARGUMENT},
    {"ipMatchFromFile", "IpMatchFromFile", SL_ARGUMENT_TEXT, prepare_ip_match_from_file, ip_match, NULL,
     "the address lies in one of the networks of a file, one a line", SL_SAME_FOR_THE_RULE},
    {"ipMatchF", "IpMatchF", SL_ARGUMENT_TEXT, prepare_ip_match_from_file, ip_match, NULL,
     "short for ipMatchFromFile", SL_SAME_FOR_THE_RULE},
    {"ipMatchFromDataset", "IpMatchFromDataset", SL_ARGUMENT_TEXT, prepare_ip_match_from_dataset, ip_match, NULL,
     "the address lies in one of the networks of a SecDataset, one a line", SL_ASK_AGAIN},
    {0},
};
