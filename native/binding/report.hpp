// SPDX-License-Identifier: Apache-2.0
// What can be asked of a transaction, as JavaScript values. All have one signature, so that one entry serves
// them all.
#ifndef SECLUA_BINDING_REPORT_HPP
#define SECLUA_BINDING_REPORT_HPP

#include <node_api.h>

#include "environment.hpp"
#include "seclua.h"

namespace seclua::binding {

napi_value report_id(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);
// { action (its number), status, phase, ruleId, url, message, pause }; zero and '' where there is none.
napi_value report_verdict(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);
// An array of `MatchedRule`: those from that index on.
napi_value report_matches(napi_env env, seclua_txn *txn, Environment &home, napi_value from);
// An array of { level, message, source }: those from that index on.
napi_value report_records(napi_env env, seclua_txn *txn, Environment &home, napi_value from);
// An array of { name, value }, or null when there is no such variable.
napi_value report_variable(napi_env env, seclua_txn *txn, Environment &home, napi_value name);
// The audit record as JSON text; '' when there is none.
napi_value report_audit(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);
// The same as a line for a receiver of such lines.
napi_value report_audit_line(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);

// { prepend?, append?, requestBody?, responseBody? } as Buffers: what the rules change of the traffic.
napi_value report_changes(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);

// An array of { name, value }: what setenv set.
napi_value report_env(napi_env env, seclua_txn *txn, Environment &home, napi_value unused);

} // namespace seclua::binding

#endif
