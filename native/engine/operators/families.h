/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the families, each ended by a row without a name. Only registry.c and the family files read
 * this. */
#ifndef SL_OPERATOR_FAMILIES_H
#define SL_OPERATOR_FAMILIES_H

#include "operators/operator.h"

extern const sl_operator sl_operators_always[];
extern const sl_operator sl_operators_geo[];
extern const sl_operator sl_operators_injection[];
extern const sl_operator sl_operators_ip[];
extern const sl_operator sl_operators_number[];
extern const sl_operator sl_operators_path[];
extern const sl_operator sl_operators_pm[];
extern const sl_operator sl_operators_rbl[];
extern const sl_operator sl_operators_rsub[];
extern const sl_operator sl_operators_rx[];
extern const sl_operator sl_operators_script[];
extern const sl_operator sl_operators_string[];
extern const sl_operator sl_operators_unsupported[];
extern const sl_operator sl_operators_validate[];
extern const sl_operator sl_operators_verify[];
extern const sl_operator sl_operators_xml[];

#endif
