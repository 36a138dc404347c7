/* SPDX-License-Identifier: Apache-2.0 */
/* Audit records, JSON and Native, and what sanitising hides in them. */
#include <yajl/yajl_tree.h>

#include "log_harness.h"

/* ---- reading JSON strictly ---- */

static bool has_key_twice(yajl_val value) {
    if (YAJL_IS_ARRAY(value)) {
        for (size_t i = 0; i < value->u.array.len; i++) {
            if (has_key_twice(value->u.array.values[i])) return true;
        }
    }
    if (!YAJL_IS_OBJECT(value)) return false;
    for (size_t i = 0; i < value->u.object.len; i++) {
        if (has_key_twice(value->u.object.values[i])) return true;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(value->u.object.keys[i], value->u.object.keys[j]) == 0) return true;
        }
    }
    return false;
}

/* yajl refuses invalid UTF-8, raw control bytes and anything after the end. The caller frees. */
static yajl_val parse(world *w, sl_slice json) {
    char error[256];
    CHECK(sl_slice_find_byte(json, '\n') == SIZE_MAX && sl_slice_find_byte(json, 0) == SIZE_MAX);
    yajl_val root = yajl_tree_parse(sl_arena_z(&w->txn.arena, json), error, sizeof error);
    if (root == NULL) fprintf(stderr, "%s\n", error);
    CHECK(root != NULL);
    CHECK(root != NULL && !has_key_twice(root));
    return root;
}

/* "transaction/request/uri"; an array's element by its number. */
static yajl_val at(yajl_val value, const char *path) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *step = copy; step != NULL && value != NULL;) {
        char *slash = strchr(step, '/');
        if (slash != NULL) *slash = '\0';
        if (YAJL_IS_ARRAY(value)) {
            const size_t index = (size_t)strtoul(step, NULL, 10);
            value = index < value->u.array.len ? value->u.array.values[index] : NULL;
        } else {
            const char *one[] = {step, NULL};
            value = yajl_tree_get(value, one, yajl_t_any);
        }
        step = slash == NULL ? NULL : slash + 1;
    }
    return value;
}

static bool is_text(yajl_val root, const char *path, const char *expected) {
    const char *found = YAJL_GET_STRING(at(root, path));
    if (found != NULL && strcmp(found, expected) == 0) return true;
    fprintf(stderr, "%s: %s is %s\n", current, path, found == NULL ? "no text" : found);
    return false;
}

static size_t length_of(yajl_val root, const char *path) {
    const char *found = YAJL_GET_STRING(at(root, path));
    return found == NULL ? 0 : strlen(found);
}

static bool is_number(yajl_val root, const char *path, long long expected) {
    yajl_val found = at(root, path);
    return YAJL_IS_INTEGER(found) && YAJL_GET_INTEGER(found) == expected;
}

static void ask_for(world *w, const char *letters) {
    w->txn.audit_parts = 0;
    for (; *letters != '\0'; letters++) w->txn.audit_parts |= SL_AUDIT_PART(*letters);
}

/* Something for every part. */
static world *full_world(seclua_event *event, sl_rule *starter, sl_rule *link) {
    world *w = world_new();
    sl_txn *txn = &w->txn;
    *event = plain_event();
    event->rule_id = 10;
    event->message = SL_LIT("Test bad");
    event->data = SL_LIT("d bad");
    event->rule = starter;
    *link = (sl_rule){.id = 10, .phase = 2, .link_index = 1, .severity = -1, .starter = starter, .file = SL_LIT("a.conf"),
                      .line = 11, .unparsed = SL_LIT("SecRule ARGS:z \"@rx b\" \"t:none\"")};
    *starter = (sl_rule){.id = 10, .phase = 2, .severity = 2, .next = link, .file = SL_LIT("a.conf"), .line = 10,
                         .unparsed = SL_LIT("SecRule ARGS:y \"@rx a\" \"id:10,phase:2,chain\"")};
    starter->starter = starter;
    add_event(w, event);
    add_member(w, &txn->request_headers, SL_LIT("Host"), SL_LIT("example.org"));
    add_member(w, &txn->request_headers, SL_LIT("User-Agent"), SL_LIT("curl"));
    txn->request_body = SL_LIT("p=2&q=evil");
    txn->processor = SL_BODY_URLENCODED;
    txn->response_status = 200;
    txn->response_protocol = SL_LIT("HTTP/1.1");
    add_member(w, &txn->response_headers, SL_LIT("Content-Type"), SL_LIT("text/html"));
    txn->response_body = SL_LIT("<html></html>");
    return w;
}

