/* SPDX-License-Identifier: Apache-2.0 */
/* The database behind @geoLookup: opened once per rule set, read by all threads. */
#ifndef SL_GEO_H
#define SL_GEO_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Maps a MaxMind database (.mmdb) into memory. NULL: *error, a constant text, says why. */
void *sl_geo_open(const char *path, const char **error);
/* NULL is fine. */
void sl_geo_close(void *database);
/* ISO 3166-1: the three letters of a country known by two; empty when there are none. */
sl_slice sl_geo_country_code3(sl_slice code2);

#ifdef __cplusplus
}
#endif
#endif
