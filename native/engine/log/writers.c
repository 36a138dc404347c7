/* SPDX-License-Identifier: Apache-2.0 */
/* From the directives to files: which record goes where, as SecAuditLogType says. Serial appends records to
 * SecAuditLog; Concurrent makes a file for each below SecAuditLogStorageDir and appends a line about it to
 * SecAuditLog. */
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/debug.h"
#include "log/escape.h"
#include "log/log.h"
#include "log/mask.h"
#include "log/parts.h"
#include "log/stamp.h"
#include "log/writer.h"
#include "transformations/digest.h"

enum {
    file_mode_default = 0640,
    folder_mode_default = 0750,
    index_line_max = 3980, /* what a pipe takes in one piece, less a little: v2's limit */
    index_field_max = 512,
    file_name_max = 128 /* of the transaction's id in it */
};

struct sl_writers {
    sl_writer *audit, *audit2, *storage, *debug; /* NULL = not configured */
};

static sl_writer *acquire(const sl_config *config, sl_slice path, bool is_folder) {
    if (path.len == 0) return NULL;
    const sl_writer_place place = {
        .path = path,
        .is_folder = is_folder,
        .mode = config->audit_file_mode == 0 ? file_mode_default : config->audit_file_mode,
        .folder_mode = config->audit_dir_mode == 0 ? folder_mode_default : config->audit_dir_mode,
    };
    return sl_writer_acquire(&place);
}

struct sl_writers *sl_writers_open(const sl_ruleset *rules) {
    const sl_config *config = &rules->config;
    struct sl_writers *writers = calloc(1, sizeof *writers);
    if (writers == NULL) return NULL;
    const bool is_concurrent = config->audit_type == SL_AUDIT_CONCURRENT;
    writers->audit = config->audit_type == SL_AUDIT_HTTPS ? NULL : acquire(config, config->audit_log, false);
    writers->audit2 = is_concurrent ? acquire(config, config->audit_log2, false) : NULL;
    writers->storage = is_concurrent ? acquire(config, config->audit_storage_dir, true) : NULL;
    writers->debug = acquire(config, config->debug_log, false);
    if (writers->audit == NULL && writers->storage == NULL && writers->debug == NULL) {
        sl_writer_release(writers->audit2);
        free(writers);
        return NULL;
    }
    return writers;
}

void sl_writers_close(struct sl_writers *writers) {
    if (writers == NULL) return;
    sl_writer_release(writers->audit);
    sl_writer_release(writers->audit2);
    sl_writer_release(writers->storage);
    sl_writer_release(writers->debug);
    free(writers);
}

static void each(struct sl_writers *writers, void (*act)(sl_writer *writer)) {
    sl_writer *all[] = {writers->audit, writers->audit2, writers->storage, writers->debug};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] != NULL) act(all[i]);
    }
}

void sl_writers_reopen(struct sl_writers *writers) { each(writers, sl_writer_reopen); }
void sl_writers_flush(struct sl_writers *writers) { each(writers, sl_writer_flush); }

/* ---- audit ---- */

static sl_slice record_of(sl_txn *txn) {
    switch (txn->rules->config.audit_format) {
    case SL_AUDIT_NATIVE: return sl_audit_native(txn);
    case SL_AUDIT_JSON_V2: return sl_audit_json_v2(txn);
    case SL_AUDIT_JSON_CORAZA: return sl_audit_json_coraza(txn);
    case SL_AUDIT_OCSF: return sl_audit_ocsf(txn);
    case SL_AUDIT_JSON: break;
    }
    if (txn->audit_json.len == 0) txn->audit_json = sl_audit_json(txn);
    return txn->audit_json;
}

sl_slice sl_audit_line(sl_txn *txn) {
    if (txn->rules->config.audit_format != SL_AUDIT_NATIVE) return record_of(txn);
    if (txn->audit_json.len == 0) txn->audit_json = sl_audit_json(txn);
    return txn->audit_json;
}

/* Ids may come from outside: nothing in one may name another folder. */
static sl_slice storage_name(sl_txn *txn) {
    char stamp[sl_stamp_bytes_max];
    sl_strbuf name;
    sl_strbuf_init(&name, &txn->arena, sl_stamp_bytes_max + file_name_max);
    sl_strbuf_add(&name, sl_slice_of(stamp, sl_stamp_path(stamp, txn->start_us)));
    sl_strbuf_add_byte(&name, '-');
    for (size_t i = 0; i < txn->id.len && i < file_name_max; i++) {
        const uint8_t c = txn->id.ptr[i];
        const bool is_safe = sl_ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '@';
        sl_strbuf_add_byte(&name, is_safe ? c : '_');
    }
    return sl_strbuf_slice(&name);
}

static void add_index_field(sl_strbuf *line, sl_slice text, bool is_quoted) {
    if (is_quoted) sl_strbuf_add_byte(line, '"');
    if (text.len == 0) sl_strbuf_add_byte(line, '-');
    for (size_t i = 0; i < text.len && i < index_field_max; i++) {
        uint8_t form[sl_escape_bytes_max];
        if (text.ptr[i] == ' ' && !is_quoted) {
            sl_strbuf_add_z(line, "\\x20");
        } else {
            sl_strbuf_add(line, sl_slice_of(form, sl_escape_byte(text.ptr[i], SL_ESCAPE_ALL, form)));
        }
    }
    sl_strbuf_add_z(line, is_quoted ? "\" " : " ");
}

