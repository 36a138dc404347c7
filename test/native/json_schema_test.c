/* SPDX-License-Identifier: Apache-2.0 */
/* JSON schemas: each keyword, numbers that a double would round, what is wrong with a schema, and documents made to
 * cost much. */
#include <time.h>

#include "base/strbuf.h"
#include "operator_harness.h"
#include "operators/json_schema.h"

static char reports[4096]; /* of the last compilation, a line each */

static void keep_report(void *context, const char *code, const char *message, const char *hint, sl_slice file,
                        sl_slice content, uint32_t line) {
    (void)context;
    (void)hint;
    (void)content;
    const size_t used = strlen(reports);
    snprintf(reports + used, sizeof reports - used, "%.*s:%u %s %s\n", (int)file.len, (const char *)file.ptr,
             (unsigned)line, code, message);
}

static const sl_json_schema *compile(harness *h, sl_slice text) {
    sl_prepare prepare;
    memset(&prepare, 0, sizeof prepare);
    prepare.rules = h->rules;
    prepare.arena = &h->arena;
    prepare.report_file = keep_report;
    prepare.context = h;
    reports[0] = '\0';
    return sl_json_schema_compile(&prepare, SL_LIT("a.json"), SL_LIT("/etc/a.json"), text);
}

static sl_answer judge(harness *h, const sl_json_schema *schema, sl_slice text) {
    sl_arena arena;
    sl_arena_init(&arena, 0, harness_out_of_memory, NULL);
    sl_json_document document;
    sl_json_error error;
    const bool is_json = sl_json_tree(&arena, text, sl_json_depth_max, &document, &error);
    const sl_answer answer = is_json ? sl_json_schema_judge(schema, &arena, h->scratch, &document) : SL_ERROR;
    sl_arena_free(&arena);
    return answer;
}

