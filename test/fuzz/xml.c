/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the first byte picks the limits and an XPath expression, the rest is the body. */
#include "bodies/xml.h"
#include "bodies_fuzz.h"

static const char *const expressions[] = {"/*", "//@*", "//a", "//node()", "//a[@b = 'c']/text()", "//namespace::*",
                                          "//comment() | //processing-instruction() | /", "//p:*"};
static const char *const pairs[] = {"p", "urn:p", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static sl_xpath *xpaths[sizeof expressions / sizeof expressions[0]];
    if (size < 1) return 0;
    const sl_slice body = sl_slice_of(data + 1, size - 1);
    const size_t choice = data[0] % (sizeof expressions / sizeof expressions[0]);
    char reason[128];
    if (xpaths[choice] == NULL) {
        xpaths[choice] = sl_xpath_compile(expressions[choice], pairs, reason, sizeof reason);
        must(xpaths[choice] != NULL, "the expression is sound");
    }
    bool well_formed = false;
    sl_slice error = SL_EMPTY;
    sl_xml *const xml = sl_xml_parse(body, &well_formed, &error);
    must(well_formed == (error.len == 0), "an error has a text, a sound body has none");
    if (xml == NULL) return 0;

    jmp_buf exhausted;
    sl_arena arena;
    sl_arena_init(&arena, (data[0] & 8) != 0 ? 64 * 1024 : 0, leave, &exhausted);
    if (setjmp(exhausted) == 0) {
        sl_slice text = SL_EMPTY;
        const bool has_root = sl_xml_all_text(xml, &arena, &text);
        must(has_root || !well_formed, "a sound document has a root");
        taker leaves = {.limit = (data[0] & 16) != 0 ? 3 : SIZE_MAX, .name_prefix = "xml."};
        const sl_argument_sink leaf_sink = {&leaves, take};
        must(sl_xml_arguments(xml, &arena, &leaf_sink) || size > 1000 || leaves.has_refused,
             "leaves of a small body are all offered");
        taker values = {.limit = leaves.limit, .name_prefix = "", .allows_empty_names = true};
        const sl_argument_sink value_sink = {&values, take};
        (void)sl_xpath_select(xml, xpaths[choice], &arena, &value_sink);
    }
    sl_xml_free(xml);
    sl_arena_free(&arena);
    return 0;
}