/* ---- JSON ---- */

static void the_json_record_has_the_layout_of_version_3(void) {
    seclua_event event;
    sl_rule starter, link;
    world *w = full_world(&event, &starter, &link);
    static const sl_slice signatures[] = {{(const uint8_t *)"OWASP_CRS/4.0.0", 15}};
    w->rules.config.component_signatures = signatures;
    w->rules.config.component_signature_count = 1;
    w->txn.highest_severity = 2;
    ask_for(w, "ABCEFHKZ");
    event.status = 403;
    event.action = SECLUA_DENY;
    intervene(w, &event);
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/client_ip", "10.0.0.5") && is_number(root, "transaction/client_port", 40000));
    CHECK(is_text(root, "transaction/host_ip", "127.0.0.1") && is_number(root, "transaction/host_port", 80));
    CHECK(is_text(root, "transaction/unique_id", "179545710923.641925"));
    CHECK(length_of(root, "transaction/server_id") == 40);
    CHECK(length_of(root, "transaction/time_stamp") == strlen("Mon Nov 23 18:05:09 2026"));
    CHECK(length_of(root, "transaction/time") == strlen("2026-11-23T18:05:59.100721+00:00"));
    CHECK(is_text(root, "transaction/request/method", "GET") && is_text(root, "transaction/request/uri", "/a?y=bad"));
    CHECK(YAJL_IS_DOUBLE(at(root, "transaction/request/http_version")));
    CHECK(strcmp(YAJL_GET_NUMBER(at(root, "transaction/request/http_version")), "1.1") == 0);
    CHECK(is_text(root, "transaction/request/body", "p=2&q=evil"));
    CHECK(at(root, "transaction/request/body_truncated") == NULL);
    CHECK(is_text(root, "transaction/request/headers/Host", "example.org"));
    CHECK(at(root, "transaction/request/headers_all") == NULL);
    CHECK(is_number(root, "transaction/response/http_code", 403));
    CHECK(is_text(root, "transaction/response/body", "<html></html>"));
    CHECK(is_text(root, "transaction/response/headers/Content-Type", "text/html"));
    CHECK(is_text(root, "transaction/intervention/action", "deny") && is_number(root, "transaction/intervention/status", 403));
    CHECK(is_number(root, "transaction/intervention/phase", 2) && is_number(root, "transaction/intervention/ruleId", 10));
    CHECK(YAJL_IS_INTEGER(at(root, "transaction/stopwatch/p5")) && is_number(root, "transaction/highest_severity", 2));
    CHECK(is_text(root, "transaction/producer/secrules_engine", "Enabled"));
    CHECK(is_text(root, "transaction/producer/components/0", "OWASP_CRS/4.0.0"));
    CHECK(is_text(root, "transaction/messages/0/message", "Test bad"));
    CHECK(is_text(root, "transaction/messages/0/details/match",
                  "Matched \"Operator `Rx' with parameter `a' against variable `ARGS:y' (Value: `a' )"));
    CHECK(is_text(root, "transaction/messages/0/details/ruleId", "10"));
    CHECK(is_text(root, "transaction/messages/0/details/severity", "2"));
    CHECK(is_text(root, "transaction/messages/0/details/data", "d bad"));
    CHECK(is_number(root, "transaction/messages/0/details/phase", 2));
    CHECK(YAJL_IS_TRUE(at(root, "transaction/messages/0/details/disruptive")));
    CHECK(YAJL_IS_TRUE(at(root, "matched_rules/0/chain")) && YAJL_IS_TRUE(at(root, "matched_rules/0/full_chain_match")));
    CHECK(is_text(root, "matched_rules/0/rules/1/unparsed", "SecRule ARGS:z \"@rx b\" \"t:none\""));
    CHECK(is_number(root, "matched_rules/0/rules/0/config/line_num", 10));
    CHECK(at(root, "uploads") == NULL);
    yajl_tree_free(root);
    world_free(w);
}

