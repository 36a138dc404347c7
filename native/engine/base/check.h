/* SPDX-License-Identifier: Apache-2.0 */
/* sl_assert states what must be true: checked in debug, sanitizer and fuzz builds, gone in release. */
#ifndef SL_CHECK_H
#define SL_CHECK_H

#if defined(SECLUA_CHECKED)
#include <assert.h>
#define sl_assert(condition) assert(condition)
#else
#define sl_assert(condition) ((void)0)
#endif

#endif
