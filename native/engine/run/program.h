/* SPDX-License-Identifier: Apache-2.0 */
/* External programs (spec 09, section 8): what a run of one is to be given. */
#ifndef SL_PROGRAM_H
#define SL_PROGRAM_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Suspends for a run of the program; argument NULL: it gets none. settle as in run/suspend.h. */
void sl_program_run(sl_txn *txn, sl_slice path, const sl_slice *argument,
                    void (*settle)(sl_txn *txn, const seclua_answer *answer));

#ifdef __cplusplus
}
#endif
#endif
