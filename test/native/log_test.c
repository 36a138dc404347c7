/* SPDX-License-Identifier: Apache-2.0 */
/* Error-log lines and the decision about audit records. */
#include "log/debug.h"
#include "log_harness.h"

static const sl_slice two_tags[] = {{(const uint8_t *)"t1", 2}, {(const uint8_t *)"t2", 2}};

static void the_lines_of_version_3_come_out_byte_for_byte(void) {
    world *w = world_new();
    seclua_event warning = {.rule_id = 10, .phase = 2, .severity = 2, .log = true, .line = 10, .file = SL_LIT("a.conf"),
                            .message = SL_LIT("Test bad"), .data = SL_LIT("d bad"), .ver = SL_LIT("V/1"), .rev = SL_LIT("2"),
                            .tags = two_tags, .tag_count = 2, .operator_name = "rx", .parameter = SL_LIT("b(a)d"),
                            .variable_name = SL_LIT("ARGS:y"), .value = SL_LIT("bad"),
                            .reference = SL_LIT("o0,3o1,1v13,3t:lowercase")};
    CHECK_TEXT(sl_log_line(&w->txn, &warning),
               SL_LIT("ModSecurity: Warning. Matched \"Operator `Rx' with parameter `b(a)d' against variable `ARGS:y' "
                      "(Value: `bad' ) [file \"a.conf\"] [line \"10\"] [id \"10\"] [rev \"2\"] [msg \"Test bad\"] "
                      "[data \"d bad\"] [severity \"2\"] [ver \"V/1\"] [maturity \"0\"] [accuracy \"0\"] [tag \"t1\"] "
                      "[tag \"t2\"] [hostname \"127.0.0.1\"] [uri \"/a\"] [unique_id \"179545710923.641925\"] "
                      "[ref \"o0,3o1,1v13,3t:lowercase\"]"));
    seclua_event denial = {.rule_id = 11, .phase = 2, .severity = 2, .log = true, .line = 11, .file = SL_LIT("a.conf"),
                           .message = SL_LIT("Second"), .operator_name = "eq", .parameter = SL_LIT("1"),
                           .variable_name = SL_LIT("ARGS:p"), .value = SL_LIT("1"), .action = SECLUA_DENY, .status = 403,
                           .reference = SL_LIT("o0,4v118,5t:urlDecodeUniv114,1")};
    intervene(w, &denial);
    CHECK_TEXT(sl_log_line(&w->txn, &denial),
               SL_LIT("[client 10.0.0.5] ModSecurity: Access denied with code 403 (phase 2). Matched \"Operator `Eq' with "
                      "parameter `1' against variable `ARGS:p' (Value: `1' ) [file \"a.conf\"] [line \"11\"] [id \"11\"] "
                      "[rev \"\"] [msg \"Second\"] [data \"\"] [severity \"2\"] [ver \"\"] [maturity \"0\"] "
                      "[accuracy \"0\"] [hostname \"127.0.0.1\"] [uri \"/a\"] [unique_id \"179545710923.641925\"] "
                      "[ref \"o0,4v118,5t:urlDecodeUniv114,1\"]"));
    world_free(w);
}

static void in_detection_only_every_line_is_a_warning(void) {
    world *w = world_new();
    seclua_event event = plain_event();
    event.disruptive = true;
    event.action = SECLUA_DENY;
    event.status = 403;
    w->txn.engine_mode = SL_DETECTION_ONLY;
    const sl_slice line = sl_log_line(&w->txn, &event);
    CHECK(sl_slice_starts(line, SL_LIT("ModSecurity: Warning. Matched \"Operator `Rx'")));
    CHECK(!has(line, "[client") && !has(line, "denied"));
    world_free(w);
}

static void a_rule_without_severity_shows_an_empty_one(void) {
    world *w = world_new();
    seclua_event event = plain_event();
    event.severity = -1;
    CHECK(has(sl_log_line(&w->txn, &event), " [severity \"\"] "));
    world_free(w);
}

