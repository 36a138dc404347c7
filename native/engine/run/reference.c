/* SPDX-License-Identifier: Apache-2.0 */
/* [ref "…"] of a match: o<offset>,<length> of each range, v<offset>,<length> where the value stood in the raw request, t:a,b of
 * the pipeline (spec 04, 1.5).
 *
 * Nothing is recorded while parsing: values that were not decoded are slices of the raw request, so their place is found from
 * their address when a rule that is logged has matched. Decoded values have no place and get no v. Offsets count as
 * libmodsecurity counts them, its quirks included: the header block starts len(target) + 11 into the text, members of the
 * body stand one further on (cases of offset-variable.json). */
#include "base/strbuf.h"
#include "run/trace.h"
#include "variables/variable.h"

enum { reference_bytes_max = 512, places_max = 512 }; /* the log line shows 200 bytes */

/* Where part lies in whole; SIZE_MAX when it does not. */
static size_t place_in(sl_slice whole, sl_slice part) {
    const uintptr_t start = (uintptr_t)whole.ptr, at = (uintptr_t)part.ptr;
    if (part.len == 0 || at < start || at + part.len > start + whole.len) return SIZE_MAX;
    return (size_t)(at - start);
}

static void add_place(sl_strbuf *out, size_t offset, size_t length) { sl_strbuf_add_format(out, "v%zu,%zu", offset, length); }

static size_t target_start(const sl_txn *txn) { return txn->method.len + 1; }
static size_t headers_start(const sl_txn *txn) { return txn->uri_raw.len + 11; }

static size_t body_start(const sl_txn *txn) {
    size_t offset = headers_start(txn) + 1;
    for (size_t i = 0; i < txn->request_headers.count; i++) {
        const sl_member *header = txn->request_headers.items[i];
        offset += header->name->slice.len + header->value->slice.len + 3;
    }
    return offset;
}

static bool add_header_place(const sl_txn *txn, sl_strbuf *out, sl_slice text) {
    size_t offset = headers_start(txn);
    for (size_t i = 0; i < txn->request_headers.count; i++) {
        const sl_slice name = txn->request_headers.items[i]->name->slice;
        const sl_slice value = txn->request_headers.items[i]->value->slice;
        size_t inside = place_in(name, text);
        if (inside == SIZE_MAX) {
            inside = place_in(value, text);
            if (inside != SIZE_MAX) inside += name.len + 2;
        }
        if (inside != SIZE_MAX) {
            add_place(out, offset + inside, text.len);
            return true;
        }
        offset += name.len + value.len + 3;
    }
    return false;
}

/* A slice of the target, of a header or of the body. */
static bool add_raw_place(const sl_txn *txn, sl_strbuf *out, sl_slice text) {
    const size_t in_target = place_in(txn->uri_raw, text);
    if (in_target != SIZE_MAX) {
        add_place(out, target_start(txn) + in_target, text.len);
        return true;
    }
    if (add_header_place(txn, out, text)) return true;
    const size_t in_body = place_in(txn->request_body, text);
    if (in_body == SIZE_MAX) return false;
    const bool is_whole = in_body == 0 && text.len == txn->request_body.len;
    add_place(out, body_start(txn) + in_body + !is_whole, text.len);
    return true;
}

static void add_all_args(const sl_txn *txn, sl_strbuf *out) {
    for (size_t i = 0; i < txn->args.count && out->len < reference_bytes_max; i++) {
        add_raw_place(txn, out, txn->args.items[i]->name->slice);
        add_raw_place(txn, out, txn->args.items[i]->value->slice);
    }
}

static void add_all_files(const sl_txn *txn, sl_strbuf *out) {
    for (size_t i = 0; i < txn->files_contents.count && out->len < reference_bytes_max; i++) {
        add_raw_place(txn, out, txn->files_contents.items[i]->value->slice);
    }
}

static bool is(const sl_variable *variable, const char *name) {
    return sl_slice_equal(sl_slice_z(variable->name), sl_slice_z(name));
}