static void each_part_of_the_json_record_comes_and_goes_with_its_letter(void) {
    static const struct {
        char letter;
        const char *path;
    } rows[] = {{'B', "transaction/request/headers"}, {'C', "transaction/request/body"}, {'E', "transaction/response/body"},
                {'F', "transaction/response/headers"}, {'H', "transaction/messages"}, {'I', "transaction/request/body"},
                {'J', "uploads"}, {'K', "matched_rules"}};
    seclua_event event;
    sl_rule starter, link;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = full_world(&event, &starter, &link);
        if (rows[i].letter == 'J') w->txn.multipart = &w->multipart;
        ask_for(w, (char[]){rows[i].letter, '\0'});
        yajl_val with = parse(w, sl_audit_json(&w->txn));
        CHECK(at(with, rows[i].path) != NULL && at(with, "transaction/unique_id") != NULL);
        for (size_t other = 0; other < sizeof rows / sizeof *rows; other++) {
            if (strcmp(rows[other].path, rows[i].path) != 0) CHECK(at(with, rows[other].path) == NULL);
        }
        yajl_tree_free(with);
        world_free(w);
    }
}

static void any_bytes_give_valid_json(void) {
    seclua_event event;
    sl_rule starter, link;
    world *w = full_world(&event, &starter, &link);
    const sl_slice wild = SL_LIT("a\0\x01\"\\\n\xff\xc3\xa9\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80\xe2\x82");
    const sl_slice tags[] = {wild};
    sl_txn *txn = &w->txn;
    event.message = event.data = event.value = event.variable_name = event.parameter = event.reference = wild;
    event.file = event.rev = event.ver = wild;
    event.tags = tags;
    event.tag_count = 1;
    starter.unparsed = starter.file = wild;
    txn->method = txn->uri_raw = txn->protocol = txn->id = txn->client_address = txn->server_address = wild;
    txn->request_body = txn->response_body = wild;
    add_member(w, &txn->request_headers, SL_LIT("\xff"), wild);
    add_member(w, &txn->request_headers, SL_LIT("\xfe"), wild);
    add_member(w, &txn->request_headers, SL_LIT("\\xff"), wild);
    add_member(w, &txn->response_headers, wild, wild);
    ask_for(w, "ABCEFHIJKZ");
    intervene(w, &event);
    txn->verdict.url = wild;
    yajl_val root = parse(w, sl_audit_json(txn));
    yajl_val body = at(root, "transaction/request/body");
    const char *text = YAJL_GET_STRING(body);
    CHECK(text != NULL && strlen(text) == 1); /* a C text ends at the NUL; the rest follows it */
    CHECK(text != NULL && strcmp(text + 2, "\x01\"\\\n\xef\xbf\xbd\xc3\xa9"
                                           "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                           "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                           "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") == 0);
    CHECK(at(root, "transaction/request/headers/\\xff") != NULL && at(root, "transaction/request/headers/\\xfe") != NULL);
    yajl_tree_free(root);
    world_free(w);
}

static void what_is_utf_8_is_left_alone(void) {
    world *w = world_new();
    const char *good = "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    w->txn.request_body = sl_slice_z(good);
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/request/body", good));
    yajl_tree_free(root);
    world_free(w);
}

static void repeated_headers_are_all_there_and_no_key_repeats(void) {
    world *w = world_new();
    add_member(w, &w->txn.request_headers, SL_LIT("Cookie"), SL_LIT("a=1"));
    add_member(w, &w->txn.request_headers, SL_LIT("cookie"), SL_LIT("b=2"));
    add_member(w, &w->txn.request_headers, SL_LIT("Accept"), SL_LIT("*/*"));
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/request/headers/Cookie", "a=1"));
    CHECK(at(root, "transaction/request/headers/cookie") == NULL);
    CHECK(is_text(root, "transaction/request/headers_all/1/0", "cookie"));
    CHECK(is_text(root, "transaction/request/headers_all/1/1", "b=2"));
    CHECK(is_text(root, "transaction/request/headers_all/2/0", "Accept"));
    yajl_tree_free(root);
    world_free(w);
}

