/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: buffering within limits, one processor, publication of what it found (spec 03, sections 7, 9, 10).
 *
 * Parsers see the whole body at once, so chunk boundaries cannot change any result, and nothing is published before the
 * body is complete. */
#include "run/body.h"

#include "base/digits.h"
#include "base/strbuf.h"
#include "bodies/json.h"
#include "bodies/urlencoded.h"
#include "run/arguments.h"
#include "run/host.h"
#include "run/response_body.h"
#include "run/values.h"
#include "run/verdict.h"

bool sl_arguments_add(void *context, sl_slice name, sl_slice value) {
    sl_arguments *arguments = context;
    sl_txn *txn = arguments->txn;
    if (txn->args.count >= txn->rules->config.arguments_limit) {
        arguments->hit_limit = true;
        if (!txn->body_error) {
            txn->body_error = true;
            txn->body_error_text = SL_LIT("SecArgumentsLimit exceeded");
        }
        return false;
    }
    sl_member *member = sl_members_add(&txn->args, &txn->arena, name, value);
    member->origin = arguments->origin;
    txn->args_size += name.len + value.len;
    if (sl_host_debugs(txn, 4)) {
        sl_host_debug(txn, 4, "Adding request argument (%s): name \"%.*s\", value \"%.*s\"",
                      arguments->origin == SL_ORIGIN_GET ? "GET" : "POST", (int)name.len, (const char *)name.ptr,
                      (int)value.len, (const char *)value.ptr);
    }
    return true;
}

/* ---- buffering ---- */

static bool skips_phase(const sl_txn *txn, unsigned phase) { return !sl_verdict_lets_phase(txn, phase); }

static void append(sl_txn *txn, sl_stream *stream, sl_slice chunk) {
    if (sl_stream_append(stream, chunk) == SL_STREAM_OK) return;
    sl_host_log(txn, 1, false, SL_LIT("the body could not be kept: no memory, or no temporary file"), SL_LIT("body"));
    txn->arena.exhausted(txn->arena.context);
}

void sl_body_write_request(sl_txn *txn, sl_slice chunk) {
    if (!txn->request_body_access || skips_phase(txn, 2)) return;
    const uint64_t limit = txn->request_body_limit_bytes;
    const uint64_t held = txn->request_body_stream.length_bytes;
    if (chunk.len > limit - held) {
        txn->inbound_data_error = true;
        const bool rejects = txn->rules->config.request_body_limit_action == SL_LIMIT_REJECT;
        if (rejects && txn->engine_mode == SL_ON) {
            txn->cursor.phase = 2;
            sl_verdict_engine_intervenes(txn, 413, SL_LIT("Request body is larger than SecRequestBodyLimit"));
            sl_stream_close(&txn->request_body_stream);
            sl_stream_init(&txn->request_body_stream, 0, SL_EMPTY);
            return;
        }
        chunk.len = (size_t)(limit - held);
    }
    append(txn, &txn->request_body_stream, chunk);
}

static bool is_number(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!sl_ascii_is_digit(text.ptr[i])) return false;
    }
    return text.len != 0;
}

void sl_body_check_declared_request(sl_txn *txn) {
    const sl_member *header = sl_members_find(&txn->request_headers, SL_LIT("Content-Length"));
    if (header == NULL || !is_number(header->value->slice) || !txn->request_body_access || skips_phase(txn, 2)) return;
    if ((uint64_t)sl_number_of(header->value->slice) <= txn->request_body_limit_bytes) return;
    if (txn->rules->config.request_body_limit_action != SL_LIMIT_REJECT || txn->engine_mode != SL_ON) return;
    txn->inbound_data_error = true;
    txn->cursor.phase = 2;
    sl_verdict_engine_intervenes(txn, 413, SL_LIT("Request body is larger than SecRequestBodyLimit"));
}

void sl_body_write_response(sl_txn *txn, sl_slice chunk) {
    if (!txn->holds_response_body || skips_phase(txn, 4)) return;
    const uint64_t limit = txn->response_body_limit_bytes;
    const uint64_t held = txn->response_body_stream.length_bytes;
    if (chunk.len > limit - held) {
        txn->outbound_data_error = true;
        const bool rejects = txn->rules->config.response_body_limit_action == SL_LIMIT_REJECT;
        if (rejects && txn->engine_mode == SL_ON) {
            txn->cursor.phase = 4;
            sl_verdict_engine_intervenes(txn, 500, SL_LIT("Response body is larger than SecResponseBodyLimit"));
            return;
        }
        chunk.len = (size_t)(limit - held);
    }
    append(txn, &txn->response_body_stream, chunk);
}

/* ---- errors ---- */

static void body_failed(sl_txn *txn, sl_slice text) {
    if (txn->body_error) return;
    txn->body_error = true;
    txn->body_error_text = text;
}

