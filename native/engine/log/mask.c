/* SPDX-License-Identifier: Apache-2.0 */
/* Masking works on raw text: names are compared decoded, values are overwritten as they stand. In doubt it
 * hides more. */
#include "log/mask.h"

enum {
    needles_max = 16,      /* values that one event's texts are searched for; with more, such texts are hidden whole */
    search_bytes_max = 8192, /* of a text; no format shows more of it */
    compare_bytes_max = 32 /* of a needle: as many in common count as found, so that hostile values cost little */
};

/* ---- the list ---- */

static sl_sanitised *add(sl_txn *txn, sl_mask_kind kind, sl_slice name) {
    sl_sanitised *entry = SL_NEW(&txn->arena, sl_sanitised);
    entry->kind = (uint8_t)kind;
    entry->name = sl_arena_copy(&txn->arena, name);
    entry->next = txn->sanitised;
    txn->sanitised = entry;
    return entry;
}

/* Rules run for each value that matches: the same wish comes often. */
static bool is_known(const sl_txn *txn, sl_mask_kind kind, sl_slice name, bool is_partial, sl_slice matched) {
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (entry->kind == kind && entry->is_partial == is_partial && sl_slice_equal_fold(entry->name, name) &&
            sl_slice_equal(entry->matched, matched)) {
            return true;
        }
    }
    return false;
}

void sl_mask_add(sl_txn *txn, sl_mask_kind kind, sl_slice name) {
    if (!is_known(txn, kind, name, false, SL_EMPTY)) add(txn, kind, name);
}

void sl_mask_add_bytes(sl_txn *txn, sl_mask_kind kind, sl_slice name, sl_slice matched, unsigned keep_first,
                       unsigned keep_last) {
    if (matched.len == 0 || is_known(txn, kind, name, true, matched)) return;
    sl_sanitised *entry = add(txn, kind, name);
    entry->is_partial = true;
    entry->matched = sl_arena_copy(&txn->arena, matched);
    entry->keep_first = (uint8_t)(keep_first > 9 ? 9 : keep_first);
    entry->keep_last = (uint8_t)(keep_last > 9 ? 9 : keep_last);
}

static bool has_name(const sl_slice *names, size_t count, sl_slice name) {
    for (size_t i = 0; i < count; i++) {
        if (sl_slice_equal_fold(names[i], name)) return true;
    }
    return false;
}

size_t sl_mask_names(sl_txn *txn, sl_mask_kind kind, const sl_slice **names) {
    size_t total = 0;
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) total++;
    sl_slice *found = sl_arena_alloc(&txn->arena, total * sizeof *found);
    size_t count = 0;
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (entry->kind == kind && !has_name(found, count, entry->name)) found[count++] = entry->name;
    }
    for (size_t i = 0; i < count / 2; i++) {
        const sl_slice swap = found[i];
        found[i] = found[count - 1 - i];
        found[count - 1 - i] = swap;
    }
    *names = found;
    return count;
}

/* ---- overwriting ---- */

static void hide(uint8_t *at, size_t len) { memset(at, '*', len); }

static void hide_part(uint8_t *at, const sl_sanitised *entry) {
    const size_t kept = (size_t)entry->keep_first + entry->keep_last;
    if (kept < entry->matched.len) hide(at + entry->keep_first, entry->matched.len - kept);
}

/* The value of a member that entry names, wherever it stands. */
static void hide_value(uint8_t *at, size_t len, const sl_sanitised *entry) {
    if (!entry->is_partial) {
        hide(at, len);
        return;
    }
    const sl_slice matched = entry->matched;
    bool found = false;
    for (size_t from = 0; from < len;) {
        const size_t offset = sl_slice_find(sl_slice_of(at + from, len - from), matched);
        if (offset == SIZE_MAX) break;
        hide_part(at + from + offset, entry);
        from += offset + matched.len;
        found = true;
    }
    if (!found) hide(at, len);
}