static void rules_with_words_of_their_own_use_them(void) {
    world *w = world_new();
    seclua_event event = plain_event();
    event.operator_name = "detectSQLi";
    event.match_text = SL_LIT("detected SQLi using libinjection.");
    CHECK(sl_slice_starts(sl_log_line(&w->txn, &event),
                          SL_LIT("ModSecurity: Warning. detected SQLi using libinjection. [file \"a.conf\"]")));
    event.operator_name = NULL;
    event.match_text = SL_LIT("a script's \"word\"\n");
    CHECK(sl_slice_starts(sl_log_line(&w->txn, &event),
                          SL_LIT("ModSecurity: Warning. a script's \\x22word\\x22\\x0a [file \"a.conf\"]")));
    event.match_text = SL_EMPTY;
    CHECK(sl_slice_starts(sl_log_line(&w->txn, &event),
                          SL_LIT("ModSecurity: Warning. Unconditional match in SecAction. [file \"a.conf\"]")));
    world_free(w);
}

static sl_slice repeated(world *w, char c, size_t count) {
    uint8_t *text = sl_arena_alloc(&w->txn.arena, count);
    memset(text, c, count);
    return sl_slice_of(text, count);
}

/* A run of exactly that many letters, followed by what stands after it. */
static bool has_run(sl_slice line, char before, char c, size_t count, const char *after) {
    for (size_t i = 0; i + count < line.len; i++) {
        size_t len = 0;
        while (i + len < line.len && line.ptr[i + len] == (uint8_t)c) len++;
        if (len != count || i == 0 || line.ptr[i - 1] != (uint8_t)before) continue;
        return sl_slice_starts(sl_slice_from(line, i + len), sl_slice_z(after));
    }
    return false;
}

static void long_texts_are_cut_and_the_rest_is_counted(void) {
    world *w = world_new();
    seclua_event event = plain_event();
    event.parameter = repeated(w, 'p', 310);
    event.value = repeated(w, 'q', 900);
    event.data = repeated(w, 'Q', 900);
    event.message = repeated(w, 'M', 1100);
    const sl_slice line = sl_log_line(&w->txn, &event);
    CHECK(has_run(line, '`', 'p', 200, " (110 characters omitted)' against"));
    CHECK(has_run(line, '`', 'q', 100, " (800 characters omitted)' )"));
    CHECK(has_run(line, '"', 'Q', 200, " (700 characters omitted)\"]"));
    CHECK(has_run(line, '"', 'M', 1024, " (76 characters omitted)\"]"));
    event.value = repeated(w, 'q', 100);
    CHECK(has_run(sl_log_line(&w->txn, &event), '`', 'q', 100, "' )"));
    world_free(w);
}

static void a_cut_never_goes_through_an_escape(void) {
    world *w = world_new();
    sl_strbuf text;
    sl_strbuf_init(&text, &w->txn.arena, 16);
    for (int i = 0; i < 98; i++) sl_strbuf_add_byte(&text, 'a');
    sl_strbuf_add(&text, SL_LIT("\x01z"));
    const sl_slice cut = sl_log_escape(&w->txn.arena, sl_strbuf_slice(&text), 100);
    CHECK(cut.len == 98 + strlen(" (5 characters omitted)") && sl_slice_ends(cut, SL_LIT("a (5 characters omitted)")));
    world_free(w);
}

static void bytes_that_do_not_print_are_escaped(void) {
    world *w = world_new();
    seclua_event event = plain_event();
    event.data = SL_LIT("z\0\x01\"\\\n\xe9");
    CHECK(has(sl_log_line(&w->txn, &event), "[data \"z\\x00\\x01\\x22\\x5c\\x0a\\xe9\"]"));
    CHECK_TEXT(sl_log_escape_controls(&w->txn.arena, SL_LIT("a\0b\r\n\t\x7f \"\\\xc3\xa9")),
               SL_LIT("a\\x00b\\x0d\\x0a\\x09\\x7f \"\\\xc3\xa9"));
    const sl_slice plain = SL_LIT("plain");
    CHECK(sl_slice_same(sl_log_escape(&w->txn.arena, plain, 0), plain));
    CHECK(sl_slice_same(sl_log_escape_controls(&w->txn.arena, plain), plain));
    world_free(w);
}

