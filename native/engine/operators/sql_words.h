/* SPDX-License-Identifier: Apache-2.0 */
/* libinjection's table of SQL words and fingerprints, looked up by hash instead of by bisection: the table is asked for each
 * word of a text, up to three times. */
#ifndef SL_SQL_WORDS_H
#define SL_SQL_WORDS_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_sql_words sl_sql_words;

/* Load side; in the arena. */
const sl_sql_words *sl_sql_words_new(sl_arena *arena);
/* What libinjection_sqli_lookup_word answers for LOOKUP_WORD: the type of the word in any case, 0 when it is none. */
char sl_sql_words_type(const sl_sql_words *words, sl_slice word);

#ifdef __cplusplus
}
#endif
#endif