static void a_large_body_is_cut_and_says_so(void) {
    world *w = world_new();
    const size_t len = 1024 * 1024;
    uint8_t *body = sl_arena_alloc(&w->txn.arena, len);
    memset(body, 'x', len);
    memcpy(body + 65535, "\xc3\xa9", 2); /* the cut goes through a letter */
    w->txn.request_body = sl_slice_of(body, len);
    w->txn.response_body = sl_slice_of(body, 65535);
    w->txn.audit_parts |= SL_AUDIT_PART('E');
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    const char *text = YAJL_GET_STRING(at(root, "transaction/request/body"));
    CHECK(text != NULL && strlen(text) == 65535 + 3 && strcmp(text + 65535, "\xef\xbf\xbd") == 0);
    CHECK(YAJL_IS_TRUE(at(root, "transaction/request/body_truncated")));
    CHECK(at(root, "transaction/response/body_truncated") == NULL);
    yajl_tree_free(root);
    world_free(w);
}

static void an_odd_protocol_is_a_text(void) {
    static const struct {
        const char *protocol;
        bool is_number;
    } rows[] = {{"HTTP/1.1", true}, {"HTTP/2", true}, {"HTTP/2.0", true},  {"HTTP/0.9", true},       {"HTTP/", false},
                {"", false},        {"HTTP/1.", false}, {"HTTP/.1", false}, {"HTTP/01.1", false},     {"HTTP/1.1.1", false},
                {"x", false},       {"HTTP/-1", false}, {"HTTP/1e9", false}, {"HTTP/111111111", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = world_new();
        w->txn.protocol = sl_slice_z(rows[i].protocol);
        yajl_val root = parse(w, sl_audit_json(&w->txn));
        CHECK(YAJL_IS_NUMBER(at(root, "transaction/request/http_version")) == rows[i].is_number);
        yajl_tree_free(root);
        world_free(w);
    }
}

static void only_events_for_the_audit_log_are_messages(void) {
    world *w = world_new();
    seclua_event quiet = plain_event(), shown = plain_event();
    quiet.audit = false;
    shown.log = false;
    shown.message = SL_LIT("shown");
    add_event(w, &quiet);
    add_event(w, &shown);
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/messages/0/message", "shown") && at(root, "transaction/messages/1") == NULL);
    yajl_tree_free(root);
    CHECK(count_of(sl_audit_native(&w->txn), "\nMessage: ") == 1);
    world_free(w);
}

/* ---- Native ---- */

/* The letters of the boundary lines, in order; false when they do not all have the same token. */
static bool letters_of(sl_slice record, char *letters, size_t size) {
    if (record.len < 15 || !sl_slice_starts(record, SL_LIT("--"))) return false;
    char boundary[12];
    snprintf(boundary, sizeof boundary, "%.11s", (const char *)record.ptr);
    size_t count = 0;
    for (;;) {
        const size_t found = sl_slice_find(record, sl_slice_z(boundary));
        if (found == SIZE_MAX) break;
        record = sl_slice_from(record, found + 11);
        if (record.len < 4 || memcmp(record.ptr + 1, "--\n", 3) != 0 || count + 1 == size) return false;
        letters[count++] = (char)record.ptr[0];
    }
    letters[count] = '\0';
    return true;
}

static bool has_letters(world *w, const char *expected) {
    char letters[32];
    const sl_slice record = sl_audit_native(&w->txn);
    if (letters_of(record, letters, sizeof letters) && strcmp(letters, expected) == 0) return true;
    fprintf(stderr, "%s: %.*s\n", current, (int)record.len, (const char *)record.ptr);
    return false;
}

static void the_parts_of_the_native_record_stand_in_the_order_of_version_2(void) {
    static const struct {
        const char *asked, *written;
        bool is_multipart;
    } rows[] = {
        {"A", "AZ", false},  {"B", "ABZ", false}, {"C", "ACZ", false}, {"D", "AZ", false},   {"E", "AEZ", false},
        {"F", "AFZ", false}, {"G", "AZ", false},  {"H", "AHZ", false}, {"I", "ACZ", false},  {"I", "AIZ", true},
        {"J", "AZ", false},  {"J", "AJZ", true},  {"K", "AKZ", false}, {"Z", "AZ", false},   {"", "AZ", false},
        {"C", "ACZ", true},  {"ABCDEFGHIJKZ", "ABCFEHKZ", false},      {"ABCDEFGHIJKZ", "ABCIFEHJKZ", true},
    };
    seclua_event event;
    sl_rule starter, link;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = full_world(&event, &starter, &link);
        if (rows[i].is_multipart) {
            w->txn.processor = SL_BODY_MULTIPART;
            w->txn.multipart = &w->multipart;
        }
        ask_for(w, rows[i].asked);
        CHECK(has_letters(w, rows[i].written));
        world_free(w);
    }
}

