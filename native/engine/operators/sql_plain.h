/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of which it is plain that libinjection takes them for no SQL: most of what requests carry. */
#ifndef SL_SQL_PLAIN_H
#define SL_SQL_PLAIN_H

#include "operators/sql_words.h"

/* False says nothing. */
bool sl_sql_is_plain(const sl_sql_words *words, sl_slice text);

#endif
