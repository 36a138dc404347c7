/* SPDX-License-Identifier: Apache-2.0 */
/* What operators may ask of a transaction (operators/host.h): the XML tree, the GEO collection. */
#include "operators/host.h"
#include "run/txn.h"

struct _xmlDoc *sl_txn_xml_document(sl_txn *txn) { return txn->xml == NULL ? NULL : sl_xml_document(txn->xml); }

void sl_txn_geo_clear(sl_txn *txn) { txn->geo.count = 0; }

void sl_txn_geo_set(sl_txn *txn, const char *key, sl_slice value) {
    sl_members_set(&txn->geo, &txn->arena, sl_slice_z(key), sl_arena_copy(&txn->arena, value));
}
