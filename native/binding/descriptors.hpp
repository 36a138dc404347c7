// SPDX-License-Identifier: Apache-2.0
// What a program that Node starts must not inherit.
#ifndef SECLUA_BINDING_DESCRIPTORS_HPP
#define SECLUA_BINDING_DESCRIPTORS_HPP

#include <node_api.h>

namespace seclua::binding {

// Adds sealDescriptors to the addon's exports.
void export_descriptors(napi_env env, napi_value exports);

} // namespace seclua::binding

#endif
