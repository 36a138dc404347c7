/* SPDX-License-Identifier: Apache-2.0 */
/* XML bodies: the text of trees, XPath and its load-time check, leaves as arguments, and documents that try to
 * read files, to multiply or to nest for ever. */
#include "bodies/xml.h"
#include "bodies_check.h"

#include <unistd.h>

static sl_arena arena;

static sl_slice select_into(sl_xml *xml, const char *expression, const char *const *pairs, bool *is_complete) {
    char error[128] = "";
    collector into = collector_new(&arena, 0);
    const sl_argument_sink sink = {&into, collect};
    sl_xpath *const xpath = sl_xpath_compile(expression, pairs, error, sizeof error);
    expect(xpath != NULL, expression, error);
    *is_complete = xpath != NULL && sl_xpath_select(xml, xpath, &arena, &sink);
    sl_xpath_free(xpath);
    return sl_strbuf_slice(&into.text);
}

/* ---- XPath --------------------------------------------------------------------------------------------- */

#define SHOP "<shop id='s1'>A<item n=\"1\" m='2'>one<b>!</b></item>\n<item>two</item><!--note--><?pi data?></shop>"
#define SPACES "<r xmlns:x='urn:one' xmlns='urn:two'><x:a>1</x:a><a>2</a></r>"

typedef struct path_case {
    const char *body, *expression, *wanted;
} path_case;

static const char *const spaces[] = {"p", "urn:one", "q", "urn:two", NULL};

static const path_case path_cases[] = {
    {SHOP, "/*", "=Aone!\\x0atwo"},
    {SHOP, "//@*", "=s1|=1|=2"},
    {SHOP, "/shop/item", "=one!|=two"},
    {SHOP, "//item[@n]", "=one!"},
    {SHOP, "//item/@n", "=1"},
    {SHOP, "//item | //b", "=one!|=!|=two"},
    {SHOP, "//text()", "=A|=one|=!|=\\x0a|=two"},
    {SHOP, "//comment()", "=note"},
    {SHOP, "//processing-instruction('pi')", "=data"},
    {SHOP, "/", "=Aone!\\x0atwo"},
    {SHOP, "//item[contains(., 'w') and not(@n)]", "=two"},
    {SHOP, "//*[local-name() = 'b']", "=!"},
    {SHOP, "//nothing", ""},
    {SHOP, "string(/shop/@id)", ""},
    {SHOP, "count(//item)", ""},
    {SHOP, "1 = 1", ""},
    {SPACES, "//p:a", "=1"},
    {SPACES, "//q:a", "=2"},
    {SPACES, "//p:*", "=1"},
    {SPACES, "/q:r/namespace::x", "=urn:one"},
    {"<a x='1&amp;&#50;'>&lt;&#x41;<![CDATA[<b>&amp;]]></a>", "/*", "=<A<b>&amp;"},
    {"<a x='1&amp;&#50;'/>", "//@*", "=1&2"},
    {"<a/>", "/*", "="},
    {"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>", "/*", "=\\xc3\\xa9"},
    {"\xef\xbb\xbf<a>\xc3\xa9</a>", "/*", "=\\xc3\\xa9"},
    {"<!DOCTYPE a [<!ENTITY e 'in<b>ner</b>'>]><a>&e;&e;</a>", "/*", "=innerinner"},
    {"<!DOCTYPE a [<!ENTITY e 'v'>]><a x='&e;'/>", "//@*", "=v"},
};

static void test_paths(void) {
    for (size_t i = 0; i < sizeof path_cases / sizeof path_cases[0]; i++) {
        const path_case *const row = &path_cases[i];
        bool well_formed;
        sl_slice error;
        sl_xml *const xml = sl_xml_parse(sl_slice_z(row->body), &well_formed, &error);
        expect(well_formed && error.len == 0, "the document is well-formed", row->body);
        bool is_complete;
        expect_text(row->expression, select_into(xml, row->expression, spaces, &is_complete), row->wanted);
        expect(is_complete, "the selection is complete", row->expression);
        sl_xml_free(xml);
    }
}

