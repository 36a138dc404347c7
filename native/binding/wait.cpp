// SPDX-License-Identifier: Apache-2.0
// Waits out, answers in. Names and values of collections keep their bytes, one character each; a program gets texts.

#include "wait.hpp"

#include "convert.hpp"

namespace seclua::binding {

namespace {

napi_value new_object(napi_env env, const char *kind) {
    napi_value object = nullptr;
    napi_create_object(env, &object);
    if (kind != nullptr) set(env, object, "kind", bytes_to_js(env, slice_of(kind)));
    return object;
}

napi_value new_list(napi_env env) {
    napi_value list = nullptr;
    napi_create_array(env, &list);
    return list;
}

void append(napi_env env, napi_value list, napi_value value) {
    uint32_t length = 0;
    napi_get_array_length(env, list, &length);
    if (value != nullptr) napi_set_element(env, list, length, value);
}

void set_record(napi_env env, napi_value object, const seclua_record &record) {
    set(env, object, "namespace", bytes_to_js(env, record.space));
    set(env, object, "collection", bytes_to_js(env, record.collection));
    set(env, object, "key", bytes_to_js(env, record.key));
}

// Flat: the environment may hold any names, those of an object's own among them.
napi_value program_to_js(napi_env env, const seclua_wait &wait) {
    const napi_value object = new_object(env, "program");
    const napi_value arguments = new_list(env), environment = new_list(env);
    for (size_t i = 0; i < wait.of.program.argument_count; i++) {
        append(env, arguments, text_to_js(env, wait.of.program.arguments[i]));
    }
    for (size_t i = 0; i < wait.of.program.environment_count; i++) {
        append(env, environment, text_to_js(env, wait.of.program.environment[i].name));
        append(env, environment, text_to_js(env, wait.of.program.environment[i].value));
    }
    set(env, object, "arguments", arguments);
    set(env, object, "environment", environment);
    return object;
}

napi_value change_to_js(napi_env env, const seclua_change &change) {
    static const char *const operations[] = {"set", "add", "unset", "expire", "deprecate"};
    const auto number = [&](int64_t value) { return number_to_js(env, static_cast<double>(value)); };
    const napi_value object = new_object(env, nullptr);
    set(env, object, "op", bytes_to_js(env, slice_of(operations[change.kind])));
    set(env, object, "name", bytes_to_js(env, change.name));
    switch (change.kind) {
        case SECLUA_CHANGE_SET:
            set(env, object, "value", bytes_to_js(env, change.value));
            break;
        case SECLUA_CHANGE_ADD:
            set(env, object, "delta", number(change.delta));
            break;
        case SECLUA_CHANGE_UNSET:
            break;
        case SECLUA_CHANGE_EXPIRE:
            set(env, object, "epoch", number(change.expires_epoch));
            break;
        case SECLUA_CHANGE_DEPRECATE:
            set(env, object, "amount", number(change.amount));
            set(env, object, "period", number(change.period_seconds));
            break;
    }
    return object;
}

napi_value batch_to_js(napi_env env, const seclua_wait &wait) {
    const napi_value object = new_object(env, "apply");
    const napi_value batch = new_list(env);
    for (size_t i = 0; i < wait.of.apply.count; i++) {
        const seclua_record_change &change = wait.of.apply.records[i];
        const napi_value record = new_object(env, nullptr);
        set_record(env, record, change.record);
        set(env, record, "ttlSeconds", number_to_js(env, static_cast<double>(change.ttl_seconds)));
        const napi_value changes = new_list(env);
        for (size_t c = 0; c < change.change_count; c++) append(env, changes, change_to_js(env, change.changes[c]));
        set(env, record, "changes", changes);
        append(env, batch, record);
    }
    set(env, object, "batch", batch);
    return object;
}

bool is_undefined(napi_env env, napi_value value) {
    napi_valuetype type = napi_undefined;
    return napi_typeof(env, value, &type) != napi_ok || type == napi_undefined;
}

}  // namespace

napi_value report_wait(napi_env env, seclua_txn *txn, Environment &, napi_value) {
    const seclua_wait *wait = seclua_txn_wait(txn);
    napi_value object = nullptr;
    napi_get_null(env, &object);
    if (wait == nullptr) return object;
    switch (wait->kind) {
        case SECLUA_WAIT_NONE:
            break;
        case SECLUA_WAIT_DNS:
            object = new_object(env, "dns");
            set(env, object, "name", bytes_to_js(env, wait->of.dns_name));
            break;
        case SECLUA_WAIT_PROGRAM:
            object = program_to_js(env, *wait);
            break;
        case SECLUA_WAIT_LOAD:
            object = new_object(env, "load");
            set_record(env, object, wait->of.load);
            break;
        case SECLUA_WAIT_APPLY:
            object = batch_to_js(env, *wait);
            break;
    }
    return object;
}

bool Answer::keep(napi_env env, napi_value value, seclua_slice &out) {
    seclua_slice read{};
    std::string scratch;
    if (!read_bytes(env, value, scratch, read)) return false;
    texts_.emplace_back(reinterpret_cast<const char *>(read.ptr), read.len);
    out = slice_of(texts_.back());
    return true;
}

bool Answer::read_members(napi_env env, napi_value list) {
    uint32_t length = 0;
    if (napi_get_array_length(env, list, &length) != napi_ok || length % 3 != 0) return false;
    for (uint32_t i = 0; i < length; i += 3) {
        napi_value parts[3] = {};
        for (uint32_t k = 0; k < 3; k++) {
            if (napi_get_element(env, list, i + k, &parts[k]) != napi_ok) return false;
        }
        int64_t record = 0;
        seclua_member member{};
        if (!read_number(env, parts[0], record) || record < 0) return false;
        if (!keep(env, parts[1], member.name) || !keep(env, parts[2], member.value)) return false;
        member.record = static_cast<size_t>(record);
        members_.push_back(member);
    }
    answer_.members = members_.data();
    answer_.member_count = members_.size();
    return true;
}

bool Answer::read(napi_env env, const napi_value *arguments) {
    int64_t status = 0, exit_status = 0;
    if (!read_number(env, arguments[0], status) || status < SECLUA_ANSWERED || status > SECLUA_ANSWER_REFUSED)
        return false;
    if (!keep(env, arguments[1], answer_.reason)) return false;
    answer_.status = static_cast<seclua_answer_status>(status);
    answer_.is_found = !is_undefined(env, arguments[2]);
    if (answer_.is_found && !read_members(env, arguments[2])) return false;
    if (!is_undefined(env, arguments[3]) && !read_chunk(env, arguments[3], answer_.output)) return false;
    if (!is_undefined(env, arguments[4]) && !read_number(env, arguments[4], exit_status)) return false;
    answer_.exit_status = static_cast<int>(exit_status);
    return true;
}

}  // namespace seclua::binding
