/* SPDX-License-Identifier: Apache-2.0 */
/* SecDataset: named lists that stand in the configuration itself. */
#ifndef SL_OPERATORS_DATASET_H
#define SL_OPERATORS_DATASET_H

#include "operators/operator.h"

/* The lines of the set that an argument names. False: there is none, which was reported. */
bool sl_dataset_find(sl_prepare *prepare, sl_slice argument, sl_slice *lines);

#endif