static void test_refused_paths(void) {
    static const char *const refused[] = {"",          "//a[",       "//z:a", "/a/z:b",      "//a[z:b = 1]", "foo(1)",
                                          "//a[bar()]", "p:count(1)", "$x",    "//a[. = $x]", "a b",          "'open",
                                          "/*["};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char error[128] = "";
        sl_xpath *const xpath = sl_xpath_compile(refused[i], spaces, error, sizeof error);
        expect(xpath == NULL, "an expression that cannot work is refused at load", refused[i]);
        expect(error[0] != '\0', "the refusal has a reason", refused[i]);
        sl_xpath_free(xpath);
    }
    static const char *const taken[] = {"/", "//a[text() and (1 or 2)]", "ancestor-or-self::node()", "//p:a/@xml:lang",
                                        "//*[name()='z:a']", "(//a)[last()]", "//a[position() mod 2 = 1]", "id('x')"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        char error[128] = "";
        sl_xpath *const xpath = sl_xpath_compile(taken[i], spaces, error, sizeof error);
        expect(xpath != NULL, taken[i], error);
        sl_xpath_free(xpath);
    }
    char error[128] = "";
    expect(sl_xpath_compile("//p:a", NULL, error, sizeof error) == NULL, "without pairs no prefix is known", NULL);
}

/* ---- errors and arguments ------------------------------------------------------------------------------ */

typedef struct broken_case {
    const char *body, *text; /* of the tree kept; NULL = no root */
} broken_case;

static const broken_case broken_cases[] = {
    {"", NULL},
    {"   ", NULL},
    {"text", NULL},
    {"<a>x<b>y</a>", "xy"},
    {"<a>x<b>y", "xy"},
    {"<a>x", "x"},
    {"<a>x</a><b/>", "x"},
    {"<a>x&undeclared;</a>", "x"},
    {"<a x=1>y</a>", NULL},
    {"<a>x\x01</a>", "x"},
    {"<a>x\xff</a>", "x"},
};

static void test_broken(void) {
    for (size_t i = 0; i < sizeof broken_cases / sizeof broken_cases[0]; i++) {
        const broken_case *const row = &broken_cases[i];
        bool well_formed;
        sl_slice error, text = SL_EMPTY;
        sl_xml *const xml = sl_xml_parse(sl_slice_z(row->body), &well_formed, &error);
        expect(!well_formed, "the document is not well-formed", row->body);
        expect_text(row->body, error, "XML: Failed parsing document.");
        const bool has_root = sl_xml_all_text(xml, &arena, &text);
        expect(has_root == (row->text != NULL), "a tree is kept when it was begun", row->body);
        if (row->text != NULL) expect_text(row->body, text, row->text);
        sl_xml_free(xml);
    }
}

static sl_slice arguments_of(const char *body, size_t limit, bool *is_complete) {
    bool well_formed;
    sl_slice error;
    sl_xml *const xml = sl_xml_parse(sl_slice_z(body), &well_formed, &error);
    collector into = collector_new(&arena, limit);
    const sl_argument_sink sink = {&into, collect};
    *is_complete = sl_xml_arguments(xml, &arena, &sink);
    sl_xml_free(xml);
    return sl_strbuf_slice(&into.text);
}

static void test_arguments(void) {
    static const path_case rows[] = {
        {"<a>1</a>", "", "xml.a=1"},
        {"<a/>", "", "xml.a="},
        {"<r><a x='no'>1</a><b><c>2</c><c>3</c></b><d/></r>", "", "xml.r.a=1|xml.r.b.c=2|xml.r.b.c=3|xml.r.d="},
        {"<r>mixed<a>1<!--c-->2</a>tail</r>", "", "xml.r.a=12"},
        {"<x:r xmlns:x='u'><x:a>1</x:a></x:r>", "", "xml.r.a=1"},
        {"<r><a><b><c>1</c></b></a><d>2</d></r>", "", "xml.r.a.b.c=1|xml.r.d=2"},
        {"<r><a>1</a><b>2", "", "xml.r.a=1|xml.r.b=2"},
    };
    bool is_complete;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_text(rows[i].body, arguments_of(rows[i].body, 0, &is_complete), rows[i].wanted);
        expect(is_complete, "all leaves are offered", rows[i].body);
    }
    expect_text("a refused leaf ends the walk", arguments_of("<r><a>1</a><a>2</a></r>", 1, &is_complete), "xml.r.a=1");
    expect(!is_complete, "a refused leaf is told", NULL);
}

/* ---- hostile documents --------------------------------------------------------------------------------- */