static sl_slice writable_copy(sl_txn *txn, sl_slice text, uint8_t **out) {
    *out = sl_arena_alloc(&txn->arena, text.len + 1);
    if (text.len != 0) memcpy(*out, text.ptr, text.len);
    return sl_slice_of(*out, text.len);
}

static bool has_kind(const sl_txn *txn, sl_mask_kind kind) {
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (entry->kind == kind) return true;
    }
    return false;
}

static sl_slice masked_value(sl_txn *txn, sl_mask_kind kind, sl_slice name, sl_slice value) {
    uint8_t *copy = NULL;
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (entry->kind != kind || !sl_slice_equal_fold(entry->name, name)) continue;
        if (copy == NULL) value = writable_copy(txn, value, &copy);
        hide_value(copy, value.len, entry);
    }
    return value;
}

/* What opens an account: audit.maskDefaults hides it without a rule. */
static bool is_credential(sl_slice name) {
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie", "set-cookie"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sl_slice_equal_fold(name, sl_slice_z(names[i]))) return true;
    }
    return false;
}

static sl_slice asterisks(sl_arena *arena, size_t len) {
    uint8_t *stars = sl_arena_alloc(arena, len);
    memset(stars, '*', len);
    return sl_slice_of(stars, len);
}

sl_slice sl_mask_header(sl_txn *txn, sl_mask_kind kind, const sl_member *header) {
    if (txn->rules->options.audit_mask_defaults && is_credential(header->name->slice)) {
        return asterisks(&txn->arena, header->value->slice.len);
    }
    return masked_value(txn, kind, header->name->slice, header->value->slice);
}

sl_slice sl_mask_arg(sl_txn *txn, sl_slice name, sl_slice value) { return masked_value(txn, SL_MASK_ARG, name, value); }

/* ---- query strings ---- */

static uint8_t decoded_at(sl_slice raw, size_t *at) {
    const uint8_t c = raw.ptr[(*at)++];
    if (c == '+') return ' ';
    if (c != '%' || raw.len - *at < 2 || !sl_ascii_is_hex(raw.ptr[*at]) || !sl_ascii_is_hex(raw.ptr[*at + 1])) return c;
    const uint8_t high = sl_ascii_hex_value(raw.ptr[*at]);
    const uint8_t low = sl_ascii_hex_value(raw.ptr[*at + 1]);
    *at += 2;
    return (uint8_t)(high << 4 | low);
}

static bool decodes_to(sl_slice raw, sl_slice name) {
    size_t at = 0;
    size_t i = 0;
    while (at < raw.len && i < name.len) {
        if (sl_ascii_lower(decoded_at(raw, &at)) != sl_ascii_lower(name.ptr[i++])) return false;
    }
    return at == raw.len && i == name.len;
}

static void hide_pair(const sl_txn *txn, uint8_t *pair, size_t len) {
    const size_t equals = sl_slice_find_byte(sl_slice_of(pair, len), '=');
    if (equals == SIZE_MAX) return;
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (entry->kind == SL_MASK_ARG && decodes_to(sl_slice_of(pair, equals), entry->name)) {
            hide_value(pair + equals + 1, len - equals - 1, entry);
        }
    }
}

static void hide_query(const sl_txn *txn, uint8_t *query, size_t len) {
    const uint8_t given = txn->rules->config.argument_separator;
    const uint8_t separator = given == 0 ? '&' : given;
    size_t start = 0;
    while (start < len) {
        const size_t found = sl_slice_find_byte(sl_slice_of(query + start, len - start), separator);
        const size_t pair_len = found == SIZE_MAX ? len - start : found;
        hide_pair(txn, query + start, pair_len);
        start += pair_len + 1;
    }
}

sl_slice sl_mask_uri(sl_txn *txn) {
    const size_t mark = sl_slice_find_byte(txn->uri_raw, '?');
    if (mark == SIZE_MAX || !has_kind(txn, SL_MASK_ARG)) return txn->uri_raw;
    uint8_t *copy;
    const sl_slice uri = writable_copy(txn, txn->uri_raw, &copy);
    hide_query(txn, copy + mark + 1, uri.len - mark - 1);
    return uri;
}

