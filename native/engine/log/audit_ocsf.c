/* SPDX-License-Identifier: Apache-2.0 */
/* The audit record as an event of the Open Cybersecurity Schema Framework 1.2.0, class Web Resources Activity, with the
 * fields that Coraza fills (spec 08, 5.3). */
#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/log.h"
#include "log/message.h"
#include "log/parts.h"

static void put_enum(sl_json *json, const char *id_key, int64_t id, const char *name_key, const char *name) {
    sl_json_put_integer(json, id_key, id);
    sl_json_put_text(json, name_key, sl_slice_z(name));
}

static void put_class(sl_json *json, const sl_txn *txn) {
    put_enum(json, "category_uid", 6, "category_name", "Application Activity");
    put_enum(json, "class_uid", 6001, "class_name", "Web Resources Activity");
    put_enum(json, "activity_id", 2, "activity_name", "Read");
    put_enum(json, "type_uid", 600102, "type_name", "Web Resources Activity: Read");
    put_enum(json, "severity_id", 99, "severity", "Other");
    put_enum(json, "action_id", txn->is_intervened ? 2 : 1, "action", txn->is_intervened ? "Denied" : "Allowed");
    sl_json_put_integer(json, "time", txn->start_us / 1000);
}

static void put_headers(sl_json *json, sl_txn *txn, const sl_members *headers, sl_mask_kind kind) {
    sl_json_key(json, "http_headers");
    sl_json_open_array(json);
    for (size_t i = 0; i < headers->count; i++) {
        sl_json_open_object(json);
        sl_json_put_text(json, "name", headers->items[i]->name->slice);
        sl_json_put_text(json, "value", sl_mask_header(txn, kind, headers->items[i]));
        sl_json_close_object(json);
    }
    sl_json_close_array(json);
}

static sl_slice query_of(sl_slice uri) {
    const size_t mark = sl_slice_find_byte(uri, '?');
    return mark == SIZE_MAX ? SL_EMPTY : sl_slice_from(uri, mark + 1);
}

static void put_request(sl_json *json, sl_txn *txn) {
    const sl_slice uri = sl_mask_uri(txn);
    sl_json_key(json, "http_request");
    sl_json_open_object(json);
    sl_json_put_text(json, "uid", txn->id);
    sl_json_put_text(json, "http_method", txn->method);
    sl_json_put_text(json, "version", sl_parts_http_version(txn));
    sl_json_put_text(json, "args", query_of(uri));
    sl_json_key(json, "url");
    sl_json_open_object(json);
    sl_json_put_text(json, "url_string", uri);
    sl_json_put_text(json, "hostname", sl_message_host(txn));
    sl_json_put_text(json, "path", txn->path_raw);
    sl_json_put_integer(json, "port", txn->server_port);
    sl_json_close_object(json);
    if (sl_parts_has(txn, 'B')) put_headers(json, txn, &txn->request_headers, SL_MASK_REQUEST_HEADER);
    sl_json_put_integer(json, "length", (int64_t)txn->request_body.len);
    sl_json_put_text(json, "user_agent", sl_parts_request_header(txn, SL_LIT("User-Agent")));
    sl_json_close_object(json);
}

static void put_response(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "http_response");
    sl_json_open_object(json);
    sl_json_put_integer(json, "code", sl_parts_status(txn));
    if (sl_parts_has(txn, 'F')) put_headers(json, txn, &txn->response_headers, SL_MASK_RESPONSE_HEADER);
    sl_json_close_object(json);
}

static void put_endpoint(sl_json *json, const char *key, sl_slice address, uint16_t port) {
    sl_json_key(json, key);
    sl_json_open_object(json);
    sl_json_put_text(json, "ip", address);
    sl_json_put_integer(json, "port", port);
    sl_json_close_object(json);
}

static void put_enrichments(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "enrichments");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->events.count; i++) {
        const seclua_event *event = txn->events.items[i];
        if (!event->audit) continue;
        sl_json_open_object(json);
        sl_json_put_text(json, "name", sl_mask_message(txn, event, sl_audit_cut(event->message)));
        sl_json_put_text(json, "value", sl_mask_message(txn, event, sl_audit_cut(event->data)));
        sl_json_key(json, "data");
        sl_audit_put_data(json, txn, event);
        sl_json_close_object(json);
    }
    sl_json_close_array(json);
}

static void put_observable(sl_json *json, const char *name, int64_t type_id, const char *type, sl_slice value) {
    sl_json_open_object(json);
    sl_json_put_text(json, "name", sl_slice_z(name));
    put_enum(json, "type_id", type_id, "type", type);
    sl_json_put_text(json, "value", value);
    sl_json_close_object(json);
}

static void put_observables(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "observables");
    sl_json_open_array(json);
    put_observable(json, "server_name", 1, "Hostname", sl_message_host(txn));
    for (size_t i = 0; txn->multipart != NULL && i < txn->multipart->part_count; i++) {
        const sl_part *part = txn->multipart->parts[i];
        if (!part->is_file) continue;
        put_observable(json, "file.name", 7, "File Name", sl_audit_cut(part->filename));
        put_observable(json, "file.size", 99, "Other", sl_audit_digits(txn, part->data.len));
        put_observable(json, "file.mime_type", 99, "Other", sl_audit_cut(part->content_type));
    }
    sl_json_close_array(json);
}

static void put_metadata(sl_json *json, const sl_txn *txn) {
    sl_json_key(json, "metadata");
    sl_json_open_object(json);
    sl_json_put_text(json, "version", SL_LIT("1.2.0"));
    sl_json_put_text(json, "log_provider", SL_LIT("seclua"));
    sl_json_put_text(json, "log_version", sl_slice_z(seclua_version()));
    sl_json_put_integer(json, "logged_time", txn->start_us / 1000);
    sl_json_key(json, "product");
    sl_json_open_object(json);
    sl_json_put_text(json, "name", SL_LIT("seclua"));
    sl_json_put_text(json, "vendor_name", SL_LIT("seclua"));
    sl_json_put_text(json, "version", sl_slice_z(seclua_version()));
    sl_json_close_object(json);
    sl_json_close_object(json);
}

sl_slice sl_audit_ocsf(sl_txn *txn) {
    sl_json json;
    sl_audit_begin(&json, txn);
    sl_json_open_object(&json);
    put_class(&json, txn);
    put_request(&json, txn);
    put_response(&json, txn);
    put_endpoint(&json, "src_endpoint", txn->client_address, txn->client_port);
    put_endpoint(&json, "dst_endpoint", txn->server_address, txn->server_port);
    sl_json_key(&json, "web_resources");
    sl_json_open_array(&json);
    sl_json_open_object(&json);
    sl_json_put_text(&json, "url_string", sl_mask_uri(txn));
    sl_json_close_object(&json);
    sl_json_close_array(&json);
    if (sl_parts_has(txn, 'H') || sl_parts_has(txn, 'K')) put_enrichments(&json, txn);
    put_observables(&json, txn);
    put_metadata(&json, txn);
    sl_json_close_object(&json);
    return sl_json_end(&json);
}
