// SPDX-License-Identifier: Apache-2.0
// What a transaction waits for, as a JavaScript object, and the answer back into the engine's struct. lib/native.ts has
// the shapes.
#ifndef SECLUA_BINDING_WAIT_HPP
#define SECLUA_BINDING_WAIT_HPP

#include <deque>
#include <string>
#include <vector>

#include <node_api.h>

#include "environment.hpp"
#include "seclua.h"

namespace seclua::binding {

// { kind, … }, or null when it waits for nothing.
napi_value report_wait(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);

// An answer that came from JavaScript, and the bytes that its slices point to.
class Answer {
   public:
    // status; reason; members, flat: record, name, value, record, …; output; exit status. undefined where it does not
    // apply. False: not of these types.
    bool read(napi_env env, const napi_value *arguments);
    const seclua_answer &get() const { return answer_; }

   private:
    bool keep(napi_env env, napi_value value, seclua_slice &out);
    bool read_members(napi_env env, napi_value list);

    seclua_answer answer_{};
    std::vector<seclua_member> members_;
    std::deque<std::string> texts_;  // addresses stay
};

}  // namespace seclua::binding

#endif