static void no_text_of_a_request_can_forge_a_field(void) {
    world *w = world_new();
    const sl_slice forged = SL_LIT("a\"] [id \"999\"] [msg \"");
    const sl_slice tags[] = {forged};
    seclua_event event = plain_event();
    event.value = event.message = event.data = event.variable_name = event.parameter = forged;
    event.tags = tags;
    event.tag_count = 1;
    w->txn.path_raw = forged;
    w->txn.id = forged;
    w->txn.server_address = forged;
    const sl_slice line = sl_log_line(&w->txn, &event);
    CHECK(count_of(line, "[id \"") == 1 && has(line, "[id \"1\"]"));
    CHECK(count_of(line, "[msg \"") == 1);
    CHECK(sl_slice_find_byte(line, '\n') == SIZE_MAX);
    event.operator_name = NULL;
    event.match_text = forged;
    CHECK(count_of(sl_log_line(&w->txn, &event), "[id \"") == 1);
    world_free(w);
}

static void patterns_keep_their_quotes_and_expanded_parameters_do_not(void) {
    world *w = world_new();
    sl_macro macro = {.source = SL_LIT("%{ARGS.q}")};
    sl_rule link = {.kind = SL_RULE_OPERATOR};
    sl_rule starter = {.kind = SL_RULE_OPERATOR, .next = &link};
    seclua_event event = plain_event();
    event.rule = &starter;
    event.parameter = SL_LIT("[\"\\x5c]\\d\n");
    CHECK(has(sl_log_line(&w->txn, &event), "with parameter `[\"\\x5c]\\d\\x0a' against"));
    link.operand.macro = &macro;
    CHECK(has(sl_log_line(&w->txn, &event), "with parameter `[\\x22\\x5cx5c]\\x5cd\\x0a' against"));
    world_free(w);
}

static void a_line_is_bounded_and_keeps_what_identifies_the_request(void) {
    world *w = world_new();
    enum { many = 1000 };
    static sl_slice tags[many];
    for (int i = 0; i < many; i++) tags[i] = repeated(w, '\x01', 400);
    seclua_event event = plain_event();
    event.tags = tags;
    event.tag_count = many;
    event.value = event.message = event.data = event.variable_name = event.parameter = repeated(w, '\x01', 100000);
    event.file = repeated(w, 'f', 10000);
    w->txn.path_raw = repeated(w, '\x01', 70000);
    const sl_slice line = sl_log_line(&w->txn, &event);
    CHECK(line.len <= 8192 && line.len > 7000);
    CHECK(has(line, "[unique_id \"179545710923.641925\"]") && sl_slice_ends(line, SL_LIT("[ref \"\"]")));
    world_free(w);
}

static void masked_values_do_not_show_in_lines(void) {
    world *w = world_new();
    const seclua_matched_variable matched[] = {{SL_LIT("ARGS:pw"), SL_LIT("decoded twice"), 0}};
    add_arg(w, SL_LIT("pw"), SL_LIT("Secret1"), SL_ORIGIN_GET);
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("PW"));
    seclua_event event = plain_event();
    event.variable_name = SL_LIT("ARGS:pw");
    event.value = SL_LIT("Secret1");
    event.variables = matched;
    event.variable_count = 1;
    event.message = SL_LIT("found secret1 here");
    event.data = SL_LIT("Matched Data: decoded twice, Secret1");
    const sl_slice line = sl_log_line(&w->txn, &event);
    CHECK(has(line, "(Value: `*******' )") && has(line, "[msg \"found ******* here\"]"));
    CHECK(has(line, "[data \"Matched Data: *************, *******\"]"));
    world_free(w);
}

/* ---- which transactions ---- */

