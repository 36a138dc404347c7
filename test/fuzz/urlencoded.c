/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the first byte picks the separator and the limit of arguments, the rest is the text. */
#include "bodies/urlencoded.h"
#include "bodies_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const sl_slice text = sl_slice_of(data + 1, size - 1);
    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, (data[0] & 4) != 0 ? 64 * 1024 : 0, leave, &exhausted);
    if (setjmp(exhausted) == 0) {
        taker into = {.limit = (data[0] & 2) != 0 ? 3 : SIZE_MAX, .name_prefix = "", .allows_empty_names = true};
        const sl_argument_sink sink = {&into, take};
        bool invalid_escape = false;
        sl_urlencoded_parse(&arena, text, (data[0] & 1) != 0 ? ';' : '&', &sink, &invalid_escape);
        must(into.names_bytes + into.values_bytes <= text.len, "decoding never grows");
        must(!invalid_escape || sl_slice_find_byte(text, '%') != SIZE_MAX, "the flag needs a percent sign");

        const sl_slice decoded = sl_percent_decode(&arena, text);
        must(decoded.len <= text.len, "decoding never grows");
        must((decoded.len == text.len) == sl_slice_same(decoded, text), "unchanged text is the same slice");
    }
    sl_arena_free(&arena);
    return 0;
}
