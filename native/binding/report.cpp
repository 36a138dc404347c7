// SPDX-License-Identifier: Apache-2.0
// Verdicts, matches, log records, variables and audit records as JavaScript objects.
//
// Called only when something happened or somebody asks. Names and values of variables keep their bytes in
// `variable`; in matches and records they are texts for people and logs (spec 08, 1.5).

#include "report.hpp"

#include "convert.hpp"

namespace seclua::binding {

namespace {

napi_value new_object(napi_env env) {
    napi_value object = nullptr;
    napi_create_object(env, &object);
    return object;
}

napi_value new_array(napi_env env) {
    napi_value array = nullptr;
    napi_create_array(env, &array);
    return array;
}

void put(napi_env env, napi_value array, size_t index, napi_value value) {
    if (value != nullptr) napi_set_element(env, array, static_cast<uint32_t>(index), value);
}

napi_value tags_to_js(napi_env env, const seclua_event &event) {
    const napi_value tags = new_array(env);
    for (size_t i = 0; i < event.tag_count; i++) put(env, tags, i, text_to_js(env, event.tags[i]));
    return tags;
}

napi_value variables_to_js(napi_env env, const seclua_event &event) {
    const napi_value variables = new_array(env);
    for (size_t i = 0; i < event.variable_count; i++) {
        const seclua_matched_variable &matched = event.variables[i];
        const napi_value variable = new_object(env);
        set(env, variable, "name", text_to_js(env, matched.name));
        set(env, variable, "value", text_to_js(env, matched.value));
        set(env, variable, "link", number_to_js(env, matched.link));
        put(env, variables, i, variable);
    }
    return variables;
}

napi_value match_to_js(napi_env env, const seclua_event &event, seclua_slice line) {
    napi_value severity = nullptr;
    napi_get_null(env, &severity);
    if (event.severity >= 0) severity = number_to_js(env, event.severity);
    const napi_value match = new_object(env);
    set(env, match, "id", number_to_js(env, static_cast<double>(event.rule_id)));
    set(env, match, "phase", number_to_js(env, event.phase));
    set(env, match, "message", text_to_js(env, event.message));
    set(env, match, "data", text_to_js(env, event.data));
    set(env, match, "severity", severity);
    set(env, match, "tags", tags_to_js(env, event));
    set(env, match, "ver", text_to_js(env, event.ver));
    set(env, match, "rev", text_to_js(env, event.rev));
    set(env, match, "maturity", number_to_js(env, event.maturity));
    set(env, match, "accuracy", number_to_js(env, event.accuracy));
    set(env, match, "file", text_to_js(env, event.file));
    set(env, match, "line", number_to_js(env, event.line));
    set(env, match, "disruptive", boolean_to_js(env, event.disruptive));
    set(env, match, "variables", variables_to_js(env, event));
    set(env, match, "logLine", text_to_js(env, line));
    set(env, match, "log", boolean_to_js(env, event.log));
    return match;
}

// Where seclua_txn_variable puts what it finds.
struct Members {
    napi_env env;
    napi_value list;
    size_t count;
};

void add_member(void *context, seclua_slice name, seclua_slice value) {
    auto *members = static_cast<Members *>(context);
    const napi_value member = new_object(members->env);
    set(members->env, member, "name", bytes_to_js(members->env, name));
    set(members->env, member, "value", bytes_to_js(members->env, value));
    put(members->env, members->list, members->count++, member);
}

} // namespace

napi_value report_id(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    return bytes_to_js(env, seclua_txn_id(txn));
}

napi_value report_verdict(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    seclua_verdict verdict{};
    seclua_txn_verdict(txn, &verdict);
    const napi_value out = new_object(env);
    set(env, out, "action", number_to_js(env, verdict.action));
    set(env, out, "status", number_to_js(env, verdict.status));
    set(env, out, "phase", number_to_js(env, verdict.phase));
    set(env, out, "ruleId", number_to_js(env, static_cast<double>(verdict.rule_id)));
    set(env, out, "url", bytes_to_js(env, verdict.url));
    set(env, out, "message", text_to_js(env, verdict.message));
    set(env, out, "pause", number_to_js(env, verdict.pause_ms));
    return out;
}

napi_value report_matches(napi_env env, seclua_txn *txn, Environment &, napi_value from) {
    int64_t first = 0;
    read_number(env, from, first);
    const napi_value list = new_array(env);
    const size_t count = seclua_txn_event_count(txn);
    for (size_t i = static_cast<size_t>(first), at = 0; i < count; i++) {
        put(env, list, at++, match_to_js(env, *seclua_txn_event(txn, i), seclua_txn_event_line(txn, i)));
    }
    return list;
}

napi_value report_records(napi_env env, seclua_txn *txn, Environment &, napi_value from) {
    int64_t first = 0;
    read_number(env, from, first);
    const napi_value list = new_array(env);
    const size_t count = seclua_txn_log_count(txn);
    for (size_t i = static_cast<size_t>(first), at = 0; i < count; i++) {
        const seclua_log_record *record = seclua_txn_log(txn, i);
        const napi_value out = new_object(env);
        set(env, out, "level", number_to_js(env, record->level));
        set(env, out, "message", text_to_js(env, record->message));
        set(env, out, "source", text_to_js(env, record->source));
        put(env, list, at++, out);
    }
    return list;
}

napi_value report_variable(napi_env env, seclua_txn *txn, Environment &home, napi_value name) {
    napi_value none = nullptr;
    napi_get_null(env, &none);
    seclua_slice asked{};
    if (!read_bytes(env, name, home.text, asked)) return none;
    Members members{env, new_array(env), 0};
    return seclua_txn_variable(txn, asked, add_member, &members) ? members.list : none;
}

napi_value report_audit(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    return text_to_js(env, seclua_txn_audit_json(txn));
}

napi_value report_audit_line(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    return text_to_js(env, seclua_txn_audit_line(txn));
}

napi_value report_env(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    Members members{env, new_array(env), 0};
    seclua_txn_environment(txn, add_member, &members);
    return members.list;
}

napi_value report_changes(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    seclua_changes changes{};
    seclua_txn_changes(txn, &changes);
    const napi_value out = new_object(env);
    if (changes.prepend.len != 0) set(env, out, "prepend", buffer_to_js(env, changes.prepend));
    if (changes.append.len != 0) set(env, out, "append", buffer_to_js(env, changes.append));
    if (changes.has_request_body) set(env, out, "requestBody", buffer_to_js(env, changes.request_body));
    if (changes.has_response_body) set(env, out, "responseBody", buffer_to_js(env, changes.response_body));
    return out;
}

} // namespace seclua::binding