/* Documents are separated by "; ". */
static const struct follows_case {
    const char *schema, *good, *bad;
} cases[] = {
    {"true", "1; {}", ""},
    {"false", "", "1; {}"},
    {"{}", "null; [1]", ""},
    {"{\"type\":\"integer\"}", "1; -0; 1.0; 1e3; 10e-1; 1e400", "1.5; 1e-1; \"1\"; true; null"},
    {"{\"type\":\"number\"}", "1; 1.5", "\"1\"; []"},
    {"{\"type\":[\"null\",\"boolean\",\"object\"]}", "null; true; false; {}", "0; []; \"\""},
    {"{\"const\":{\"a\":[1,2.0]}}", "{\"a\":[1.0,2]}", "{\"a\":[1,2,3]}; {\"a\":[2,1]}; {}; {\"a\":[1,2],\"b\":1}"},
    {"{\"const\":false}", "false", "0; null; true"},
    {"{\"enum\":[3,\"a\",null,[1],1]}", "1.00; 3; \"a\"; null; [1]", "2; \"A\"; []; [1,1]; false"},
    {"{\"enum\":[]}", "", "1"},
    /* numbers */
    {"{\"minimum\":9007199254740993}", "9007199254740993; 9007199254740994", "9007199254740992; -9007199254740994"},
    {"{\"maximum\":-0.1}", "-0.1; -1; -1e999999999999999999999", "0; -0.09; 1e999999999999999999999"},
    {"{\"exclusiveMinimum\":0}", "1e-400; 0.1", "0; -0.0; 0e5; -1"},
    {"{\"exclusiveMaximum\":1e2}", "99.9; 99.99999999999999999999", "100; 1e2; 100.0; 101"},
    {"{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"minimum\":1,\"exclusiveMinimum\":true}", "1.1",
     "1; 0"},
    {"{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"maximum\":1,\"exclusiveMaximum\":false}", "1", "2"},
    {"{\"multipleOf\":0.01}", "0; 1.23; 100; 4.02; 1e300; 9007199254740993", "0.001; 1.234; 1e-400"},
    {"{\"multipleOf\":3}", "9; -3; 3e9; 111111111111111111111111111111; 0.0", "10; 1e9; 1.5; 3.3"},
    {"{\"multipleOf\":2.5}", "5; 2.5; -7.5; 1e1", "1; 2.6"},
    /* strings: in code points; a NUL is one */
    {"{\"minLength\":2,\"maxLength\":3}", "\"ab\"; \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"; \"a\\u0000b\"; 1",
     "\"a\"; \"abcd\"; \"\"; \"\\u0000\\u0000\\u0000\\u0000\""},
    {"{\"pattern\":\"^\\\\p{L}{2}$\"}", "\"ab\"; \"\xc3\xa9\xc3\xa9\"; 5", "\"a\"; \"abc\"; \"ab\\n\"; \"12\""},
    {"{\"pattern\":\"^.$\"}", "\"\xe2\x82\xac\"; \"a\"", "\"\\n\"; \"ab\""},
    {"{\"pattern\":\"\\\\u00e9\"}", "\"caf\xc3\xa9\"", "\"cafe\""},
    {"{\"pattern\":\"b\"}", "\"abc\"", "\"ac\""},
    {"{\"format\":\"ipv4\"}", "\"not an address\"", ""},
    /* arrays */
    {"{\"items\":{\"type\":\"string\"}}", "[]; [\"a\"]; {}", "[1]; [\"a\",null]"},
    {"{\"items\":false}", "[]", "[1]"},
    {"{\"prefixItems\":[{\"type\":\"string\"},true],\"items\":{\"type\":\"number\"}}", "[]; [\"a\"]; [\"a\",\"b\",1]",
     "[1]; [\"a\",1,\"b\"]"},
    {"{\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[]; [\"a\"]", "[1]; [\"a\",1]"},
    {"{\"contains\":{\"const\":1}}", "[1]; [0,1]; 5", "[]; [0]"},
    {"{\"contains\":{\"const\":1},\"minContains\":2,\"maxContains\":3}", "[1,1]; [1,0,1,1]", "[1]; [1,1,1,1]"},
    {"{\"contains\":{\"const\":1},\"minContains\":0}", "[]; [0]", ""},
    {"{\"minItems\":1,\"maxItems\":2}", "[1]; [1,2]; \"abc\"", "[]; [1,2,3]"},
    {"{\"uniqueItems\":true}", "[]; [1,true]; [0,false]; [[1],[2]]; [{\"a\":1},{\"a\":2}]; [\"1\",1]",
     "[1,1.0]; [2,1,2]; [[1],[1]]; [{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]; [null,0,null]"},
    /* objects */
    {"{\"properties\":{\"a\":{\"type\":\"number\"}}}", "{}; {\"a\":1}; {\"b\":\"x\"}; [\"a\"]",
     "{\"a\":\"1\"}; {\"a\":1,\"a\":\"x\"}; {\"a\":\"x\",\"a\":1}"},
    {"{\"additionalProperties\":false,\"properties\":{\"a\":true},\"patternProperties\":{\"^x\":{\"type\":\"null\"}}}",
     "{}; {\"a\":1,\"x\":null,\"xy\":null}", "{\"b\":1}; {\"x\":1}; {\"a\":1,\"A\":1}"},
    {"{\"patternProperties\":{\"a\":{\"minimum\":1},\"b\":{\"maximum\":2}}}", "{\"ab\":2}; {\"a\":5}; {\"b\":-1}",
     "{\"ab\":0}; {\"ab\":3}"},
    {"{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":1}; []", "{}; {\"a\":1}; {\"a\":1,\"B\":2}"},
    {"{\"required\":[\"__proto__\",\"\"]}", "{\"__proto__\":1,\"\":2}", "{}; {\"__proto__\":1}"},
    {"{\"minProperties\":1,\"maxProperties\":2}", "{\"a\":1}", "{}; {\"a\":1,\"b\":1,\"c\":1}"},
    {"{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1}; {}", "{\"aa\":1}"},
    {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{}; {\"b\":1}; {\"a\":1,\"b\":1}", "{\"a\":1}"},
    {"{\"dependentSchemas\":{\"a\":{\"minProperties\":2}}}", "{\"b\":1}; {\"a\":1,\"b\":1}", "{\"a\":1}"},
    {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"required\":[\"d\"]}}}", "{\"a\":1,\"b\":1}; {\"c\":1,\"d\":1}",
     "{\"a\":1}; {\"c\":1}"},
    /* several schemas for one value */
    {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "1; 2; \"x\"", "0; 3"},
    {"{\"anyOf\":[{\"maximum\":1},{\"minimum\":3}]}", "1; 3", "2"},
    {"{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", "2; 3", "6; 5"},
    {"{\"not\":{\"type\":\"string\"}}", "1", "\"a\""},
    {"{\"if\":{\"properties\":{\"a\":{\"const\":1}}},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
     "{\"a\":1,\"b\":1}; {\"a\":2,\"c\":1}; {\"b\":1}", "{\"a\":1}; {\"a\":2}; {}"},
    {"{\"then\":false,\"else\":false}", "1", ""},
    /* what nobody looked at */
    {"{\"allOf\":[{\"properties\":{\"a\":true}}],\"unevaluatedProperties\":false}", "{}; {\"a\":1}",
     "{\"b\":1}; {\"a\":1,\"b\":1}"},
    {"{\"anyOf\":[{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]},{\"properties\":{\"b\":true}}],"
     "\"unevaluatedProperties\":false}",
     "{\"a\":1,\"b\":1}; {\"b\":1}", "{\"a\":2}; {\"c\":1}"},
    {"{\"prefixItems\":[true],\"contains\":{\"type\":\"string\"},\"unevaluatedItems\":false}", "[1,\"a\"]; [\"a\"]",
     "[1]; [1,2,\"a\"]"},
    {"{\"properties\":{\"a\":true},\"allOf\":[{\"unevaluatedProperties\":false}]}", "{}", "{\"a\":1}"},
    {"{\"if\":{\"properties\":{\"a\":{\"const\":1}}},\"unevaluatedProperties\":false}", "{\"a\":1}",
     "{\"a\":2}; {\"b\":1}"},
    /* references */
    {"{\"$ref\":\"#/parts/a%25/0/x~1~0\",\"parts\":{\"a%\":[{\"x/~\":{\"type\":\"null\"}}]}}", "null", "1"},
    {"{\"$ref\":\"#n\",\"$defs\":{\"x\":{\"$anchor\":\"n\",\"type\":\"null\"}}}", "null", "1"},
    {"{\"$id\":\"https://example.org/a.json\",\"properties\":{\"a\":{\"$ref\":\"https://example.org/a.json#/$defs/"
     "n\"}},\"$defs\":{\"n\":{\"type\":\"null\"}}}",
     "{\"a\":null}", "{\"a\":1}"},
    {"{\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}", "{}; {\"next\":{\"next\":{}}}",
     "{\"next\":{\"x\":1}}"},
    {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"properties\":{\"a\":{\"$ref\":\"#/definitions/"
     "n\",\"maximum\":1}},\"definitions\":{\"n\":{\"type\":\"number\"}}}",
     "{\"a\":5}", "{\"a\":\"x\"}"},
    {"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\",\"maximum\":1}},\"$defs\":{\"n\":{\"type\":\"number\"}}}",
     "{\"a\":1}", "{\"a\":5}"},
    {"{\"title\":5,\"unheard-of\":{\"type\":\"null\"}}", "1", ""},
};

static void test_documents(harness *h, const char *schema_text, const sl_json_schema *schema, const char *documents,
                           sl_answer wanted) {
    while (*documents != '\0') {
        const char *const end = strstr(documents, "; ");
        const size_t len = end == NULL ? strlen(documents) : (size_t)(end - documents);
        const sl_slice text = sl_arena_copy(&h->arena, sl_slice_of(documents, len));
        const sl_answer answer = judge(h, schema, text);
        h->checks++;
        if (answer != wanted)
            harness_fail(h, sl_slice_z(schema_text), text, sl_slice_z(harness_word(answer)), harness_word(wanted));
        documents += len + (end == NULL ? 0 : 2);
    }
}

static void test_keywords(harness *h) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const sl_json_schema *const schema = compile(h, sl_slice_z(cases[i].schema));
        if (schema == NULL) fprintf(stderr, "%s\n    %s", cases[i].schema, reports);
        expect(h, schema != NULL, "the schema compiles");
        if (schema == NULL) continue;
        test_documents(h, cases[i].schema, schema, cases[i].good, SL_YES);
        test_documents(h, cases[i].schema, schema, cases[i].bad, SL_NO);
    }
}