static void test_external(const char *secret_path) {
    static const char *const forms[] = {
        "<!DOCTYPE a [<!ENTITY e SYSTEM '%s'>]><a>x&e;y</a>",
        "<!DOCTYPE a [<!ENTITY e PUBLIC 'p' 'file://%s'>]><a>x&e;y</a>",
        "<!DOCTYPE a [<!ENTITY %% p SYSTEM '%s'> %%p;]><a>xy</a>",
        "<!DOCTYPE a SYSTEM '%s'><a>xy</a>",
        "<a xmlns:xi='http://www.w3.org/2001/XInclude'>x<xi:include href='%s' parse='text'/>y</a>",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char body[512];
        (void)snprintf(body, sizeof body, forms[i], secret_path);
        bool well_formed;
        sl_slice error, text = SL_EMPTY;
        sl_xml *const xml = sl_xml_parse(sl_slice_z(body), &well_formed, &error);
        expect(well_formed, "a document that names a file is well-formed", body);
        (void)sl_xml_all_text(xml, &arena, &text);
        expect_text(body, text, "xy");
        sl_xml_free(xml);
    }
}

/* Parses and answers what must hold: few seconds, no crash. */
static bool parse_hostile(const char *what, sl_slice body) {
    const double start = seconds_now();
    bool well_formed;
    sl_slice error, text = SL_EMPTY;
    sl_xml *const xml = sl_xml_parse(body, &well_formed, &error);
    (void)sl_xml_all_text(xml, &arena, &text);
    bool is_complete;
    (void)select_into(xml, "//a[. = 'x'] | //@y", NULL, &is_complete);
    size_t count = 0;
    const sl_argument_sink sink = {&count, count_only};
    (void)sl_xml_arguments(xml, &arena, &sink);
    sl_xml_free(xml);
    sl_arena_reset(&arena);
    expect(seconds_now() - start < 10, "a hostile document takes seconds at most", what);
    return well_formed;
}

static void test_bombs(void) {
    expect(!parse_hostile("billion laughs",
                          SL_LIT("<!DOCTYPE a [<!ENTITY l0 'lol'>"
                                 "<!ENTITY l1 '&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;'>"
                                 "<!ENTITY l2 '&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;'>"
                                 "<!ENTITY l3 '&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;'>"
                                 "<!ENTITY l4 '&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;'>"
                                 "<!ENTITY l5 '&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;'>"
                                 "<!ENTITY l6 '&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;'>]><a>&l6;</a>")),
           "entities that multiply are an error", NULL);
    expect(!parse_hostile("a loop", SL_LIT("<!DOCTYPE a [<!ENTITY b '&c;'><!ENTITY c '&b;'>]><a>&b;</a>")),
           "entities that hold each other are an error", NULL);

    /* Nodes that an entity multiplies: each reference copies them without a start tag being read. */
    sl_strbuf nodes;
    sl_strbuf_init(&nodes, &arena, 4 * 1000 * 1000);
    sl_strbuf_add_z(&nodes, "<!DOCTYPE a [<!ENTITY e '");
    for (size_t i = 0; i < 10000; i++) sl_strbuf_add_z(&nodes, "<b/>");
    sl_strbuf_add_z(&nodes, "'>]><a>");
    for (size_t i = 0; i < 1000; i++) sl_strbuf_add_z(&nodes, "&e;");
    sl_strbuf_add_z(&nodes, "</a>");
    expect(!parse_hostile("nodes in an entity", sl_strbuf_slice(&nodes)), "multiplied nodes are an error", NULL);

    sl_strbuf defaults;
    sl_strbuf_init(&defaults, &arena, 1000 * 1000);
    sl_strbuf_add_z(&defaults, "<!DOCTYPE a [<!ATTLIST b");
    for (int i = 0; i < 1000; i++) sl_strbuf_add_format(&defaults, " x%d CDATA 'y'", i);
    sl_strbuf_add_z(&defaults, ">]><a>");
    for (size_t i = 0; i < 10000; i++) sl_strbuf_add_z(&defaults, "<b/>");
    sl_strbuf_add_z(&defaults, "</a>");
    expect(!parse_hostile("default attributes", sl_strbuf_slice(&defaults)), "multiplied attributes are an error",
           NULL);
}

static void test_depth(void) {
    for (size_t depth = 255; depth <= 257; depth++) {
        sl_strbuf body;
        sl_strbuf_init(&body, &arena, 4096);
        for (size_t i = 0; i < depth; i++) sl_strbuf_add_z(&body, "<a>");
        for (size_t i = 0; i < depth; i++) sl_strbuf_add_z(&body, "</a>");
        bool well_formed;
        sl_slice error;
        sl_xml_free(sl_xml_parse(sl_strbuf_slice(&body), &well_formed, &error));
        expect(well_formed == (depth <= 256), "256 elements may be open, not more", NULL);
    }
}