static void a_part_added_by_a_rule_in_phase_4_is_written(void) {
    seclua_event event;
    sl_rule starter, link;
    world *w = full_world(&event, &starter, &link);
    CHECK(has_letters(w, "ABCFHZ"));
    w->txn.audit_parts |= SL_AUDIT_PART('E');
    CHECK(has_letters(w, "ABCFEHZ"));
    w->txn.audit_parts &= ~SL_AUDIT_PART('C');
    CHECK(has_letters(w, "ABFEHZ"));
    world_free(w);
}

static void the_native_record_reads_like_that_of_version_2(void) {
    seclua_event event;
    sl_rule starter, link;
    world *w = full_world(&event, &starter, &link);
    static const sl_slice signatures[] = {{(const uint8_t *)"OWASP_CRS/4.0.0", 15}};
    w->rules.config.component_signatures = signatures;
    w->rules.config.component_signature_count = 1;
    w->rules.config.web_app_id = SL_LIT("app1");
    w->txn.phase_us[1] = 3;
    w->txn.phase_us[2] = 4;
    ask_for(w, "ABCEFHKZ");
    event.status = 403;
    event.action = SECLUA_DENY;
    intervene(w, &event);
    const sl_slice record = sl_audit_native(&w->txn);
    CHECK(has(record, " 179545710923.641925 10.0.0.5 40000 127.0.0.1 80\n\n--"));
    CHECK(has(record, "-B--\nGET /a?y=bad HTTP/1.1\nHost: example.org\nUser-Agent: curl\n\n--"));
    CHECK(has(record, "-C--\np=2&q=evil\n--"));
    CHECK(has(record, "-F--\nHTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n--"));
    CHECK(has(record, "-E--\n<html></html>\n--"));
    CHECK(has(record, "-H--\nMessage: Access denied with code 403 (phase 2). Matched \"Operator `Rx' with"));
    CHECK(has(record, "\nAction: Intercepted (phase 2)\nStopwatch: 1795457159100721 "));
    CHECK(has(record, "; combined=7, p1=3, p2=4, p3=0, p4=0, p5=0, sr=0, sw=0, l=0, gc=0\nProducer: seclua/"));
    CHECK(has(record, "; OWASP_CRS/4.0.0.\nWebApp-Info: \"app1\" \"-\" \"-\"\nEngine-Mode: \"ENABLED\"\n\n--"));
    CHECK(has(record, "-K--\nSecRule ARGS:y \"@rx a\" \"id:10,phase:2,chain\"\nSecRule ARGS:z \"@rx b\" \"t:none\"\n\n\n--"));
    CHECK(sl_slice_ends(record, SL_LIT("-Z--\n")));
    world_free(w);
}

static void headers_cannot_write_lines_and_bodies_cannot_guess_the_boundary(void) {
    world *w = world_new();
    add_member(w, &w->txn.request_headers, SL_LIT("X\nY"), SL_LIT("1\r\n\r\n--00000000-Z--\n"));
    const sl_slice record = sl_audit_native(&w->txn);
    CHECK(has(record, "X\\x0aY: 1\\x0d\\x0a\\x0d\\x0a--00000000-Z--\\x0a\n"));
    const sl_slice again = sl_audit_native(&w->txn);
    CHECK(!sl_slice_equal(sl_slice_of(record.ptr, 10), sl_slice_of(again.ptr, 10)));
    world_free(w);
}

