/* SPDX-License-Identifier: Apache-2.0 */
/* The operators that read something besides the value: files of phrases and addresses, XML grammars, a MaxMind
 * database. */
#include <unistd.h>

#include "bodies/xml.h"
#include "operator_harness.h"
#include "operators/geo.h"
#include "run/txn.h"

/* ---- files ---- */

static void test_files(harness *h) {
    sl_match match;
    h->virtual_file = SL_LIT("# comment\r\n  first phrase \r\n\r\n\t# also a comment\na|62|\\c\nLast");
    expect(h, answer_to(h, "pmFromFile", SL_LIT("x.data"), SL_LIT("the First Phrase!"), &match) == SL_YES,
           "a phrase of a file may hold blanks and is trimmed at both ends");
    expect(h, match.capture_count == 1 && sl_slice_equal(match.captures[0], SL_LIT("first phrase")),
           "the phrase is captured as the file has it");
    expect(h, answer_to(h, "pmf", SL_LIT("x.data"), SL_LIT("A|62|\\C"), &match) == SL_YES,
           "bars and backslashes in a file are literal");
    expect(h, answer_to(h, "pmf", SL_LIT("x.data"), SL_LIT("a comment"), &match) == SL_NO,
           "comments are no phrases");
    expect(h, answer_to(h, "pmf", SL_LIT("\"x y.data\" z.data"), SL_LIT("at last"), &match) == SL_YES,
           "the last line needs no line end");

    h->virtual_file = SL_LIT("# networks\n10.0.0.0/8 # inside\n\n192.0.2.1, 2001:db8::/32\r\n");
    expect(h, answer_to(h, "ipMatchFromFile", SL_LIT("x"), SL_LIT("2001:db8::5"), &match) == SL_YES,
           "a line of an address file may be a comma list");
    expect(h, answer_to(h, "ipMatchF", SL_LIT("x"), SL_LIT("10.1.1.1"), &match) == SL_YES,
           "a comment may follow an address");
    h->virtual_file = SL_LIT("10.0.0.1\n\n10.0.0.0/40\n");
    (void)harness_load(h, SL_LIT("ipMatchFromFile"), SL_LIT("list.txt"));
    expect(h, strstr(h->message, "list.txt, line 3") != NULL,
           "a bad entry is reported with its file and line");
    h->virtual_file = SL_LIT("# nothing\n");
    expect(h, !harness_load(h, SL_LIT("pmFromFile"), SL_LIT("x")).is_loaded,
           "a file without phrases is an error");
    h->virtual_file = SL_EMPTY;
}

/* ---- XML ---- */

static sl_answer validate(harness *h, const subject *grammar, const char *body) {
    sl_txn *const txn = calloc(1, sizeof *txn);
    if (txn == NULL) harness_out_of_memory(NULL);
    bool is_well_formed = false;
    sl_slice error;
    txn->xml = sl_xml_parse(sl_slice_z(body), &is_well_formed, &error);
    h->txn = txn;
    sl_match match;
    const sl_answer answer = harness_ask(h, grammar, SL_EMPTY, &match);
    h->txn = NULL;
    sl_xml_free(txn->xml);
    free(txn);
    return answer;
}