/* ---- bodies ---- */

static bool is_inside(sl_slice part, sl_slice whole) {
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static bool hide_parts(const sl_txn *txn, uint8_t *copy, size_t len) {
    if (txn->multipart == NULL) return false;
    for (size_t i = 0; i < txn->multipart->part_count; i++) {
        const sl_part *part = txn->multipart->parts[i];
        if (part->is_file || part->data.len == 0) continue;
        for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
            if (entry->kind != SL_MASK_ARG || !sl_slice_equal_fold(entry->name, part->name)) continue;
            if (!is_inside(part->data, txn->request_body)) return false;
            const size_t offset = (size_t)(part->data.ptr - txn->request_body.ptr);
            if (offset >= len) continue;
            hide_value(copy + offset, part->data.len < len - offset ? part->data.len : len - offset, entry);
        }
    }
    return true;
}

/* JSON and XML: no offsets are known, so values are searched for. That is only sound while the text holds no
 * escapes. */
static bool has_escapes(const sl_txn *txn, sl_slice text) {
    if (txn->processor == SL_BODY_JSON) return sl_slice_find_byte(text, '\\') != SIZE_MAX;
    return sl_slice_find_byte(text, '&') != SIZE_MAX || sl_slice_find(text, SL_LIT("<!")) != SIZE_MAX;
}

static bool hide_everywhere(sl_slice body, uint8_t *copy, sl_slice value) {
    bool found = false;
    for (size_t from = 0; from < body.len;) {
        const size_t offset = sl_slice_find(sl_slice_from(body, from), value);
        if (offset == SIZE_MAX) break;
        hide(copy + from + offset, value.len);
        from += offset + value.len;
        found = true;
    }
    return found;
}

static bool hide_structured(const sl_txn *txn, uint8_t *copy, size_t len) {
    const sl_slice body = txn->request_body;
    if (len < body.len || has_escapes(txn, body)) return false; /* the cut could go through a value */
    size_t searched = 0;
    for (size_t i = 0; i < txn->args.count; i++) {
        const sl_member *arg = txn->args.items[i];
        if ((arg->origin & SL_ORIGIN_POST) == 0 || arg->value->slice.len == 0) continue;
        for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
            if (entry->kind != SL_MASK_ARG || !sl_slice_equal_fold(entry->name, arg->name->slice)) continue;
            if (++searched > needles_max || !hide_everywhere(body, copy, arg->value->slice)) return false;
        }
    }
    return true;
}

bool sl_mask_request_body(sl_txn *txn, size_t limit, sl_slice *body) {
    const sl_slice whole = txn->request_body;
    *body = sl_slice_of(whole.ptr, whole.len < limit ? whole.len : limit);
    if (body->len == 0 || !has_kind(txn, SL_MASK_ARG)) return true;
    uint8_t *copy;
    *body = writable_copy(txn, *body, &copy);
    bool is_hidden = true;
    switch ((sl_processor)txn->processor) {
    case SL_BODY_URLENCODED: hide_query(txn, copy, body->len); break;
    case SL_BODY_MULTIPART: is_hidden = hide_parts(txn, copy, body->len); break;
    case SL_BODY_JSON:
    case SL_BODY_XML: is_hidden = hide_structured(txn, copy, body->len); break;
    case SL_BODY_NONE:
    case SL_BODY_RAW: break; /* no arguments came from it */
    }
    if (!is_hidden) *body = SL_EMPTY;
    return is_hidden;
}

/* ---- texts of events ---- */

typedef struct needle {
    sl_slice text;
    const sl_sanitised *part; /* NULL: hide all of it */
} needle;

typedef struct needle_list {
    needle items[needles_max];
    size_t count;
    bool is_full;
} needle_list;

static void add_needle(needle_list *needles, sl_slice text, const sl_sanitised *entry) {
    const bool is_part = entry->is_partial;
    const sl_slice wanted = is_part ? entry->matched : text;
    if (wanted.len == 0) return;
    for (size_t i = 0; i < needles->count; i++) {
        if (sl_slice_equal(needles->items[i].text, wanted)) return;
    }
    if (needles->count == needles_max) {
        needles->is_full = true;
        return;
    }
    needles->items[needles->count++] = (needle){wanted, is_part ? entry : NULL};
}

