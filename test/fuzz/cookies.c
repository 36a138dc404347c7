/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the first byte picks the format, the separator and the limit, the rest is the line. */
#include "bodies/cookies.h"
#include "bodies_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const sl_slice line = sl_slice_of(data + 1, size - 1);
    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, (data[0] & 8) != 0 ? 64 * 1024 : 0, leave, &exhausted);
    if (setjmp(exhausted) == 0) {
        taker into = {.limit = (data[0] & 2) != 0 ? 3 : SIZE_MAX, .name_prefix = ""};
        const sl_argument_sink sink = {&into, take};
        sl_cookies_parse(&arena, line, data[0] & 1, (data[0] & 4) != 0 ? ',' : ';', &sink);
        must(into.values_bytes <= line.len, "values are pieces of the line");
    }
    sl_arena_free(&arena);
    return 0;
}
