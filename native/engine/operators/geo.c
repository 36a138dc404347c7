/* SPDX-License-Identifier: Apache-2.0 */
/* @geoLookup: fills the GEO collection with what a MaxMind database knows of an address.
 *
 * Whatever the value, GEO is cleared first. An address that the database does not know, and a text that is no
 * address, are a plain "no": rules write !@geoLookup for "unknown country". Names are never resolved. The
 * database is mapped and read-only, so threads share it. */
#include "operators/geo.h"

#include <maxminddb.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "operators/address.h"
#include "operators/families.h"
#include "operators/host.h"

/* ---- load side ---- */

void *sl_geo_open(const char *path, const char **error) {
    MMDB_s *const database = calloc(1, sizeof *database);
    if (database == NULL) {
        *error = "memory ran out";
        return NULL;
    }
    const int status = MMDB_open(path, MMDB_MODE_MMAP, database);
    if (status != MMDB_SUCCESS) {
        free(database);
        *error = MMDB_strerror(status);
        return NULL;
    }
    return database;
}

void sl_geo_close(void *database) {
    if (database == NULL) return;
    MMDB_close(database);
    free(database);
}

static bool prepare_geo(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    operand->prepared = sl_ruleset_geo_database(prepare->rules);
    if (operand->prepared != NULL) return true;
    const bool is_accepted = sl_ruleset_geo_without_database(prepare->rules);
    sl_prepare_report(prepare, is_accepted ? "SECLUA_W_IGNORED" : "SECLUA_E_OPERATOR_PARAM",
                      "name a MaxMind database with SecGeoLookupDb", 0, argument.len, "@geoLookup has no database to look in%s",
                      is_accepted ? " and never matches" : "");
    return is_accepted;
}

/* ---- request side ---- */

static MMDB_lookup_result_s look_up(const MMDB_s *database, const sl_address *address, int *status) {
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    if (address->is_v6) {
        memset(&v6, 0, sizeof v6);
        v6.sin6_family = AF_INET6;
        memcpy(&v6.sin6_addr, address->bytes, 16);
        return MMDB_lookup_sockaddr(database, (const struct sockaddr *)&v6, status);
    }
    memset(&v4, 0, sizeof v4);
    v4.sin_family = AF_INET;
    memcpy(&v4.sin_addr, address->bytes, 4);
    return MMDB_lookup_sockaddr(database, (const struct sockaddr *)&v4, status);
}

static bool read_data(MMDB_lookup_result_s *result, const char *const *path, MMDB_entry_data_s *data) {
    return MMDB_aget_value(&result->entry, data, path) == MMDB_SUCCESS && data->has_data;
}

static sl_slice read_text(MMDB_lookup_result_s *result, const char *const *path) {
    MMDB_entry_data_s data;
    if (!read_data(result, path, &data) || data.type != MMDB_DATA_TYPE_UTF8_STRING) return SL_EMPTY;
    return sl_slice_of(data.utf8_string, data.data_size);
}

/* A field the database lacks stays unset. */
static void set_text(const sl_call *call, const char *key, sl_slice text) {
    if (text.len > 0) sl_txn_geo_set(call->txn, key, text);
}

/* As printf's %f has it, but with a point in every locale. */
static void set_degrees(const sl_call *call, const char *key, MMDB_lookup_result_s *result,
                        const char *const *path) {
    MMDB_entry_data_s data;
    if (!read_data(result, path, &data) || data.type != MMDB_DATA_TYPE_DOUBLE) return;
    const double degrees = data.double_value;
    if (!(degrees >= -360.0 && degrees <= 360.0)) return;
    const double size = degrees < 0 ? -degrees : degrees;
    const unsigned long micro = (unsigned long)(size * 1e6 + 0.5);
    sl_strbuf text;
    sl_strbuf_init(&text, call->arena, 16);
    sl_strbuf_add_format(&text, "%s%lu.%06lu", degrees < 0 ? "-" : "", micro / 1000000, micro % 1000000);
    sl_txn_geo_set(call->txn, key, sl_strbuf_slice(&text));
}

static void set_metro_code(const sl_call *call, MMDB_lookup_result_s *result) {
    static const char *const path[] = {"location", "metro_code", NULL};
    MMDB_entry_data_s data;
    if (!read_data(result, path, &data) || data.type != MMDB_DATA_TYPE_UINT16) return;
    sl_strbuf text;
    sl_strbuf_init(&text, call->arena, 16);
    sl_strbuf_add_int(&text, data.uint16);
    sl_txn_geo_set(call->txn, "DMA_CODE", sl_strbuf_slice(&text));
}

static void fill(const sl_call *call, MMDB_lookup_result_s *result) {
    static const struct {
        const char *key;
        const char *path[4];
    } texts[] = {
        {"COUNTRY_CODE", {"country", "iso_code", NULL}},
        {"COUNTRY_NAME", {"country", "names", "en", NULL}},
        {"COUNTRY_CONTINENT", {"continent", "code", NULL}},
        {"CONTINENT_NAME", {"continent", "names", "en", NULL}},
        {"REGION", {"subdivisions", "0", "iso_code", NULL}},
        {"CITY", {"city", "names", "en", NULL}},
        {"POSTAL_CODE", {"postal", "code", NULL}},
    };
    static const char *const latitude[] = {"location", "latitude", NULL};
    static const char *const longitude[] = {"location", "longitude", NULL};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        set_text(call, texts[i].key, read_text(result, texts[i].path));
    }
    set_text(call, "COUNTRY_CODE3", sl_geo_country_code3(read_text(result, texts[0].path)));
    set_degrees(call, "LATITUDE", result, latitude);
    set_degrees(call, "LONGITUDE", result, longitude);
    set_metro_code(call, result);
}

static sl_answer geo_lookup(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)match;
    sl_txn_geo_clear(call->txn);
    sl_address address, v4;
    if (operand->prepared == NULL || !sl_address_parse(value, &address)) return SL_NO;
    if (sl_address_is_mapped(&address, &v4)) address = v4;
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s result = look_up(operand->prepared, &address, &status);
    if (status != MMDB_SUCCESS || !result.found_entry) return SL_NO;
    fill(call, &result);
    return SL_YES;
}

const sl_operator sl_operators_geo[] = {
    {"geoLookup", "GeoLookup", SL_ARGUMENT_NONE, prepare_geo, geo_lookup, NULL,
     "the address is in the database of SecGeoLookupDb; fills GEO", SL_ASK_AGAIN},
    {0},
};
