/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads as files of their own, for SecUploadKeepFiles, SecTmpSaveUploadedFiles and what reads
 * FILES_TMPNAMES. */
#include "base/strbuf.h"
#include "bodies/multipart.h"
#include "bodies/temporary_file.h"

#include <time.h>

enum { mode_default = 0600 };

static bool fail(sl_multipart *multipart, sl_slice text) {
    multipart->has_error = true;
    multipart->error = text;
    return false;
}

/* directory/yyyymmdd-hhmmss-transaction-file-XXXXXX, NUL-terminated. The time is local, as in ModSecurity. */
static char *name_template(sl_arena *arena, const sl_upload *upload) {
    const time_t now = (time_t)upload->time_epoch_seconds;
    struct tm local = {0};
    char stamp[32] = "";
    if (localtime_r(&now, &local) != NULL) (void)strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    sl_strbuf path;
    sl_strbuf_init(&path, arena, upload->directory.len + upload->transaction_id.len + 48);
    sl_strbuf_add(&path, upload->directory);
    sl_strbuf_add_byte(&path, '/');
    sl_strbuf_add_z(&path, stamp);
    sl_strbuf_add_byte(&path, '-');
    sl_strbuf_add(&path, upload->transaction_id);
    sl_strbuf_add_z(&path, "-file-XXXXXX");
    sl_strbuf_add_byte(&path, '\0');
    return (char *)path.ptr;
}

static bool store(sl_part *part, sl_arena *arena, const sl_upload *upload) {
    char *const path = name_template(arena, upload);
    const int file = sl_temporary_file_create(path, upload->mode == 0 ? mode_default : upload->mode);
    if (file < 0) return false;
    part->tmp_path = sl_slice_z(path); /* from here on the file will be removed, whatever follows */
    const bool is_written = sl_temporary_file_write(file, part->data);
    return sl_temporary_file_close(file) && is_written;
}

bool sl_multipart_store_files(sl_multipart *multipart, sl_arena *arena, const sl_upload *upload) {
    uint32_t stored = 0;
    for (size_t i = 0; i < multipart->part_count; i++) {
        sl_part *const part = multipart->parts[i];
        if (!part->is_file) continue;
        if (upload->file_limit != 0 && stored == upload->file_limit) {
            sl_strbuf text;
            sl_strbuf_init(&text, arena, 64);
            sl_strbuf_add_format(&text, "Multipart: Upload file limit exceeded %u.",
                                 (unsigned)upload->file_limit);
            multipart->file_limit_exceeded = true;
            return fail(multipart, sl_strbuf_slice(&text));
        }
        if (!store(part, arena, upload)) {
            return fail(multipart, SL_LIT("Multipart: Failed to write an uploaded file."));
        }
        stored++;
    }
    return true;
}

void sl_multipart_remove_files(sl_multipart *multipart, bool keep) {
    for (size_t i = 0; i < multipart->part_count; i++) {
        sl_part *const part = multipart->parts[i];
        if (part->tmp_path.len == 0 || (keep && part->data.len != 0)) continue;
        sl_temporary_file_remove((const char *)part->tmp_path.ptr);
        part->tmp_path = SL_EMPTY;
    }
}
