/* SPDX-License-Identifier: Apache-2.0 */
/* A backtracking matcher for the patterns of the Lua 5.4 manual (section 6.4.1) that counts its steps.
 *
 * Patterns may come from a client and texts do: the work is bounded by a budget of steps per run, the
 * recursion by a depth. One step is one item tried at one place, or one byte of a run or a balance.
 * Malformed patterns are noticed when the matcher gets there, with the messages that scripts know. Only
 * alternatives recurse: a sequence is a loop. */
#include "lua/pattern.h"

#include "lua/budget.h"

enum {
    depth_max = 200,
    escape = '%',
    prefix_max = 32,           /* bytes looked for at once */
    prefix_bytes_per_step = 16 /* looking for several bytes takes longer than for one */
};

static const uint8_t *match_items(sl_pattern *search, const uint8_t *text, const uint8_t *item);

static void spend(sl_pattern *search, uint64_t steps) {
    const uint64_t before = *search->steps;
    if (steps > search->steps_max - before) sl_budget_trip(search->L, SL_BUDGET_PATTERN);
    *search->steps = before + steps;
    /* No hook fires in here: look at the clock now and then. */
    if ((before ^ *search->steps) >> 15 != 0) sl_budget_charge(search->L, sl_hook_interval);
}

/* ---- single bytes ---- */

static bool is_in_class(uint8_t byte, uint8_t letter) {
    bool is_member;
    switch (letter | 0x20) {
    case 'a': is_member = sl_ascii_is_alpha(byte); break;
    case 'c': is_member = byte < 0x20 || byte == 0x7f; break;
    case 'd': is_member = sl_ascii_is_digit(byte); break;
    case 'g': is_member = byte > 0x20 && byte < 0x7f; break;
    case 'l': is_member = (uint8_t)(byte - 'a') < 26; break;
    case 'p': is_member = byte > 0x20 && byte < 0x7f && !sl_ascii_is_alnum(byte); break;
    case 's': is_member = sl_ascii_is_space(byte); break;
    case 'u': is_member = (uint8_t)(byte - 'A') < 26; break;
    case 'w': is_member = sl_ascii_is_alnum(byte); break;
    case 'x': is_member = sl_ascii_is_hex(byte); break;
    case 'z': is_member = byte == 0; break; /* of Lua 5.1, still taken */
    default: return byte == letter; /* any other byte after % stands for itself */
    }
    if (!sl_ascii_is_alpha(letter)) return byte == letter;
    const bool is_complement = (letter & 0x20) == 0;
    return is_member != is_complement;
}

/* Past the single-byte item at item: a byte, an escape, or a set. */
static const uint8_t *item_end(const sl_pattern *search, const uint8_t *item) {
    const uint8_t *const end = search->pattern_end;
    const uint8_t first = *item++;
    if (first == escape) {
        if (item == end) luaL_error(search->L, "malformed pattern (ends with '%%')");
        return item + 1;
    }
    if (first != '[') return item;
    if (item < end && *item == '^') item++;
    /* A ] that comes first stands for itself. */
    do {
        if (item == end) luaL_error(search->L, "malformed pattern (missing ']')");
        const uint8_t byte = *item++;
        if (byte == escape) {
            if (item == end) luaL_error(search->L, "malformed pattern (missing ']')");
            item++;
        }
    } while (item == end || *item != ']');
    return item + 1;
}

/* set … set_end: "[", members, "]". */
static bool is_in_set(uint8_t byte, const uint8_t *set, const uint8_t *set_end) {
    const uint8_t *const last = set_end - 1; /* the closing bracket */
    bool if_found = true;
    set++;
    if (*set == '^') {
        if_found = false;
        set++;
    }
    while (set < last) {
        if (*set == escape) {
            if (is_in_class(byte, set[1])) return if_found;
            set += 2;
        } else if (set + 2 < last && set[1] == '-') {
            if (set[0] <= byte && byte <= set[2]) return if_found;
            set += 3;
        } else {
            if (*set == byte) return if_found;
            set++;
        }
    }
    return !if_found;
}

static bool matches_byte(const sl_pattern *search, const uint8_t *text, const uint8_t *item,
                         const uint8_t *end) {
    if (text == search->text_end) return false;
    switch (*item) {
    case '.': return true;
    case escape: return is_in_class(*text, item[1]);
    case '[': return is_in_set(*text, item, end);
    default: return *item == *text;
    }
}

/* ---- repetitions ---- */

/* As many as possible, then fewer. rest: what follows the repetition. */
static const uint8_t *match_longest(sl_pattern *search, const uint8_t *text, const uint8_t *item,
                                    const uint8_t *end, size_t at_least, const uint8_t *rest) {
    size_t count = 0;
    while (matches_byte(search, text + count, item, end)) count++;
    spend(search, count);
    for (; count + 1 > at_least; count--) {
        const uint8_t *matched = match_items(search, text + count, rest);
        if (matched != NULL) return matched;
        if (count == 0) break;
    }
    return NULL;
}