static void add_members(needle_list *needles, const sl_members *members, const sl_sanitised *entry) {
    for (size_t i = 0; i < members->count && !needles->is_full; i++) {
        const sl_member *member = members->items[i];
        if (!sl_slice_equal_fold(member->name->slice, entry->name)) continue;
        add_needle(needles, member->value->slice, entry);
        if (entry->kind == SL_MASK_ARG) continue;
        /* "Bearer abc": rules see parts of header values, too. */
        const size_t blank = sl_slice_find_byte(member->value->slice, ' ');
        if (blank != SIZE_MAX) add_needle(needles, sl_slice_from(member->value->slice, blank + 1), entry);
    }
}

/* "ARGS:name", "ARGS_GET:name", "REQUEST_HEADERS:name" … */
static bool names_entry(sl_slice variable, const sl_sanitised *entry) {
    static const char *const prefixes[SL_MASK_KINDS] = {"ARGS", "REQUEST_HEADERS", "RESPONSE_HEADERS"};
    const size_t colon = sl_slice_find_byte(variable, ':');
    if (colon == SIZE_MAX || !sl_slice_starts(variable, sl_slice_z(prefixes[entry->kind]))) return false;
    return sl_slice_equal_fold(sl_slice_from(variable, colon + 1), entry->name);
}

static void collect(const sl_txn *txn, const seclua_event *event, needle_list *needles) {
    for (const sl_sanitised *entry = txn->sanitised; entry != NULL; entry = entry->next) {
        if (names_entry(event->variable_name, entry)) add_needle(needles, event->value, entry);
        for (size_t i = 0; i < event->variable_count; i++) {
            if (names_entry(event->variables[i].name, entry)) add_needle(needles, event->variables[i].value, entry);
        }
        if (entry->kind == SL_MASK_ARG) add_members(needles, &txn->args, entry);
        if (entry->kind == SL_MASK_REQUEST_HEADER) add_members(needles, &txn->request_headers, entry);
        if (entry->kind == SL_MASK_RESPONSE_HEADER) add_members(needles, &txn->response_headers, entry);
    }
}

/* Case folded: what a rule shows may have gone through t:lowercase. */
static bool stands_at(sl_slice text, size_t at, sl_slice wanted) {
    const size_t compared = wanted.len < compare_bytes_max ? wanted.len : compare_bytes_max;
    if (text.len - at < compared) return false;
    return sl_slice_equal_fold(sl_slice_of(text.ptr + at, compared), sl_slice_of(wanted.ptr, compared));
}

static void hide_needle(uint8_t *copy, size_t len, const sl_slice original, const needle *wanted) {
    const size_t end = len < search_bytes_max ? len : search_bytes_max;
    for (size_t at = 0; at < end;) {
        if (!stands_at(original, at, wanted->text)) {
            at++;
            continue;
        }
        const size_t hidden = wanted->text.len < len - at ? wanted->text.len : len - at;
        if (wanted->part != NULL && hidden == wanted->text.len) {
            hide_part(copy + at, wanted->part);
        } else {
            hide(copy + at, hidden);
        }
        at += hidden;
    }
}

sl_slice sl_mask_message(sl_txn *txn, const seclua_event *event, sl_slice text) {
    if (txn->sanitised == NULL || text.len == 0 || txn->rules->options.audit_leave_messages) return text;
    needle_list needles = {.count = 0};
    collect(txn, event, &needles);
    if (needles.count == 0) return text;
    uint8_t *copy;
    const sl_slice shown = writable_copy(txn, text, &copy);
    if (needles.is_full) {
        hide(copy, shown.len);
        return shown;
    }
    for (size_t i = 0; i < needles.count; i++) hide_needle(copy, shown.len, text, &needles.items[i]);
    return shown;
}