static sl_part *part_of(world *w, const char *name, size_t offset, size_t len, bool is_file) {
    sl_part *part = SL_NEW(&w->txn.arena, sl_part);
    part->name = sl_slice_z(name);
    part->data = sl_slice_of(w->txn.request_body.ptr + offset, len);
    part->is_file = is_file;
    if (is_file) part->filename = SL_LIT("up \"1\".txt");
    return part;
}

/* Two fields and a file, in a body that is not quite a form: only the offsets count. */
static world *form_world(void) {
    world *w = world_new();
    sl_part **parts = SL_NEW_ARRAY(&w->txn.arena, sl_part *, 4);
    w->txn.request_body = SL_LIT("p=[two words&]pw=[secret]file=[0123456789]file=[01]");
    parts[0] = part_of(w, "p", 3, 10, false);
    parts[1] = part_of(w, "pw", 18, 6, false);
    parts[2] = part_of(w, "f1", 31, 10, true);
    parts[3] = part_of(w, "f2", 48, 2, true);
    parts[3]->content_type = SL_LIT("text/plain");
    w->multipart.parts = parts;
    w->multipart.part_count = 4;
    w->txn.multipart = &w->multipart;
    w->txn.processor = SL_BODY_MULTIPART;
    return w;
}

static void part_i_has_the_fields_and_part_j_the_files_of_a_form(void) {
    world *w = form_world();
    ask_for(w, "IJ");
    const sl_slice record = sl_audit_native(&w->txn);
    CHECK(has(record, "-I--\np=two+words%26&pw=secret\n\n--"));
    CHECK(has(record, "-J--\n1,10,\"up \\x221\\x22.txt\",\"<Unknown ContentType>\"\n2,2,\"up \\x221\\x22.txt\",\"text/plain\"\n"
                      "Total,12\n\n--"));
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "uploads/info/0/file_name", "up \"1\".txt") && is_number(root, "uploads/info/0/file_size", 10));
    CHECK(is_text(root, "uploads/info/1/content_type", "text/plain") && is_number(root, "uploads/total", 12));
    yajl_tree_free(root);
    world_free(w);
}

static void a_native_body_is_bounded(void) {
    world *w = world_new();
    const size_t len = 4 * 1024 * 1024;
    uint8_t *body = sl_arena_alloc(&w->txn.arena, len);
    memset(body, 'x', len);
    w->txn.request_body = sl_slice_of(body, len);
    const sl_slice record = sl_audit_native(&w->txn);
    CHECK(record.len < 1024 * 1024 + 4096 && has(record, "\nRequest-Body-Truncated: 4194304\n"));
    world_free(w);
}

/* ---- sanitising ---- */

/* Neither format shows the text, both show its mask. */
static void check_hidden(world *w, const char *hidden, const char *shown) {
    ask_for(w, "ABCEFHIJZ");
    w->txn.audit_json = SL_EMPTY;
    const sl_slice records[] = {sl_audit_json(&w->txn), sl_audit_native(&w->txn)};
    for (size_t i = 0; i < 2; i++) {
        CHECK(!has(records[i], hidden) && has(records[i], shown));
    }
}

static void an_argument_is_hidden_in_the_query(void) {
    world *w = world_new();
    w->txn.uri_raw = SL_LIT("/a?p%77=topsecret&q=evil&PW=again");
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("pw"));
    check_hidden(w, "topsecret", "/a?p%77=*********&q=evil&PW=*****");
    CHECK(has(sl_audit_native(&w->txn), "\nSanitised-Args: \"pw\".\n"));
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/sanitized/args/0", "pw"));
    yajl_tree_free(root);
    world_free(w);
}