/* As few as possible, then more. */
static const uint8_t *match_shortest(sl_pattern *search, const uint8_t *text, const uint8_t *item,
                                     const uint8_t *end, const uint8_t *rest) {
    for (;;) {
        const uint8_t *matched = match_items(search, text, rest);
        if (matched != NULL) return matched;
        if (!matches_byte(search, text, item, end)) return NULL;
        text++;
    }
}

/* ---- captures ---- */

static const uint8_t *open_capture(sl_pattern *search, const uint8_t *text, const uint8_t *rest,
                                   ptrdiff_t length) {
    if (search->capture_count == sl_pattern_captures_max) luaL_error(search->L, "too many captures");
    search->captures[search->capture_count].start = text;
    search->captures[search->capture_count].length = length;
    search->capture_count++;
    const uint8_t *matched = match_items(search, text, rest);
    if (matched == NULL) search->capture_count--;
    return matched;
}

static const uint8_t *close_capture(sl_pattern *search, const uint8_t *text, const uint8_t *rest) {
    int index = search->capture_count - 1;
    while (index >= 0 && search->captures[index].length != sl_capture_open) index--;
    if (index < 0) luaL_error(search->L, "invalid pattern capture");
    search->captures[index].length = text - search->captures[index].start;
    const uint8_t *matched = match_items(search, text, rest);
    if (matched == NULL) search->captures[index].length = sl_capture_open;
    return matched;
}

/* Past the text of an earlier capture, if it stands here again. */
static const uint8_t *match_reference(sl_pattern *search, const uint8_t *text, uint8_t digit) {
    const int index = digit - '1';
    if (index < 0 || index >= search->capture_count || search->captures[index].length == sl_capture_open) {
        luaL_error(search->L, "invalid capture index %%%d", index + 1);
    }
    /* Of a position there is no text: like stock Lua, a length that no text has. */
    if (search->captures[index].length < 0) return NULL;
    const size_t length = (size_t)search->captures[index].length;
    if ((size_t)(search->text_end - text) < length) return NULL;
    spend(search, length / 8);
    return memcmp(search->captures[index].start, text, length) == 0 ? text + length : NULL;
}

/* ---- %b and %f ---- */

/* pair: the two bytes after %b. Past the balanced text, or NULL. */
static const uint8_t *match_balance(sl_pattern *search, const uint8_t *text, const uint8_t *pair) {
    if (search->pattern_end - pair < 2)
        luaL_error(search->L, "malformed pattern (missing arguments to '%%b')");
    if (text == search->text_end || *text != pair[0]) return NULL;
    size_t open = 1;
    for (const uint8_t *at = text + 1; at < search->text_end; at++) {
        if (*at == pair[1]) {
            if (--open == 0) {
                spend(search, (uint64_t)(at - text));
                return at + 1;
            }
        } else if (*at == pair[0]) {
            open++;
        }
    }
    spend(search, (uint64_t)(search->text_end - text));
    return NULL;
}

/* set: after %f. Is this the place between a byte outside and one inside the set? Beyond the ends there
 * are NULs. */
static bool is_frontier(sl_pattern *search, const uint8_t *text, const uint8_t *set, const uint8_t *set_end) {
    const uint8_t before = text == search->text ? 0 : text[-1];
    const uint8_t here = text == search->text_end ? 0 : *text;
    return !is_in_set(before, set, set_end) && is_in_set(here, set, set_end);
}

/* ---- the sequence ---- */

/* An escape that is no class: %b, %f, %1 … %9. False: it is an ordinary single byte. Moves both on a
 * match. */
static bool match_special(sl_pattern *search, const uint8_t **text, const uint8_t **item) {
    if (search->pattern_end - *item < 2) return false; /* item_end reports it */
    const uint8_t kind = (*item)[1];
    if (kind == 'b') {
        *text = match_balance(search, *text, *item + 2);
        *item += 4;
        return true;
    }
    if (kind == 'f') {
        const uint8_t *set = *item + 2;
        if (set >= search->pattern_end || *set != '[')
            luaL_error(search->L, "missing '[' after '%%f' in pattern");
        const uint8_t *set_end = item_end(search, set);
        if (!is_frontier(search, *text, set, set_end)) *text = NULL;
        *item = set_end;
        return true;
    }
    if (!sl_ascii_is_digit(kind)) return false;
    *text = match_reference(search, *text, kind);
    *item += 2;
    return true;
}