static void test_xml(harness *h) {
    h->virtual_file =
        SL_LIT("<!ELEMENT order (item+)><!ELEMENT item (#PCDATA)><!ATTLIST item n CDATA #REQUIRED>");
    const subject dtd = harness_load(h, SL_LIT("validateDTD"), SL_LIT("order.dtd"));
    h->virtual_file = SL_LIT(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='order'>"
        "<xs:complexType><xs:sequence><xs:element name='item' maxOccurs='3' type='xs:int'/>"
        "</xs:sequence></xs:complexType></xs:element></xs:schema>");
    const subject schema = harness_load(h, SL_LIT("validateSchema"), SL_LIT("order.xsd"));
    h->virtual_file = SL_LIT("<xs:schema");
    expect(h, !harness_load(h, SL_LIT("validateSchema"), SL_LIT("bad.xsd")).is_loaded,
           "a broken schema is refused");
    h->virtual_file = SL_LIT("<!ELEMENT");
    expect(h, !harness_load(h, SL_LIT("validateDTD"), SL_LIT("bad.dtd")).is_loaded,
           "a broken DTD is refused");
    h->virtual_file = SL_EMPTY;
    expect(h, dtd.is_loaded && schema.is_loaded, "a DTD and a schema load");
    if (!dtd.is_loaded || !schema.is_loaded) return;
    for (int round = 0; round < 2; round++) { /* a grammar serves many bodies */
        expect(h, validate(h, &dtd, "<order><item n='1'>a</item></order>") == SL_NO,
               "a valid body passes the DTD");
        expect(h, validate(h, &dtd, "<order><item>a</item></order>") == SL_YES,
               "a missing attribute fails the DTD");
        expect(h, validate(h, &dtd, "<order/>") == SL_YES, "missing content fails the DTD");
        expect(h, validate(h, &dtd, "<order><item n='1'>a</item>") == SL_YES,
               "an open element fails the DTD");
        expect(h, validate(h, &schema, "<order><item>1</item></order>") == SL_NO,
               "a valid body passes the schema");
        expect(h, validate(h, &schema, "<order><item>x</item></order>") == SL_YES,
               "a wrong type fails the schema");
        expect(h, validate(h, &schema, "<order><item>1</item>") == SL_YES,
               "an open element fails the schema");
        expect(h,
               validate(h, &schema,
                        "<order xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                        "xsi:noNamespaceSchemaLocation='other.xsd'><item>x</item></order>") == SL_YES,
               "a body cannot bring its own schema");
    }
}

/* ---- countries ---- */

static void test_countries(harness *h) {
    expect(h, sl_slice_equal(sl_geo_country_code3(SL_LIT("AD")), SL_LIT("AND")),
           "the first country is found");
    expect(h, sl_slice_equal(sl_geo_country_code3(SL_LIT("ZW")), SL_LIT("ZWE")), "the last country is found");
    expect(h, sl_slice_equal(sl_geo_country_code3(SL_LIT("CH")), SL_LIT("CHE")), "one between is found");
    expect(h, sl_geo_country_code3(SL_LIT("ZZ")).len == 0, "no country has the code ZZ");
    expect(h, sl_geo_country_code3(SL_EMPTY).len == 0, "the empty code is no country");
    const char *error = NULL;
    expect(h, sl_geo_open("no-such-file.mmdb", &error) == NULL && error != NULL,
           "a missing database is an error");
}

/* ---- a database of one network ---- */

/* The MaxMind format by hand: 0.0.0.0/1 leads to one record, the rest to nothing. A byte before each text or
 * map says its kind and size: \xE* map, \x4* text, \x68 double, \xA* and \xC* numbers; an array and a 64-bit
 * number take two. */
static const char database_bytes[] =
    "\x00\x00\x11\x00\x00\x01" /* the node: left to the record at 0 (node count + 16), right to nowhere */
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\xE6\x47" "country\xE2\x48" "iso_code\x42" "CH\x45" "names\xE1\x42" "en\x4B" "Switzerland"
    "\x49" "continent\xE2\x44" "code\x42" "EU\x45" "names\xE1\x42" "en\x46" "Europe"
    "\x4C" "subdivisions\x01\x04\xE1\x48" "iso_code\x42" "BE"
    "\x44" "city\xE1\x45" "names\xE1\x42" "en\x44" "Bern"
    "\x46" "postal\xE1\x44" "code\x44" "3000"
    "\x48" "location\xE3\x48" "latitude\x68\x40\x47\x80\x00\x00\x00\x00\x00" /* 47 */
    "\x49" "longitude\x68\xC0\x1C\x80\x00\x00\x00\x00\x00" /* -7.125 */
    "\x4A" "metro_code\xA2\x02\x01"
    "\xAB\xCD\xEF" "MaxMind.com"
    "\xE9\x49" "languages\x01\x04\x42" "en"
    "\x4B" "description\xE1\x42" "en\x44" "Test"
    "\x4A" "node_count\xC1\x01"
    "\x4B" "record_size\xA1\x18"
    "\x4A" "ip_version\xA1\x04"
    "\x4D" "database_type\x44" "Test"
    "\x5B" "binary_format_major_version\xA1\x02"
    "\x5B" "binary_format_minor_version\xA0"
    "\x4B" "build_epoch\x01\x02\x01";

static sl_slice geo_value(sl_txn *txn, const char *key) {
    for (size_t i = 0; i < txn->geo.count; i++) {
        const sl_member *const member = txn->geo.items[i];
        if (!member->is_dead && sl_slice_equal_fold(member->name->slice, sl_slice_z(key)))
            return member->value->slice;
    }
    return SL_EMPTY;
}

static void *open_database(harness *h) {
    char path[] = "/tmp/seclua-geo-XXXXXX";
    const int descriptor = mkstemp(path);
    if (descriptor < 0) return NULL;
    const ssize_t written = write(descriptor, database_bytes, sizeof database_bytes - 1);
    close(descriptor);
    const char *error = "the database was written";
    const bool is_written = written == (ssize_t)sizeof database_bytes - 1;
    void *const opened = is_written ? sl_geo_open(path, &error) : NULL;
    unlink(path);
    expect(h, opened != NULL, error);
    return opened;
}

static void test_geo(harness *h) {
    static const char *const expected[][2] = {
        {"COUNTRY_CODE", "CH"},      {"COUNTRY_CODE3", "CHE"}, {"COUNTRY_NAME", "Switzerland"},
        {"COUNTRY_CONTINENT", "EU"}, {"REGION", "BE"},         {"CONTINENT_NAME", "Europe"},
        {"CITY", "Bern"},            {"POSTAL_CODE", "3000"},  {"LATITUDE", "47.000000"},
        {"LONGITUDE", "-7.125000"},  {"DMA_CODE", "513"},
    };
    void *const database = open_database(h);
    if (database == NULL) return;
    h->rules->geo_database = database;
    sl_txn *const txn = calloc(1, sizeof *txn);
    if (txn == NULL) harness_out_of_memory(NULL);
    sl_arena_init(&txn->arena, 0, harness_out_of_memory, NULL);
    h->txn = txn;
    const subject lookup = harness_load(h, SL_LIT("geoLookup"), SL_EMPTY);
    sl_match match;
    expect(h, lookup.is_loaded, "with a database the operator loads");
    expect(h, harness_ask(h, &lookup, SL_LIT("::ffff:10.1.2.3"), &match) == SL_YES,
           "a known address matches");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        h->checks++;
        const sl_slice value = geo_value(txn, expected[i][0]);
        if (!sl_slice_equal(value, sl_slice_z(expected[i][1]))) {
            harness_fail(h, SL_LIT("geoLookup"), sl_slice_z(expected[i][0]), value, expected[i][1]);
        }
    }
    expect(h, harness_ask(h, &lookup, SL_LIT("200.1.2.3"), &match) == SL_NO,
           "an unknown address does not match");
    expect(h, geo_value(txn, "COUNTRY_CODE").len == 0,
           "a lookup without result leaves nothing of the one before");
    expect(h, harness_ask(h, &lookup, SL_LIT("example.org"), &match) == SL_NO, "names are not resolved");
    expect(h, harness_ask(h, &lookup, SL_LIT("2001:db8::1"), &match) == SL_NO,
           "an IPv4 database knows no IPv6 address");
    h->txn = NULL;
    h->rules->geo_database = NULL;
    sl_arena_free(&txn->arena);
    free(txn);
    sl_geo_close(database);
}

int main(void) {
    harness h;
    harness_open(&h, false);
    test_files(&h);
    test_xml(&h);
    test_countries(&h);
    test_geo(&h);
    const int result = harness_result("operators over data", &h);
    harness_close(&h);
    return result;
}
