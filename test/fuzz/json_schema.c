/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the input is a schema and, behind its first zero byte, a document. */
#include "bodies_fuzz.h"
#include "operators/json_schema.h"
#include "ruleset/ruleset.h"

static void report(void *context, const char *code, const char *message, const char *hint, size_t offset,
                   size_t length) {
    (void)code;
    (void)hint;
    (void)offset;
    (void)length;
    ++*(unsigned *)context;
    must(message[0] != '\0', "an error has a text");
}

static void use(sl_ruleset *rules, sl_scratch *scratch, sl_arena *arena, sl_slice schema_text, sl_slice text) {
    unsigned errors = 0;
    sl_prepare prepare = {.rules = rules, .arena = arena, .report = report, .context = &errors};
    const sl_json_schema *const schema =
        sl_json_schema_compile(&prepare, SL_LIT("a.json"), SL_LIT("a.json"), schema_text);
    must((schema == NULL) == (errors != 0), "a schema compiles, or an error says why not");
    sl_json_document document;
    sl_json_error error;
    if (!sl_json_tree(arena, text, sl_json_depth_max, &document, &error)) {
        must(error.text.len != 0 && error.at <= text.len, "an error has a text and a place");
        return;
    }
    must(sl_json_compare(document.root, document.root) == 0, "a value is equal to itself");
    if (schema == NULL) return;
    const sl_answer answer = sl_json_schema_judge(schema, arena, scratch, &document);
    must(answer == sl_json_schema_judge(schema, arena, scratch, &document), "what was judged once is judged so again");
}

static void out_of_memory(void *context) {
    (void)context;
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const sl_slice input = sl_slice_of(data, size);
    const size_t end = sl_slice_find_byte(input, 0);
    if (end == SIZE_MAX) return 0;
    sl_ruleset *const rules = sl_ruleset_new(out_of_memory, NULL); /* owns the patterns */
    must(rules != NULL, "there is memory");
    sl_scratch *const scratch = sl_scratch_new(rules);
    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, 8 * 1024 * 1024, leave, &exhausted);
    if (setjmp(exhausted) == 0) use(rules, scratch, &arena, sl_slice_of(data, end), sl_slice_from(input, end + 1));
    sl_arena_free(&arena);
    sl_scratch_free(scratch);
    seclua_ruleset_release((seclua_ruleset *)rules);
    return 0;
}