static void an_argument_is_hidden_in_an_urlencoded_body(void) {
    world *w = world_new();
    w->txn.request_body = SL_LIT("a=1&my+pw=top%20secret&my%20pw=&b=my+pw&my+pw");
    w->txn.processor = SL_BODY_URLENCODED;
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("my pw"));
    check_hidden(w, "secret", "a=1&my+pw=************&my%20pw=&b=my+pw&my+pw");
    world_free(w);
}

static void an_argument_is_hidden_in_a_form(void) {
    world *w = form_world();
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("PW"));
    check_hidden(w, "secret", "p=[two words&]pw=[******]file=[0123456789]");
    CHECK(has(sl_audit_native(&w->txn), "-I--\np=two+words%26&pw=******\n"));
    world_free(w);
}

static void an_argument_is_hidden_in_a_json_body(void) {
    world *w = world_new();
    w->txn.processor = SL_BODY_JSON;
    w->txn.request_body = SL_LIT("{\"pw\":\"topsecret\",\"q\":1,\"pw2\":\"topsecret\"}");
    add_arg(w, SL_LIT("json.pw"), SL_LIT("topsecret"), SL_ORIGIN_POST);
    add_arg(w, SL_LIT("json.pw"), SL_LIT("topsecret"), SL_ORIGIN_POST);
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("json.pw"));
    ask_for(w, "CH");
    yajl_val root = parse(w, sl_audit_json(&w->txn));
    CHECK(is_text(root, "transaction/request/body", "{\"pw\":\"*********\",\"q\":1,\"pw2\":\"*********\"}"));
    yajl_tree_free(root);
    world_free(w);
}

static void a_body_in_which_a_secret_cannot_be_found_is_not_shown_at_all(void) {
    static const char *const bodies[] = {"{\"pw\":\"top\\u0073ecret\",\"q\":1}", "{\"pw\":\"top\\u0073ecret\",\"q\":\"topsecret\"}",
                                         "{\"q\":1}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        world *w = world_new();
        w->txn.processor = SL_BODY_JSON;
        w->txn.request_body = sl_slice_z(bodies[i]);
        add_arg(w, SL_LIT("json.pw"), SL_LIT("topsecret"), SL_ORIGIN_POST);
        sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("json.pw"));
        const sl_slice native = sl_audit_native(&w->txn);
        CHECK(!has(native, "-C--") && has(native, "\nSanitised-Request-Body: all of it.\n"));
        yajl_val root = parse(w, sl_audit_json(&w->txn));
        CHECK(at(root, "transaction/request/body") == NULL && YAJL_IS_TRUE(at(root, "transaction/request/body_sanitised")));
        yajl_tree_free(root);
        world_free(w);
    }
}

static void headers_are_hidden_on_both_sides(void) {
    world *w = world_new();
    w->txn.response_status = 200;
    add_member(w, &w->txn.request_headers, SL_LIT("Authorization"), SL_LIT("Bearer token1"));
    add_member(w, &w->txn.request_headers, SL_LIT("authorization"), SL_LIT("token1"));
    add_member(w, &w->txn.response_headers, SL_LIT("Set-Cookie"), SL_LIT("token1"));
    seclua_event event = plain_event();
    event.data = SL_LIT("saw token1");
    add_event(w, &event);
    sl_mask_add(&w->txn, SL_MASK_REQUEST_HEADER, SL_LIT("authorization"));
    sl_mask_add(&w->txn, SL_MASK_RESPONSE_HEADER, SL_LIT("set-cookie"));
    check_hidden(w, "token1", "*************");
    const sl_slice native = sl_audit_native(&w->txn);
    CHECK(has(native, "Authorization: *************\nauthorization: ******\n") && has(native, "Set-Cookie: ******\n"));
    CHECK(has(native, "[data \"saw ******\"]"));
    CHECK(has(native, "\nSanitised-Request-Headers: \"authorization\".\nSanitised-Response-Headers: \"set-cookie\".\n"));
    world_free(w);
}

