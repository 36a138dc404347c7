/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the families, each ended by a row without a name. Only registry.c reads them. */
#ifndef SL_TRANSFORMATION_FAMILIES_H
#define SL_TRANSFORMATION_FAMILIES_H

#include "transformations/transformation.h"

extern const sl_transformation sl_transformations_base64[];
extern const sl_transformation sl_transformations_case[];
extern const sl_transformation sl_transformations_command[];
extern const sl_transformation sl_transformations_comments[];
extern const sl_transformation sl_transformations_css[];
extern const sl_transformation sl_transformations_digest[];
extern const sl_transformation sl_transformations_hex[];
extern const sl_transformation sl_transformations_html[];
extern const sl_transformation sl_transformations_js[];
extern const sl_transformation sl_transformations_length[];
extern const sl_transformation sl_transformations_nulls[];
extern const sl_transformation sl_transformations_parity[];
extern const sl_transformation sl_transformations_path[];
extern const sl_transformation sl_transformations_php[];
extern const sl_transformation sl_transformations_unicode[];
extern const sl_transformation sl_transformations_url[];
extern const sl_transformation sl_transformations_whitespace[];

#endif
