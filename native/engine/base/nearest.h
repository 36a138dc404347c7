/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean …": the known name nearest to one that is not known, for the hints of errors. */
#ifndef SL_NEAREST_H
#define SL_NEAREST_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The names of a table, by number; NULL behind the last. */
typedef const char *sl_name_at(size_t index);

/* Edits are letters added, dropped, replaced or swapped with their neighbour; case does not count. NULL when no
 * name is near enough to be meant: more than a third of the letters would change. The first of equally near
 * names wins. */
const char *sl_nearest(sl_slice wrong, sl_name_at *names);

#ifdef __cplusplus
}
#endif
#endif