static void parser_failed(sl_txn *txn, const char *parser, sl_slice detail) {
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, detail.len + 40);
    sl_strbuf_add_z(&text, parser);
    sl_strbuf_add_z(&text, " parsing error: ");
    sl_strbuf_add(&text, detail);
    txn->processor_error = true;
    txn->processor_error_text = sl_strbuf_slice(&text);
    body_failed(txn, txn->processor_error_text);
}

static bool exceeds_no_files(sl_txn *txn, uint64_t bytes) {
    if (bytes <= txn->rules->config.request_body_no_files_limit_bytes) return false;
    txn->inbound_data_error = true;
    body_failed(txn, SL_LIT("Request body excluding files is bigger than the maximum expected."));
    return true;
}

/* ---- processors ---- */

static void run_urlencoded(sl_txn *txn) {
    if (exceeds_no_files(txn, txn->request_body.len)) return;
    sl_arguments arguments = {txn, SL_ORIGIN_POST, false};
    const sl_argument_sink sink = {&arguments, sl_arguments_add};
    sl_urlencoded_parse(&txn->arena, txn->request_body, txn->rules->config.argument_separator, &sink, &txn->has_invalid_escape);
}

static void run_json(sl_txn *txn) {
    if (exceeds_no_files(txn, txn->request_body.len)) return;
    sl_arguments arguments = {txn, SL_ORIGIN_POST, false};
    const sl_argument_sink sink = {&arguments, sl_arguments_add};
    sl_slice error;
    const bool is_sound = sl_json_parse(&txn->arena, txn->request_body, txn->rules->config.json_depth_limit, &sink, &error);
    if (!is_sound && !arguments.hit_limit) parser_failed(txn, "JSON", error);
}

static void run_xml(sl_txn *txn) {
    if (exceeds_no_files(txn, txn->request_body.len)) return;
    bool well_formed = false;
    sl_slice error = SL_EMPTY;
    txn->xml = sl_xml_parse(txn->request_body, &well_formed, &error);
    if (!well_formed) parser_failed(txn, "XML", error);
    txn->hides_xml = txn->parse_xml_into_args == SL_XML_ARGS_ONLY;
    if (txn->xml == NULL || txn->parse_xml_into_args == SL_XML_ARGS_OFF) return;
    sl_arguments arguments = {txn, SL_ORIGIN_POST, false};
    const sl_argument_sink sink = {&arguments, sl_arguments_add};
    sl_xml_arguments(txn->xml, &txn->arena, &sink);
}

static void add_part_headers(sl_txn *txn, const sl_part *part) {
    for (size_t i = 0; i < part->headers.count; i++) {
        sl_members_add(&txn->part_headers, &txn->arena, part->name, part->headers.items[i]->value->slice);
    }
}

static void add_file(sl_txn *txn, const sl_part *part) {
    sl_arena *arena = &txn->arena;
    sl_members_add(&txn->files, arena, part->name, part->filename);
    sl_members_add(&txn->files_names, arena, part->name, part->name);
    sl_members_add(&txn->files_sizes, arena, part->name, sl_digits(arena, (int64_t)part->data.len));
    sl_members_add(&txn->files_contents, arena, part->name, part->data);
    sl_members_add(&txn->multipart_filenames, arena, part->filename, part->filename);
    if (part->tmp_path.len != 0) sl_members_add(&txn->files_tmpnames, arena, part->name, part->tmp_path);
}

static void store_files(sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    if (config->upload_keep_files == SL_OFF && !config->tmp_save_uploaded_files) return;
    const sl_upload upload = {
        .directory = config->upload_dir.len != 0 ? config->upload_dir : config->tmp_dir,
        .transaction_id = txn->id,
        .time_epoch_seconds = txn->start_us / 1000000,
        .mode = config->upload_file_mode,
        .file_limit = config->upload_file_limit,
    };
    sl_multipart_store_files(txn->multipart, &txn->arena, &upload);
}

static void run_multipart(sl_txn *txn) {
    sl_multipart *multipart = SL_NEW(&txn->arena, sl_multipart);
    sl_multipart_parse(&txn->arena, txn->content_type, txn->has_content_type, txn->request_body, multipart);
    txn->multipart = multipart;
    store_files(txn);
    txn->files_size = multipart->files_bytes;
    sl_arguments arguments = {txn, SL_ORIGIN_POST, false};
    for (size_t i = 0; i < multipart->part_count; i++) {
        const sl_part *part = multipart->parts[i];
        add_part_headers(txn, part);
        sl_members_add(&txn->multipart_names, &txn->arena, part->name, part->name);
        if (part->is_file) {
            add_file(txn, part);
        } else {
            sl_arguments_add(&arguments, part->name, part->data);
        }
    }
    if (multipart->has_error) parser_failed(txn, "Multipart", multipart->error);
    exceeds_no_files(txn, multipart->no_files_bytes);
}