/* Scalars that are made, not cut out, of the request. */
static bool add_scalar_place(const sl_txn *txn, sl_strbuf *out, const sl_variable *variable) {
    const size_t target = target_start(txn);
    if (is(variable, "REQUEST_LINE")) {
        add_place(out, 0, txn->method.len + txn->uri_raw.len + txn->protocol.len + 2);
    } else if (is(variable, "REQUEST_METHOD")) {
        add_place(out, 0, txn->method.len);
    } else if (is(variable, "REQUEST_PROTOCOL")) {
        add_place(out, target + txn->uri_raw.len + 1, txn->protocol.len);
    } else if (is(variable, "REQUEST_URI") || is(variable, "REQUEST_URI_RAW")) {
        add_place(out, target, txn->uri_raw.len);
    } else if (is(variable, "REQUEST_FILENAME") || is(variable, "PATH_INFO")) {
        add_place(out, target, txn->path_raw.len);
    } else if (is(variable, "REMOTE_USER")) {
        const sl_member *header = sl_members_find(&txn->request_headers, SL_LIT("Authorization"));
        if (header != NULL) add_header_place(txn, out, header->value->slice);
    } else if (is(variable, "REQUEST_BODY_LENGTH")) {
        add_raw_place(txn, out, txn->request_body);
    } else if (is(variable, "ARGS_COMBINED_SIZE")) {
        add_all_args(txn, out);
    } else if (is(variable, "FILES_COMBINED_SIZE")) {
        add_all_files(txn, out);
    } else {
        return false;
    }
    return true;
}

static void add_origin(const sl_txn *txn, sl_strbuf *out, const sl_value *value) {
    if (value->is_count) return;
    if (!value->has_key && add_scalar_place(txn, out, value->variable)) return;
    if (is(value->variable, "FILES_SIZES")) {
        for (size_t i = 0; i < txn->files_sizes.count; i++) {
            if (txn->files_sizes.items[i]->value != value->text) continue;
            add_raw_place(txn, out, txn->files_contents.items[i]->value->slice);
        }
        return;
    }
    add_raw_place(txn, out, value->text->slice);
}

void sl_trace_place(sl_txn *txn, const sl_rule *link, const sl_match *match, const sl_value *value,
                    sl_last_match *last) {
    if (last->place_count == places_max) return;
    sl_match_place *place = sl_arena_alloc(&txn->arena, sizeof *place);
    *place = (sl_match_place){last->places, link, *value, NULL, match->range_count};
    if (match->range_count != 0) {
        const sl_slice ranges = {(const uint8_t *)match->ranges, match->range_count * sizeof match->ranges[0]};
        place->ranges = (const sl_range *)(const void *)sl_arena_copy(&txn->arena, ranges).ptr;
    }
    last->places = place;
    last->place_count++;
}

static void add_match_place(const sl_txn *txn, sl_strbuf *out, const sl_match_place *place) {
    for (int i = 0; i < place->range_count; i++) {
        sl_strbuf_add_format(out, "o%u,%u", place->ranges[i].offset, place->ranges[i].length);
    }
    add_origin(txn, out, &place->value);
    const sl_pipeline *pipeline = place->link->pipeline;
    for (size_t i = 0; i < pipeline->step_count; i++) {
        sl_strbuf_add_z(out, i == 0 ? "t:" : ",t:");
        sl_strbuf_add_z(out, pipeline->steps[i]->name);
    }
}

sl_slice sl_trace_reference(sl_txn *txn, const sl_last_match *last) {
    if (last->place_count == 0) return SL_EMPTY;
    const sl_match_place **places = sl_arena_alloc(&txn->arena, last->place_count * sizeof *places);
    size_t left = last->place_count;
    for (const sl_match_place *place = last->places; place != NULL; place = place->before) places[--left] = place;
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 64);
    for (size_t i = 0; i < last->place_count && out.len < reference_bytes_max; i++) add_match_place(txn, &out, places[i]);
    return sl_strbuf_slice(&out);
}
