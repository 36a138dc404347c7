// SPDX-License-Identifier: Apache-2.0
// What a load had to say, as data; and the addon's own complaints about its caller.
#ifndef SECLUA_BINDING_ERRORS_HPP
#define SECLUA_BINDING_ERRORS_HPP

#include <node_api.h>

#include "seclua.h"

namespace seclua::binding {

// An array of plain objects in the shape of `Diagnostic`.
napi_value diagnostics_to_js(napi_env env, const seclua_diagnostics *diagnostics);

// Throws an Error with that code. Returns nullptr, which is what a callback that throws returns.
napi_value throw_error(napi_env env, const char *code, const char *message);

} // namespace seclua::binding

#endif