static void a_transaction_is_recorded_for_a_rule_or_for_its_status(void) {
    world *w = world_new();
    sl_regex_error error;
    sl_regex *status = sl_regex_compile(SL_LIT("^(?:5|4(?!04))"), 0, &error);
    CHECK(status != NULL);
    w->engine.scratch = sl_scratch_new(&w->rules);
    w->rules.relevant_status = status;
    w->txn.audit_engine = SL_RELEVANT_ONLY;
    static const struct {
        bool is_relevant;
        uint16_t status;
        bool is_recorded;
    } rows[] = {{false, 200, false}, {true, 200, true}, {false, 404, false}, {true, 404, true}, {false, 403, true},
                {true, 500, true},   {false, 503, true}, {false, 0, false},   {true, 0, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w->txn.is_relevant = rows[i].is_relevant;
        w->txn.response_status = rows[i].status;
        CHECK(sl_audit_wants(&w->txn) == rows[i].is_recorded);
    }
    /* What the client gets is the intervention's status, not the response's. */
    w->txn.is_relevant = false;
    w->txn.response_status = 200;
    w->txn.is_intervened = true;
    w->txn.verdict.status = 403;
    CHECK(sl_audit_wants(&w->txn));
    w->txn.response_status = 500;
    w->txn.verdict.status = 302;
    CHECK(!sl_audit_wants(&w->txn));
    w->rules.relevant_status = NULL;
    w->txn.verdict.status = 403;
    CHECK(!sl_audit_wants(&w->txn));
    sl_scratch_free(w->engine.scratch);
    sl_regex_free(status);
    world_free(w);
}

static void the_audit_engine_and_the_rule_engine_can_both_say_no(void) {
    world *w = world_new();
    CHECK(sl_audit_wants(&w->txn));
    w->txn.is_relevant = true;
    w->txn.audit_engine = SL_OFF;
    CHECK(!sl_audit_wants(&w->txn));
    w->txn.audit_engine = SL_ON;
    w->txn.engine_mode = SL_DETECTION_ONLY;
    CHECK(sl_audit_wants(&w->txn));
    w->txn.engine_mode = SL_OFF;
    CHECK(!sl_audit_wants(&w->txn));
    world_free(w);
}

/* ---- debug ---- */

/* 9 stands for a digit, ~ for a sign. */
static bool has_shape(sl_slice text, const char *shape) {
    for (size_t i = 0; i < strlen(shape); i++) {
        if (i == text.len) return false;
        const uint8_t c = text.ptr[i];
        if (shape[i] == '9' ? !sl_ascii_is_digit(c) : shape[i] == '~' ? c != '+' && c != '-' : c != (uint8_t)shape[i]) return false;
    }
    return true;
}

static void a_debug_line_starts_with_time_id_uri_and_level(void) {
    world *w = world_new();
    uint8_t head[sl_debug_head_bytes_max];
    w->txn.path_raw = SL_LIT("/a\nb");
    sl_slice found = sl_slice_of(head, sl_debug_head(head, &w->txn, 4));
    CHECK(has_shape(found, "[9999-99-99T99:99:99.999999~99:99] [9999"));
    CHECK(sl_slice_ends(found, SL_LIT("] [179545710923.641925] [/a\\x0ab] [4] ")));
    w->txn.path_raw = repeated(w, '\x01', 100000);
    w->txn.id = w->txn.path_raw;
    found = sl_slice_of(head, sl_debug_head(head, &w->txn, 4000000000u));
    CHECK(found.len < sl_debug_head_bytes_max && sl_slice_ends(found, SL_LIT("] [4000000000] ")));
    world_free(w);
}

int main(void) {
    static const named_test tests[] = {
        TEST(the_lines_of_version_3_come_out_byte_for_byte),
        TEST(in_detection_only_every_line_is_a_warning),
        TEST(a_rule_without_severity_shows_an_empty_one),
        TEST(rules_with_words_of_their_own_use_them),
        TEST(long_texts_are_cut_and_the_rest_is_counted),
        TEST(a_cut_never_goes_through_an_escape),
        TEST(bytes_that_do_not_print_are_escaped),
        TEST(no_text_of_a_request_can_forge_a_field),
        TEST(patterns_keep_their_quotes_and_expanded_parameters_do_not),
        TEST(a_line_is_bounded_and_keeps_what_identifies_the_request),
        TEST(masked_values_do_not_show_in_lines),
        TEST(a_transaction_is_recorded_for_a_rule_or_for_its_status),
        TEST(the_audit_engine_and_the_rule_engine_can_both_say_no),
        TEST(a_debug_line_starts_with_time_id_uri_and_level),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
