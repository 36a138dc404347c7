/* SPDX-License-Identifier: Apache-2.0 */
/* The version, from package.json by way of the build. */
#include "seclua.h"

const char *seclua_version(void) { return SECLUA_VERSION; }
