/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: with an odd first byte the boundary is "B" and the rest is the body; else the Content-Type goes
 * up to the first NUL byte and the body follows it. */
#include "bodies/multipart.h"
#include "bodies_fuzz.h"

static void check_part(const sl_part *part, sl_slice body) {
    must(part->name.len != 0, "a part has a name");
    must(part->data.len == 0 || (part->data.ptr >= body.ptr && part->data.ptr + part->data.len <= body.ptr + body.len),
         "data is a slice of the body");
    must(part->headers.count != 0, "a part has a Content-Disposition");
    touch(part->name);
    touch(part->filename);
    touch(part->content_type);
    for (size_t i = 0; i < part->headers.count; i++) {
        const sl_member *const header = part->headers.items[i];
        touch(header->value->slice);
        must(sl_slice_starts(header->value->slice, header->name->slice), "a header line begins with its name");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    sl_slice type = SL_LIT("multipart/form-data; boundary=B");
    sl_slice body = sl_slice_of(data + 1, size - 1);
    if ((data[0] & 1) == 0) {
        const size_t nul = sl_slice_find_byte(body, '\0');
        const size_t len = nul == SIZE_MAX ? body.len : nul;
        type = sl_slice_of(body.ptr, len);
        body = len == body.len ? SL_EMPTY : sl_slice_from(body, len + 1);
    }
    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, (data[0] & 2) != 0 ? 64 * 1024 : 0, leave, &exhausted);
    if (setjmp(exhausted) == 0) {
        sl_multipart found;
        sl_multipart_parse(&arena, type, (data[0] & 4) == 0, body, &found);
        must(found.has_error == (found.error.len != 0), "an error has a text");
        must(!found.has_error || sl_slice_starts(found.error, SL_LIT("Multipart: ")), "the text says whose it is");
        must(!found.has_error || sl_multipart_is_strict_error(&found), "an error is a strict error");
        must(found.unmatched_boundary <= 2, "the variable is 0, 1 or 2");
        must(found.files_bytes <= body.len && found.no_files_bytes <= body.len, "counts stay below the body");
        for (size_t i = 0; i < found.part_count; i++) check_part(found.parts[i], body);
    }
    sl_arena_free(&arena);
    return 0;
}
