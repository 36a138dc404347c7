// SPDX-License-Identifier: Apache-2.0
// The addon's entry: one Environment for each JavaScript environment that loads it, and the exported
// functions.
//
// The binding turns JavaScript values into engine calls and back. What a rule means is never decided here.

#include <napi.h>

#include "descriptors.hpp"
#include "environment.hpp"
#include "transaction.hpp"
#include "waf.hpp"

namespace {

Napi::Object open_addon(Napi::Env env, Napi::Object exports) {
    auto *home = new seclua::binding::Environment();
    env.SetInstanceData(home); // deleted when the environment ends, and with it every live transaction
    seclua::binding::export_waf(env, exports);
    seclua::binding::export_transaction(env, exports, home);
    seclua::binding::export_descriptors(env, exports);
    return exports;
}

} // namespace

NODE_API_MODULE(seclua, open_addon)
