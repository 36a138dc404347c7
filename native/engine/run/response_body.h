/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing of a response body that is complete. */
#ifndef SL_RESPONSE_BODY_H
#define SL_RESPONSE_BODY_H

#include "run/txn.h"

/* Fills RESPONSE_ARGS and RES_BODY_*; does nothing without ctl:responseBodyProcessor. */
void sl_response_body_parse(sl_txn *txn);

#endif
