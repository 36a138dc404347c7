/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine relies on in the libraries under deps/: how they were configured, and the edits that
 * deps/sources.json lists. A new version of a library that drops one of these must fail here, not on a request. */

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <libinjection.h>
#include <libxml/parser.h>
#include <lualib.h>
#include <maxminddb.h>
#include <pcre2.h>
#include <yajl/yajl_parse.h>

static int failures;

static void expect(int holds, const char *sentence) {
    if (holds) return;
    failures++;
    printf("not so: %s\n", sentence);
}

static void pcre2_has_its_compiler(void) {
    uint32_t jit = 0, unicode = 0;
    pcre2_config(PCRE2_CONFIG_JIT, &jit);
    pcre2_config(PCRE2_CONFIG_UNICODE, &unicode);
    expect(jit == 1, "PCRE2 has its just-in-time compiler");
    expect(unicode == 1, "PCRE2 knows Unicode");
}

static void libxml2_has_no_way_out(void) {
    expect(xmlHasFeature(XML_WITH_HTTP) == 0, "libxml2 has no network code");
    expect(xmlHasFeature(XML_WITH_CATALOG) == 0, "libxml2 reads no catalogs");
    expect(xmlHasFeature(XML_WITH_XINCLUDE) == 0, "libxml2 includes no other documents");
    expect(xmlHasFeature(XML_WITH_THREAD) == 1, "libxml2 knows threads");
    expect(xmlHasFeature(XML_WITH_PUSH) == 1, "libxml2 takes a document in chunks");
    expect(xmlHasFeature(XML_WITH_XPATH) == 1, "libxml2 has XPath");
    expect(xmlHasFeature(XML_WITH_VALID) == 1, "libxml2 validates against a DTD");
    expect(xmlHasFeature(XML_WITH_SCHEMAS) == 1, "libxml2 validates against a schema");
}

static void lua_loads_no_libraries(void) {
    lua_State *const lua = luaL_newstate();
    luaL_openlibs(lua);
    int status = luaL_loadstring(lua, "local ok, _, why = package.loadlib('any', '*') return why");
    if (status == LUA_OK) status = lua_pcall(lua, 0, 1, 0);
    const char *const why = lua_tostring(lua, -1);
    expect(status == LUA_OK && why != NULL && strcmp(why, "absent") == 0, "Lua cannot load shared libraries");
    lua_close(lua);
}

/* Collects every string and number of a document, each followed by a bar. */
typedef struct {
    char text[128];
    size_t length;
} collected;

static int collect(collected *out, const void *bytes, size_t count) {
    if (count + 1 > sizeof out->text - out->length) return 0;
    memcpy(out->text + out->length, bytes, count);
    out->length += count;
    out->text[out->length++] = '|';
    return 1;
}

static int collect_string(void *out, const unsigned char *bytes, size_t count) { return collect(out, bytes, count); }
static int collect_number(void *out, const char *bytes, size_t count) { return collect(out, bytes, count); }

static void expect_json(const char *document, size_t chunk, const char *wanted, const char *sentence) {
    const yajl_callbacks callbacks = { .yajl_string = collect_string, .yajl_number = collect_number };
    collected out = { .length = 0 };
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &out);
    yajl_status status = yajl_status_ok;
    for (size_t at = 0, end = strlen(document); at < end && status == yajl_status_ok; at += chunk) {
        const size_t count = end - at < chunk ? end - at : chunk;
        status = yajl_parse(parser, (const unsigned char *)document + at, count);
    }
    if (status == yajl_status_ok) status = yajl_complete_parse(parser);
    yajl_free(parser);
    expect(status == yajl_status_ok && out.length == strlen(wanted) && memcmp(out.text, wanted, out.length) == 0,
           sentence);
}

static void yajl_keeps_every_character(size_t chunk) {
    expect_json("[1.50e3,-0]", chunk, "1.50e3|-0|", "yajl hands numbers over as they were written");
    expect_json("[\"\\ud83d\\ude00x\"]", chunk, "\xF0\x9F\x98\x80x|", "yajl joins the halves of a pair");
    expect_json("[\"\\ud800<s>\"]", chunk, "?<s>|", "yajl keeps what follows half a pair");
    expect_json("[\"\\ud800\\u003cs>\"]", chunk, "?<s>|", "yajl keeps an escape that follows half a pair");
    expect_json("[\"\\ud800\"]", chunk, "?|", "yajl ends with the string after half a pair");
}

int main(void) {
    pcre2_has_its_compiler();
    libxml2_has_no_way_out();
    lua_loads_no_libraries();
    for (size_t chunk = 1; chunk < 24; chunk++) yajl_keeps_every_character(chunk);
    expect(strlen(libinjection_version()) > 0 && strcmp(libinjection_version(), "undefined") != 0,
           "libinjection knows its version");
    expect(strcmp(MMDB_lib_version(), "undefined") != 0, "libmaxminddb knows its version");
    xmlCleanupParser();
    return failures == 0 ? 0 : 1;
}
