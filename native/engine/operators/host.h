/* SPDX-License-Identifier: Apache-2.0 */
/* What operators ask of the rule set and of the transaction.
 *
 * Operators know neither layout: these few doors are all that they see, so that they can be tested and fuzzed
 * with a value alone. ruleset/ and run/ implement them. */
#ifndef SL_OPERATORS_HOST_H
#define SL_OPERATORS_HOST_H

#include <stdbool.h>

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_ruleset;
struct sl_txn;
struct sl_call;
struct _xmlDoc;

/* ---- the rule set; during the load, too ---- */

/* Patterns of @rx see lines, as in libmodsecurity. */
bool sl_ruleset_rx_multiline(const struct sl_ruleset *rules);
/* SecPcreMatchLimit and SecPcreMatchLimitRecursion; 0 = our defaults. */
uint32_t sl_ruleset_pcre_match_limit(const struct sl_ruleset *rules);
uint32_t sl_ruleset_pcre_depth_limit(const struct sl_ruleset *rules);
/* What sl_geo_open returned for SecGeoLookupDb; NULL = none configured. */
const void *sl_ruleset_geo_database(const struct sl_ruleset *rules);

/* Lines of phrase files have the syntax of @pm, as in ModSecurity 2. */
bool sl_ruleset_phrase_syntax_v2(const struct sl_ruleset *rules);
/* @geoLookup without a database is no error. */
bool sl_ruleset_geo_without_database(const struct sl_ruleset *rules);
/* @rsub matches whenever it ran, as in ModSecurity 2. */
bool sl_ruleset_rsub_always_matches(const struct sl_ruleset *rules);
/* The lines of a SecDataset. False: there is none of that name. */
bool sl_ruleset_dataset(const struct sl_ruleset *rules, sl_slice name, sl_slice *lines);

/* SecHttpBlKey; empty = none. */
sl_slice sl_ruleset_http_bl_key(const struct sl_ruleset *rules);
/* During the load: some rule may have to wait for the outside. */
void sl_ruleset_may_wait(struct sl_ruleset *rules);

/* ---- the outside: match asks, answers SL_WAIT, and is called again with call->given ---- */

/* The IPv4 addresses of a name. False: this call cannot wait. */
bool sl_txn_ask_dns(const struct sl_call *call, sl_slice name);
/* A run of a program with one argument. False: this call cannot wait. */
bool sl_txn_ask_program(const struct sl_call *call, sl_slice path, sl_slice argument);

/* ---- the transaction ---- */

/* The tree of an XML body, as far as it was built; NULL without one. */
struct _xmlDoc *sl_txn_xml_document(struct sl_txn *txn);
/* The JSON body that a rule of this phase judges, or value where it is a body; empty: none. */
sl_slice sl_txn_json_body(struct sl_txn *txn, sl_slice value, uint32_t *depth_limit);
/* Where json_body.c keeps what it judged in this transaction. */
struct sl_judgement;
struct sl_judgement **sl_txn_judgements(struct sl_txn *txn);
/* The GEO collection. The value is copied; key is a constant. */
void sl_txn_geo_clear(struct sl_txn *txn);
void sl_txn_geo_set(struct sl_txn *txn, const char *key, sl_slice value);
/* A member of ARGS_PATH; the value is copied, the name lives as long as the rule set. An earlier one of that name is
 * replaced. */
void sl_txn_set_path_argument(struct sl_txn *txn, sl_slice name, sl_slice value);
/* @rsub: text is the body that the STREAM variable under evaluation shows from now on. It lives in the arena. */
struct sl_rule;
void sl_txn_rewrite(struct sl_txn *txn, const struct sl_rule *rule, sl_slice text);
/* What a macro gives in this transaction. */
struct sl_macro;
sl_slice sl_txn_expand(struct sl_txn *txn, const struct sl_macro *macro);
/* A member of TX; both are copied. */
void sl_txn_set_tx(struct sl_txn *txn, const char *key, sl_slice value);
/* A log record (run/host.h declares it, too, for those who may see the whole transaction). */
void sl_host_log(struct sl_txn *txn, unsigned level, bool is_script, sl_slice message, sl_slice source);

#ifdef __cplusplus
}
#endif
#endif
