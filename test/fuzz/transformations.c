/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the first byte of the input picks the transformation, the second whether a Unicode map is there
 * and whether the transformation that the third byte picks follows; the rest is the text. Checks the contract
 * of transformation.h; the sanitizers see the rest. */
#include <stdio.h>
#include <stdlib.h>

#include "transformations/transformation.h"
#include "transformations/unicode.h"

enum { growth_max = 4, digest_bytes_max = 20 };

static void must(bool holds, const char *sentence, const sl_transformation *t) {
    if (holds) return;
    fprintf(stderr, "%s: %s\n", t->name, sentence);
    abort();
}

static void out_of_memory(void *context) {
    (void)context;
    abort();
}

static const sl_transformation *pick(uint8_t choice) {
    size_t count = 0;
    while (sl_transformation_at(count) != NULL) count++;
    return sl_transformation_at(choice % count);
}

static sl_slice apply(sl_arena *arena, const sl_unicode_map *map, const sl_transformation *t, sl_slice value) {
    const bool may_change = t->changes == NULL || t->changes(value);
    const sl_slice output = t->apply(arena, map, value);
    const bool is_equal = sl_slice_equal(output, value);
    must(is_equal == sl_slice_same(output, value), "equal bytes are the same slice", t);
    must(may_change || is_equal, "changes() foresees every change", t);
    must(output.len <= growth_max * value.len + digest_bytes_max, "the length is in bounds", t);
    return output;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) return 0;
    static sl_unicode_map map;
    static bool has_map;
    if (!has_map) has_map = sl_unicode_map_read(SL_LIT("20127 2018:27 00a0:20 ff1c:3c"), 20127, &map);

    sl_arena arena;
    sl_arena_init(&arena, 0, out_of_memory, NULL);
    const sl_unicode_map *const chosen_map = (data[1] & 1) != 0 ? &map : NULL;
    const sl_slice first = apply(&arena, chosen_map, pick(data[0]), sl_slice_of(data + 3, size - 3));
    if ((data[1] & 2) != 0) apply(&arena, chosen_map, pick(data[2]), first);
    sl_arena_free(&arena);
    return 0;
}