static void test_errors(harness *h) {
    static const struct {
        const char *schema, *part; /* of the reports; with its line */
    } rows[] = {
        {"{", "/etc/a.json:1 SECLUA_E_OPERATOR_PARAM the JSON schema is wrong: parse error: premature EOF"},
        {"{\n\"a\":1,\n\n x}", ":4 SECLUA_E_OPERATOR_PARAM the JSON schema is wrong: lexical error"},
        {"1", "a schema is an object, true or false"},
        {"{\"type\":\"int\"}", "\"type\" wants null, boolean"},
        {"{\n\"properties\":{\n\"a\":5}}", ":3 SECLUA_E_OPERATOR_PARAM the JSON schema is wrong: a schema is"},
        {"{\"required\":true}", "\"required\" wants a list of names"},
        {"{\"required\":[1]}", "\"required\" wants a list of names"},
        {"{\"minLength\":-1}", "\"minLength\" wants a number of things"},
        {"{\"maxItems\":1.5}", "\"maxItems\" wants a number of things"},
        {"{\"minimum\":\"1\"}", "\"minimum\" wants a number"},
        {"{\"exclusiveMinimum\":true}", "\"exclusiveMinimum\" wants a number"},
        {"{\"multipleOf\":0}", "\"multipleOf\" wants a number above 0"},
        {"{\"uniqueItems\":1}", "\"uniqueItems\" wants true or false"},
        {"{\"enum\":1}", "\"enum\" wants a list of values"},
        {"{\"allOf\":{}}", "\"allOf\" wants a list of schemas"},
        {"{\"pattern\":\"(\"}", "the pattern ( cannot be compiled: missing closing parenthesis at byte 1"},
        {"{\"patternProperties\":{\"[\":true}}", "the pattern [ cannot be compiled"},
        {"{\"$ref\":\"#/nowhere\"}", "the reference #/nowhere leads nowhere"},
        {"{\"$ref\":\"#nowhere\"}", "the reference #nowhere leads nowhere"},
        {"{\"$ref\":\"https://example.org/x.json\"}", "the reference https://example.org/x.json leads out of the file"},
        {"{\"$ref\":\"file:///etc/passwd\"}", "leads out of the file"},
        {"{\"$ref\":\"other.json#/a\"}", "leads out of the file"},
        {"{\"$ref\":\"#\"}", "refers to itself for the same value"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":[true,{\"$ref\":\"#/$defs/"
         "b\"}]},\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}",
         "refers to itself for the same value"},
        {"{\"$defs\":{\"a\":{\"$id\":\"https://example.org/b\"}}}", "\"$id\" of a part"},
        {"{\"$schema\":\"http://json-schema.org/draft-03/schema#\"}", "\"$schema\" names a language that is unknown"},
        {"{\"type\":\"null\",\"type\":\"null\"}", "\"type\" stands there twice"},
        {"{\"$ref\":\"#/$defs/a\",\"$dynamicRef\":\"#/$defs/a\",\"$defs\":{\"a\":true}}",
         "two references in one place"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool is_refused = compile(h, sl_slice_z(rows[i].schema)) == NULL;
        h->checks++;
        if (!is_refused || strstr(reports, rows[i].part) == NULL) {
            harness_fail(h, SL_LIT("the schema is refused"), sl_slice_z(rows[i].schema), sl_slice_z(reports),
                         rows[i].part);
        }
    }
    (void)compile(h, SL_LIT("{\"type\":1,\n\"minimum\":null,\n\"pattern\":\"[\"}"));
    expect(h, strstr(reports, ":1 ") != NULL && strstr(reports, ":2 ") != NULL && strstr(reports, ":3 ") != NULL,
           "all that is wrong is said at once, each with its line");
}

/* before, then count times part, then after. */
static sl_slice repeated(harness *h, const char *before, const char *part, size_t count, const char *after) {
    sl_strbuf text;
    sl_strbuf_init(&text, &h->arena, 1024);
    sl_strbuf_add_z(&text, before);
    for (size_t i = 0; i < count; i++) sl_strbuf_add_z(&text, part);
    sl_strbuf_add_z(&text, after);
    return sl_strbuf_slice(&text);
}

static void expect_soon(harness *h, const sl_json_schema *schema, sl_slice text, sl_answer wanted,
                        const char *sentence) {
    const clock_t start = clock();
    const sl_answer answer = schema == NULL ? SL_ERROR : judge(h, schema, text);
    expect(h, answer == wanted, sentence);
    expect(h, (double)(clock() - start) / CLOCKS_PER_SEC < 20, "a hostile document is done with soon");
}

static void test_hostile(harness *h) {
    const sl_json_schema *schema = compile(h, SL_LIT("{\"anyOf\":[{\"items\":{\"$ref\":\"#\"},\"minItems\":1},"
                                                     "{\"items\":{\"$ref\":\"#\"},\"minItems\":1}]}"));
    sl_slice deep = repeated(h, "", "[", 60, "");
    deep = repeated(h, sl_arena_z(&h->arena, deep), "]", 60, "");
    expect_soon(h, schema, deep, SL_LIMIT, "two ways at each of 60 levels are given up");
    deep = repeated(h, "", "[", sl_json_depth_max, "");
    deep = repeated(h, sl_arena_z(&h->arena, deep), "]", sl_json_depth_max, "");
    schema = compile(h, SL_LIT("{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"items\":{\"$ref\":\"#\"}}]}]}]}]}"));
    expect_soon(h, schema, deep, SL_LIMIT, "nesting is bounded whatever the schema makes of it");
    schema = compile(h, SL_LIT("{\"items\":{\"$ref\":\"#\"}}"));
    expect_soon(h, schema, deep, SL_YES, "a document as deep as is allowed is judged");

    schema = compile(h, SL_LIT("{\"uniqueItems\":true}"));
    expect_soon(h, schema, repeated(h, "[0", ",1,2,3,4", 50000, "]"), SL_NO, "many items");
    expect_soon(h, schema, repeated(h, "[[1]", ",[1,[1,[1,[1]]]]", 20000, "]"), SL_NO, "many equal items");
    schema = compile(h, SL_LIT("{\"pattern\":\"^(a+)+$\"}"));
    expect_soon(h, schema, repeated(h, "\"", "a", 5000, "b\""), SL_LIMIT, "a pattern at its limit gives no answer");
    schema = compile(h, SL_LIT("{\"items\":{\"not\":{\"pattern\":\"^(a+)+$\"}}}"));
    expect_soon(h, schema, repeated(h, "[\"", "a", 5000, "b\"]"), SL_LIMIT, "nor does its opposite");
    schema = compile(h, SL_LIT("{\"multipleOf\":7,\"maximum\":1}"));
    expect_soon(h, schema, repeated(h, "1", "234567890", 100000, "e99999999999999999999"), SL_NO,
                "a number of a million digits");
    schema = compile(h, SL_LIT("{\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"b\"]}"));
    expect_soon(h, schema, repeated(h, "{\"b\":1", ",\"a\":null", 100000, "}"), SL_YES,
                "a name a hundred thousand times");

    sl_strbuf chain;
    sl_strbuf_init(&chain, &h->arena, 4096);
    sl_strbuf_add_z(&chain, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
    for (int i = 0; i < 2000; i++) sl_strbuf_add_format(&chain, "\"d%d\":{\"$ref\":\"#/$defs/d%d\"},", i, i + 1);
    sl_strbuf_add_z(&chain, "\"d2000\":true}}");
    expect(h, compile(h, sl_strbuf_slice(&chain)) == NULL && strstr(reports, "in a row") != NULL,
           "a long row of references is refused");
    expect(h,
           compile(h, repeated(h, "", "{\"not\":", sl_json_depth_max + 1, "")) == NULL &&
               strstr(reports, "depth limit") != NULL,
           "a schema that is too deep is refused");
}

static int order(const char *a, const char *b) {
    const sl_decimal left = sl_decimal_read(sl_slice_z(a)), right = sl_decimal_read(sl_slice_z(b));
    return sl_decimal_compare(&left, &right);
}

static void test_decimals(harness *h) {
    static const char *const rising[] = {"-1e30",  "-101",  "-100.5", "-1.01", "-1",    "-0.5", "-1e-9", "0",
                                         "1e-30",  "0.001", "0.0011", "0.01",  "0.99",  "1.00", "1.01",  "9.9",
                                         "10.000", "10.5",  "99",     "1e2",   "101.0", "1e30"};
    const size_t count = sizeof rising / sizeof rising[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            const int found = order(rising[i], rising[j]);
            expect(h, i < j ? found < 0 : i > j ? found > 0 : found == 0, "numbers have one order");
        }
    }
    static const char *const equal[][2] = {
        {"0", "-0.000e7"}, {"100", "1.0e+2"}, {"0.0012", "12E-4"}, {"10.50", "1050e-2"}, {"-7", "-0.7e1"}};
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
        expect(h, order(equal[i][0], equal[i][1]) == 0, "a number has many ways to be written");
    }
}

int main(void) {
    harness h;
    harness_open(&h, false);
    test_keywords(&h);
    test_errors(&h);
    test_hostile(&h);
    test_decimals(&h);
    const int result = harness_result("JSON schemas", &h);
    harness_close(&h);
    return result;
}