static void matched_bytes_alone_can_be_hidden(void) {
    world *w = world_new();
    w->txn.uri_raw = SL_LIT("/a?card=no+4111111111111111+x&other=4111111111111111");
    sl_mask_add_bytes(&w->txn, SL_MASK_ARG, SL_LIT("card"), SL_LIT("4111111111111111"), 4, 2);
    const sl_slice native = sl_audit_native(&w->txn);
    CHECK(has(native, "/a?card=no+4111**********11+x&other=4111111111111111"));
    /* Encoded otherwise: then the whole value. */
    w->txn.uri_raw = SL_LIT("/a?card=4111%31111111111111");
    CHECK(has(sl_audit_native(&w->txn), "/a?card=******************* HTTP"));
    /* The readable ends leave nothing to hide. */
    w->txn.sanitised = NULL;
    w->txn.uri_raw = SL_LIT("/a?card=1234");
    sl_mask_add_bytes(&w->txn, SL_MASK_ARG, SL_LIT("card"), SL_LIT("1234"), 2, 2);
    CHECK(has(sl_audit_native(&w->txn), "/a?card=1234 "));
    world_free(w);
}

static void with_more_secrets_than_are_looked_for_texts_are_hidden_whole(void) {
    world *w = world_new();
    char value[16];
    for (int i = 0; i < 100; i++) {
        const int len = snprintf(value, sizeof value, "secret%d", i);
        add_arg(w, SL_LIT("pw"), sl_arena_copy(&w->txn.arena, sl_slice_of(value, (size_t)len)), SL_ORIGIN_GET);
    }
    sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("pw"));
    seclua_event event = plain_event();
    event.data = SL_LIT("secret77 is here");
    add_event(w, &event);
    const sl_slice native = sl_audit_native(&w->txn);
    CHECK(has(native, "[data \"****************\"]") && !has(native, "secret77"));
    world_free(w);
}

static void a_wish_that_comes_often_is_kept_once(void) {
    world *w = world_new();
    for (int i = 0; i < 1000; i++) {
        sl_mask_add(&w->txn, SL_MASK_ARG, i % 2 == 0 ? SL_LIT("pw") : SL_LIT("PW"));
        sl_mask_add(&w->txn, SL_MASK_ARG, SL_LIT("pin"));
    }
    const sl_slice *names;
    CHECK(sl_mask_names(&w->txn, SL_MASK_ARG, &names) == 2);
    CHECK_TEXT(names[0], SL_LIT("pw"));
    CHECK_TEXT(names[1], SL_LIT("pin"));
    CHECK(sl_mask_names(&w->txn, SL_MASK_REQUEST_HEADER, &names) == 0);
    CHECK(w->txn.sanitised->next->next == NULL);
    world_free(w);
}

int main(void) {
    static const named_test tests[] = {
        TEST(the_json_record_has_the_layout_of_version_3),
        TEST(each_part_of_the_json_record_comes_and_goes_with_its_letter),
        TEST(any_bytes_give_valid_json),
        TEST(what_is_utf_8_is_left_alone),
        TEST(repeated_headers_are_all_there_and_no_key_repeats),
        TEST(a_large_body_is_cut_and_says_so),
        TEST(an_odd_protocol_is_a_text),
        TEST(only_events_for_the_audit_log_are_messages),
        TEST(the_parts_of_the_native_record_stand_in_the_order_of_version_2),
        TEST(a_part_added_by_a_rule_in_phase_4_is_written),
        TEST(the_native_record_reads_like_that_of_version_2),
        TEST(headers_cannot_write_lines_and_bodies_cannot_guess_the_boundary),
        TEST(part_i_has_the_fields_and_part_j_the_files_of_a_form),
        TEST(a_native_body_is_bounded),
        TEST(an_argument_is_hidden_in_the_query),
        TEST(an_argument_is_hidden_in_an_urlencoded_body),
        TEST(an_argument_is_hidden_in_a_form),
        TEST(an_argument_is_hidden_in_a_json_body),
        TEST(a_body_in_which_a_secret_cannot_be_found_is_not_shown_at_all),
        TEST(headers_are_hidden_on_both_sides),
        TEST(matched_bytes_alone_can_be_hidden),
        TEST(with_more_secrets_than_are_looked_for_texts_are_hidden_whole),
        TEST(a_wish_that_comes_often_is_kept_once),
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
