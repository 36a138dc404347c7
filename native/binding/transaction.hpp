// SPDX-License-Identifier: Apache-2.0
// The functions of the request path, and the bits of the small integer that each step answers with.
#ifndef SECLUA_BINDING_TRANSACTION_HPP
#define SECLUA_BINDING_TRANSACTION_HPP

#include <cstdint>

#include <node_api.h>

#include "environment.hpp"

namespace seclua::binding {

// The answer of a step. The lowest three bits are the verdict's action (seclua_action); lib/native.ts reads
// the rest by name from the addon's `bits`, so that the numbers stand here alone.
enum StepBit : uint32_t {
    kActionMask = 7,
    kNewMatches = 1 << 3, // fetch them with matches()
    kNewRecords = 1 << 4, // fetch them with records()
    kWantsBody = 1 << 5,  // after the request: of the request; after the response headers: of the response
    kOutOfOrder = 1 << 6,
    kFailed = 1 << 7,
    kSuspended = 1 << 8,
    kClosed = 1 << 9,     // no such transaction (any more)
    kPaused = 1 << 11,    // the verdict is a pass that asks for a pause
    kChanges = 1 << 12,   // the rules change the traffic: fetch how with changes()
    kNewLogged = 1 << 13, // among the new matches is one of a rule with log
    kWentOn = 1 << 14,    // the phase after the headers is done, too
    kMalformed = 1 << 10, // a string of headers does not have as many pieces as announced: nothing was done
};

// Adds begin, open, the steps, finish, waits and their answers, what can be asked of a transaction, free and the bits to the exports.
void export_transaction(napi_env env, napi_value exports, Environment *home);

} // namespace seclua::binding

#endif