static void test_large(void) {
    static const char *const repeats[] = {"<a>",      "<a/>",  "<a y='1'/>",     "x",    "<!---->", "<?p?>",
                                          "&amp;",    "&#65;", "<![CDATA[]]>",   "&e;",  "<",       " ",
                                          "<a>x</a>", "</a>",  "<a xmlns='u'/>", "]]>",  "<!--",    "<a y='"};
    for (size_t i = 0; i < sizeof repeats / sizeof repeats[0]; i++) {
        const sl_slice tail = repeated(repeats[i], 10 * 1000 * 1000);
        uint8_t *const body = malloc(tail.len + 3);
        if (body == NULL) exit(1);
        memcpy(body, "<r>", 3);
        memcpy(body + 3, tail.ptr, tail.len);
        expect(!parse_hostile(repeats[i], sl_slice_of(body, tail.len + 3)), "no end, not well-formed", repeats[i]);
        free(body);
        free((void *)tail.ptr);
    }
}

/* Rules may ask for what costs the square of the document: the work is cut off and told. */
static void test_path_limits(void) {
    sl_strbuf body;
    sl_strbuf_init(&body, &arena, 1000 * 1000);
    sl_strbuf_add_z(&body, "<r>");
    for (size_t i = 0; i < 50000; i++) sl_strbuf_add_z(&body, "<a>x</a>");
    sl_strbuf_add_z(&body, "</r>");
    bool well_formed, is_complete;
    sl_slice error;
    sl_xml *const xml = sl_xml_parse(sl_strbuf_slice(&body), &well_formed, &error);
    expect(well_formed, "fifty thousand elements are fine", NULL);
    const double start = seconds_now();
    (void)select_into(xml, "//a[count(//a[count(//a) > 1]) > 1]", NULL, &is_complete);
    expect(!is_complete, "an evaluation that costs too much is given up", NULL);
    expect(seconds_now() - start < 5, "giving up takes seconds at most", NULL);
    (void)select_into(xml, "//a", NULL, &is_complete);
    expect(is_complete, "a plain path over the same tree is fine", NULL);
    sl_xml_free(xml);

    /* Each of 200 nested elements has all of a large text. */
    sl_strbuf nested;
    sl_strbuf_init(&nested, &arena, 2 * 1000 * 1000);
    for (size_t i = 0; i < 200; i++) sl_strbuf_add_z(&nested, "<a>");
    for (size_t i = 0; i < 1000 * 1000; i++) sl_strbuf_add_byte(&nested, 'x');
    for (size_t i = 0; i < 200; i++) sl_strbuf_add_z(&nested, "</a>");
    sl_xml *const deep = sl_xml_parse(sl_strbuf_slice(&nested), &well_formed, &error);
    char reason[128];
    size_t count = 0;
    const sl_argument_sink sink = {&count, count_only};
    sl_xpath *const all = sl_xpath_compile("//a", NULL, reason, sizeof reason);
    expect(!sl_xpath_select(deep, all, &arena, &sink) && count > 0 && count < 30,
           "values that would fill the memory are given up", NULL);
    sl_xpath_free(all);
    sl_xml_free(deep);
    sl_arena_reset(&arena);
}

int main(void) {
    sl_arena_init(&arena, 0, fail_on_exhausted, NULL);

    /* libxml2 must stay silent: what it prints would land here. */
    FILE *const errors = tmpfile();
    const int stderr_copy = dup(STDERR_FILENO);
    if (errors == NULL || stderr_copy < 0) return 1;
    char secret[] = "/tmp/seclua-secret-XXXXXX";
    const int file = mkstemp(secret);
    if (file < 0 || write(file, "secret", 6) != 6) return 1;

    test_paths();
    test_arguments();
    (void)fflush(stderr);
    (void)dup2(fileno(errors), STDERR_FILENO);
    const int failures_before = failures;
    test_refused_paths();
    test_broken();
    test_external(secret);
    test_bombs();
    test_depth();
    test_large();
    test_path_limits();
    (void)fflush(stderr);
    (void)dup2(stderr_copy, STDERR_FILENO);

    rewind(errors);
    char printed[4096];
    const size_t len = fread(printed, 1, sizeof printed - 1, errors);
    printed[len] = '\0';
    if (len != 0) fputs(printed, stderr);
    expect(len == 0 || failures > failures_before, "libxml2 prints nothing", printed);
    (void)unlink(secret);
    sl_arena_free(&arena);
    return failures == 0 ? 0 : 1;
}