static const uint8_t *match_sequence(sl_pattern *search, const uint8_t *text, const uint8_t *item) {
    while (item < search->pattern_end) {
        spend(search, 1);
        if (*item == '(') {
            const bool is_position = item + 1 < search->pattern_end && item[1] == ')';
            if (is_position) return open_capture(search, text, item + 2, sl_capture_position);
            return open_capture(search, text, item + 1, sl_capture_open);
        }
        if (*item == ')') return close_capture(search, text, item + 1);
        if (*item == '$' && item + 1 == search->pattern_end) return text == search->text_end ? text : NULL;
        if (*item == escape && match_special(search, &text, &item)) {
            if (text == NULL) return NULL;
            continue;
        }
        const uint8_t *const end = item_end(search, item);
        const uint8_t suffix = end < search->pattern_end ? *end : 0;
        switch (suffix) {
        case '*': return match_longest(search, text, item, end, 0, end + 1);
        case '+': return match_longest(search, text, item, end, 1, end + 1);
        case '-': return match_shortest(search, text, item, end, end + 1);
        case '?':
            if (matches_byte(search, text, item, end)) {
                const uint8_t *matched = match_items(search, text + 1, end + 1);
                if (matched != NULL) return matched;
            }
            item = end + 1;
            break;
        default:
            if (!matches_byte(search, text, item, end)) return NULL;
            text++;
            item = end;
            break;
        }
    }
    return text;
}

static const uint8_t *match_items(sl_pattern *search, const uint8_t *text, const uint8_t *item) {
    if (search->depth-- == 0) luaL_error(search->L, "pattern too complex");
    const uint8_t *matched = match_sequence(search, text, item);
    search->depth++;
    return matched;
}

/* ---- outside ---- */

/* A switch, for it is asked about every byte of every pattern: compilers make one test of a bit of it. */
static bool is_special(uint8_t c) {
    switch (c) {
    case '^': case '$': case '*': case '+': case '?': case '.': case '(': case '[': case '%': case '-':
        return true;
    default:
        return false;
    }
}

static bool repeats(uint8_t c) { return c == '*' || c == '?' || c == '-'; }

/* The bytes that the pattern begins with and that stand for themselves, once: only where they are can a match begin.
 * "union%s+select" need not be tried at every u. */
static sl_slice literal_prefix(const sl_pattern *search) {
    const uint8_t *end = search->pattern;
    while (end < search->pattern_end && end - search->pattern < prefix_max) {
        if (is_special(*end) || *end == ')') break;
        if (end + 1 < search->pattern_end && repeats(end[1])) break;
        end++;
    }
    return sl_slice_of(search->pattern, (size_t)(end - search->pattern));
}

void sl_pattern_begin(sl_pattern *search, lua_State *L, sl_slice text, sl_slice pattern, bool anchors) {
    sl_lua_run *run = &sl_lua_of(L)->run;
    search->L = L;
    search->text = text.ptr;
    search->text_end = text.ptr + text.len;
    search->is_anchored = anchors && pattern.len != 0 && pattern.ptr[0] == '^';
    search->pattern = pattern.ptr + search->is_anchored;
    search->pattern_end = pattern.ptr + pattern.len;
    search->capture_count = 0;
    search->steps = &run->steps;
    search->steps_max = run->steps_max;
    search->prefix = literal_prefix(search);
}

const uint8_t *sl_pattern_candidate(sl_pattern *search, const uint8_t *start) {
    if (search->prefix.len == 0 || start == search->text_end) return start;
    const sl_slice left = sl_slice_of(start, (size_t)(search->text_end - start));
    const bool is_one = search->prefix.len == 1;
    const size_t found = is_one ? sl_slice_find_byte(left, search->prefix.ptr[0]) : sl_slice_find(left, search->prefix);
    const size_t passed = found == SIZE_MAX ? left.len : found;
    spend(search, 1 + passed / (is_one ? sl_bytes_per_instruction : prefix_bytes_per_step));
    return found == SIZE_MAX ? NULL : start + found;
}

const uint8_t *sl_pattern_match_at(sl_pattern *search, const uint8_t *start) {
    search->capture_count = 0;
    search->depth = depth_max;
    spend(search, 1);
    return match_items(search, start, search->pattern);
}

void sl_pattern_push_capture(sl_pattern *search, int index, const uint8_t *start, const uint8_t *end) {
    if (index >= search->capture_count) {
        if (index != 0) luaL_error(search->L, "invalid capture index %%%d", index + 1);
        lua_pushlstring(search->L, (const char *)start, (size_t)(end - start));
        return;
    }
    const sl_pattern_capture *capture = &search->captures[index];
    if (capture->length == sl_capture_open) luaL_error(search->L, "unfinished capture");
    if (capture->length == sl_capture_position) {
        lua_pushinteger(search->L, (lua_Integer)(capture->start - search->text) + 1);
        return;
    }
    lua_pushlstring(search->L, (const char *)capture->start, (size_t)capture->length);
}

int sl_pattern_push_captures(sl_pattern *search, bool whole, const uint8_t *start, const uint8_t *end) {
    const int count = search->capture_count == 0 && whole ? 1 : search->capture_count;
    luaL_checkstack(search->L, count, "too many captures");
    for (int i = 0; i < count; i++) sl_pattern_push_capture(search, i, start, end);
    return count;
}

bool sl_pattern_is_plain(sl_slice pattern) {
    for (size_t i = 0; i < pattern.len; i++) {
        if (is_special(pattern.ptr[i])) return false;
    }
    return true;
}
