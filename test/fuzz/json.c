/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the first byte picks the limits, the rest is the body. */
#include "bodies/json.h"
#include "bodies_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const sl_slice body = sl_slice_of(data + 1, size - 1);
    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, (data[0] & 4) != 0 ? 64 * 1024 : 0, leave, &exhausted);
    if (setjmp(exhausted) == 0) {
        taker into = {.limit = (data[0] & 1) != 0 ? 3 : SIZE_MAX, .name_prefix = "json"};
        const sl_argument_sink sink = {&into, take};
        sl_slice error = SL_EMPTY;
        const bool is_sound = sl_json_parse(&arena, body, (data[0] & 2) != 0 ? 2 : 512, &sink, &error);
        must(is_sound == (error.len == 0), "an error has a text, a sound body has none");
        must(!into.has_refused || !is_sound, "a refusal is an error");
        must(into.values_bytes <= body.len, "unescaping never grows");
    }
    sl_arena_free(&arena);
    return 0;
}
