/* SPDX-License-Identifier: Apache-2.0 */
/* Reader of SecUnicodeMapFile, and a map without a file; the loader calls them, urlDecodeUni uses the result. */
#ifndef SL_UNICODE_H
#define SL_UNICODE_H

#include "transformations/transformation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills *out from the section of one code page. false = the text has no such section: then *out holds
 * only the presets (the full stops 002E, 3002, FF0E and FF61, all as 0x2E), and the caller should warn. */
bool sl_unicode_map_read(sl_slice file_text, unsigned code_page, sl_unicode_map *out);
/* The one of code page 20127. */
void sl_unicode_map_20127(sl_unicode_map *out);
/* No entry but the presets. */
void sl_unicode_map_clear(sl_unicode_map *map);

#ifdef __cplusplus
}
#endif
#endif
