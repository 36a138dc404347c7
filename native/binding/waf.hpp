// SPDX-License-Identifier: Apache-2.0
// The functions that load rule sets and make stores and engines.
#ifndef SECLUA_BINDING_WAF_HPP
#define SECLUA_BINDING_WAF_HPP

#include <napi.h>

namespace seclua::binding {

// Adds load, loadAsync, openStore, newEngine, release, stats and version to the addon's exports.
void export_waf(Napi::Env env, Napi::Object exports);

} // namespace seclua::binding

#endif