static void add_digest(sl_strbuf *line, const sl_txn *txn, sl_slice record) {
    uint8_t digest[SL_SHA256_BYTES];
    const bool is_sha256 = txn->rules->options.audit_hash_sha256;
    if (is_sha256) {
        sl_sha256(record, digest);
    } else {
        sl_md5(record, digest);
    }
    sl_strbuf_add_z(line, is_sha256 ? "sha256:" : "md5:");
    const size_t len = is_sha256 ? SL_SHA256_BYTES : SL_MD5_BYTES;
    for (size_t i = 0; i < len; i++) sl_strbuf_add_format(line, "%02x", digest[i]);
}

/* v2's layout: host client user user [time] "request" status bytes "referer" "agent" id "session" path offset
 * size hash. Who logged in is the server's knowledge, so both users are dashes. */
static sl_slice index_line(sl_txn *txn, sl_slice name, sl_slice record) {
    char stamp[sl_stamp_bytes_max];
    sl_strbuf line;
    sl_strbuf_init(&line, &txn->arena, 1024);
    add_index_field(&line, sl_parts_request_header(txn, SL_LIT("Host")), false);
    add_index_field(&line, txn->client_address, false);
    sl_strbuf_add_z(&line, "- - [");
    sl_strbuf_add(&line, sl_slice_of(stamp, sl_stamp_server(stamp, txn->start_us)));
    sl_strbuf_add_z(&line, "] ");
    add_index_field(&line, sl_parts_request_line(txn), true);
    sl_strbuf_add_format(&line, "%u %llu ", sl_parts_status(txn), (unsigned long long)txn->response_body.len);
    add_index_field(&line, sl_parts_request_header(txn, SL_LIT("Referer")), true);
    add_index_field(&line, sl_parts_request_header(txn, SL_LIT("User-Agent")), true);
    add_index_field(&line, txn->id, false);
    add_index_field(&line, txn->has_session_id ? txn->session_id : SL_EMPTY, true);
    sl_strbuf_add_byte(&line, '/');
    sl_strbuf_add(&line, name);
    sl_strbuf_add_format(&line, " 0 %llu ", (unsigned long long)record.len);
    add_digest(&line, txn, record);
    if (line.len <= index_line_max) return sl_strbuf_slice(&line);
    line.ptr[index_line_max - 1] = 'L';
    return sl_slice_of(line.ptr, index_line_max);
}

static bool put_line(sl_writer *writer, sl_slice prefix, sl_slice text, bool matters) {
    const sl_writer_entry entry = {.pieces = {prefix, text, SL_LIT("\n")}, .matters = matters};
    return writer == NULL || sl_writer_put(writer, &entry);
}

bool sl_writers_audit(struct sl_writers *writers, sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    const bool matters = txn->is_intervened;
    if (config->audit_type == SL_AUDIT_SERIAL) {
        return writers->audit == NULL || put_line(writers->audit, config->audit_prefix, record_of(txn), matters);
    }
    if (writers->storage == NULL) return true; /* HTTPS, too: the caller sends them (sl_audit_line) */
    const sl_slice record = record_of(txn);
    const sl_slice name = storage_name(txn);
    const sl_slice line = index_line(txn, name, record);
    const sl_writer_entry file = {.pieces = {record}, .file = name, .matters = matters};
    const bool is_kept = sl_writer_put(writers->storage, &file);
    const bool is_indexed = put_line(writers->audit, SL_EMPTY, line, matters);
    return put_line(writers->audit2, SL_EMPTY, line, matters) && is_indexed && is_kept;
}

/* ---- debug ---- */

void sl_writers_debug(struct sl_writers *writers, sl_txn *txn, unsigned level, sl_slice text) {
    if (writers->debug == NULL) return;
    const bool is_selective = txn->rules->options.debug_relevant_only;
    sl_debug_lines *lines = &txn->debug_lines;
    if (is_selective && lines->is_settled && !lines->is_wanted) return;
    uint8_t bytes[sl_debug_head_bytes_max];
    const sl_slice head = sl_slice_of(bytes, sl_debug_head(bytes, txn, level));
    if (is_selective && !lines->is_settled) {
        sl_debug_keep(lines, head, text);
        return;
    }
    const sl_writer_entry entry = {.pieces = {head, text, SL_LIT("\n")}, .may_join = true};
    sl_writer_put(writers->debug, &entry);
}

static void put_lines(void *context, sl_slice some) {
    const sl_writer_entry entry = {.pieces = {some}};
    sl_writer_put(context, &entry);
}

static void tell_lost(struct sl_writers *writers, sl_txn *txn) {
    char text[96];
    const int len = snprintf(text, sizeof text, "%llu earlier lines of this transaction are left out.",
                             (unsigned long long)txn->debug_lines.lost_count);
    sl_writers_debug(writers, txn, 1, sl_slice_of(text, (size_t)len));
}

void sl_writers_settle_debug(struct sl_writers *writers, sl_txn *txn, bool is_wanted) {
    sl_debug_lines *lines = &txn->debug_lines;
    if (lines->is_settled) return;
    lines->is_settled = true;
    lines->is_wanted = is_wanted;
    if (writers != NULL && is_wanted && lines->lost_count != 0) tell_lost(writers, txn);
    sl_debug_take(lines, writers != NULL && is_wanted ? put_lines : NULL, writers == NULL ? NULL : writers->debug);
}