static void run_processor(sl_txn *txn) {
    switch (txn->processor) {
        case SL_BODY_URLENCODED: run_urlencoded(txn); break;
        case SL_BODY_MULTIPART: run_multipart(txn); break;
        case SL_BODY_JSON: run_json(txn); break;
        case SL_BODY_XML: run_xml(txn); break;
        default:
            if (txn->force_request_body) exceeds_no_files(txn, txn->request_body.len);
    }
}

/* ModSecurity 2's rule (spec 02, section 5): CRS relies on REQUEST_BODY being unset for JSON, XML and multipart. */
static bool exposes_body(const sl_txn *txn) {
    if (txn->rules->options.request_body_always) return true;
    if (txn->processor == SL_BODY_URLENCODED || txn->processor == SL_BODY_RAW) return true;
    return txn->force_request_body && (txn->processor == SL_BODY_NONE || txn->body_error);
}

void sl_body_publish_request(sl_txn *txn) {
    if (skips_phase(txn, 2)) return;
    txn->cursor.phase = 2;
    if (txn->request_body_stream.length_bytes == 0) return;
    txn->request_body = sl_stream_view(&txn->request_body_stream);
    if (txn->request_body_stream.status != SL_STREAM_OK) txn->arena.exhausted(txn->arena.context);
    txn->has_request_body = true;
    run_processor(txn);
    txn->exposes_request_body = exposes_body(txn);
}

/* ---- response ---- */

void sl_body_read_response(sl_txn *txn, const seclua_response *response) {
    txn->response_status = response->status;
    txn->response_protocol =
        response->protocol.len == 0 ? SL_LIT("HTTP/1.1") : sl_arena_copy(&txn->arena, response->protocol);
    txn->response_reason = sl_arena_copy(&txn->arena, response->reason);
    for (size_t i = 0; i < response->header_count; i++) {
        sl_members_add(&txn->response_headers, &txn->arena, sl_arena_copy(&txn->arena, response->headers[i].name),
                       sl_arena_copy(&txn->arena, response->headers[i].value));
    }
}

static bool is_inspected_type(const sl_txn *txn) {
    const sl_member *header = sl_members_find(&txn->response_headers, SL_LIT("Content-Type"));
    sl_slice type = header == NULL ? SL_LIT("null") : header->value->slice;
    const size_t semicolon = sl_slice_find_byte(type, ';');
    if (semicolon != SIZE_MAX) type.len = semicolon;
    while (type.len != 0 && sl_ascii_is_space(type.ptr[type.len - 1])) type.len--;
    while (type.len != 0 && sl_ascii_is_space(type.ptr[0])) type = sl_slice_from(type, 1);
    const sl_config *config = &txn->rules->config;
    for (size_t i = 0; i < config->response_mime_type_count; i++) {
        if (sl_slice_equal_fold(config->response_mime_types[i], type)) return true;
    }
    return false;
}

static void check_declared_length(sl_txn *txn) {
    const sl_member *header = sl_members_find(&txn->response_headers, SL_LIT("Content-Length"));
    if (header == NULL || txn->rules->config.response_body_limit_action != SL_LIMIT_REJECT) return;
    if ((uint64_t)sl_number_of(header->value->slice) <= txn->response_body_limit_bytes) return;
    txn->outbound_data_error = true;
    sl_verdict_engine_intervenes(txn, 500, SL_LIT("Response body is larger than SecResponseBodyLimit"));
}

void sl_body_decide_response(sl_txn *txn) {
    txn->holds_response_body = txn->response_body_access && !skips_phase(txn, 4) &&
                               (is_inspected_type(txn) || txn->force_response_body);
    if (txn->holds_response_body) check_declared_length(txn);
}

void sl_body_publish_response(sl_txn *txn) {
    txn->cursor.phase = 4;
    if (!txn->holds_response_body || skips_phase(txn, 4)) return;
    txn->response_body = sl_stream_view(&txn->response_body_stream);
    if (txn->response_body_stream.status != SL_STREAM_OK) txn->arena.exhausted(txn->arena.context);
    txn->exposes_response_body = true;
    sl_response_body_parse(txn);
}

void sl_body_close(sl_txn *txn) {
    const sl_mode keeps = txn->rules->config.upload_keep_files;
    if (txn->multipart != NULL) {
        const bool keep = keeps == SL_ON || (keeps == SL_RELEVANT_ONLY && txn->is_audited);
        sl_multipart_remove_files(txn->multipart, keep);
    }
    sl_txn_xpaths_free(txn);
    sl_xml_free(txn->xml);
    txn->xml = NULL;
    sl_stream_close(&txn->request_body_stream);
    sl_stream_close(&txn->response_body_stream);
}
