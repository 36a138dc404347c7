// SPDX-License-Identifier: Apache-2.0
// A step of a transaction is always a call from JavaScript, so JavaScript can be called back. The one exception is the end of an
// environment, which runs phase 5 of what is left: then the transformation fails.

#include "transformer.hpp"

#include "convert.hpp"

namespace seclua::binding {

namespace {

bool fail(Engine &engine, std::string why, seclua_slice *result) {
    engine.transformed = std::move(why);
    *result = slice_of(engine.transformed);
    return false;
}

std::string utf8_of(napi_env env, napi_value value) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return {};
    std::string text(length + 1, '\0');
    napi_get_value_string_utf8(env, value, text.data(), text.size(), &length);
    text.resize(length);
    return text;
}

// Takes the exception away: it is the transformation's, not of whoever called the step.
std::string take_exception(napi_env env) {
    bool is_pending = false;
    napi_value error = nullptr, message = nullptr, text = nullptr;
    if (napi_is_exception_pending(env, &is_pending) != napi_ok || !is_pending) return "it cannot be called";
    if (napi_get_and_clear_last_exception(env, &error) != napi_ok) return "it threw";
    napi_valuetype type = napi_undefined;
    napi_typeof(env, error, &type);
    if (type != napi_object || napi_get_named_property(env, error, "message", &message) != napi_ok) message = error;
    if (napi_coerce_to_string(env, message, &text) == napi_ok) return "it threw " + utf8_of(env, text);
    napi_get_and_clear_last_exception(env, &error);
    return "it threw";
}

bool read_result(napi_env env, Engine &engine, napi_value returned, seclua_slice *result) {
    seclua_slice bytes{};
    if (!read_chunk(env, returned, bytes)) return fail(engine, "it returned no Buffer", result);
    engine.transformed.assign(reinterpret_cast<const char *>(bytes.ptr), bytes.len);
    *result = slice_of(engine.transformed);
    return true;
}

bool call(napi_env env, Engine &engine, size_t index, seclua_slice value, seclua_slice *result) {
    napi_value functions = nullptr, function = nullptr, buffer = nullptr, nothing = nullptr, returned = nullptr;
    if (napi_get_reference_value(env, engine.functions, &functions) != napi_ok || functions == nullptr ||
        napi_get_element(env, functions, static_cast<uint32_t>(index), &function) != napi_ok ||
        napi_create_buffer_copy(env, value.len, value.ptr, nullptr, &buffer) != napi_ok ||
        napi_get_undefined(env, &nothing) != napi_ok) {
        return fail(engine, take_exception(env), result);
    }
    const napi_status status = napi_call_function(env, nothing, function, 1, &buffer, &returned);
    if (status != napi_ok) return fail(engine, take_exception(env), result);
    return read_result(env, engine, returned, result);
}

bool transform(void *context, size_t index, seclua_slice value, seclua_slice *result) {
    auto &engine = *static_cast<Engine *>(context);
    void *data = nullptr;
    napi_get_instance_data(engine.env, &data);
    auto *home = static_cast<Environment *>(data);
    napi_handle_scope scope = nullptr;
    if (home == nullptr || home->transactions.is_ending || napi_open_handle_scope(engine.env, &scope) != napi_ok) {
        return fail(engine, "its thread is ending", result);
    }
    home->transactions.is_in_callback = true;
    const bool is_done = call(engine.env, engine, index, value, result);
    home->transactions.is_in_callback = false;
    napi_close_handle_scope(engine.env, scope);
    return is_done;
}

} // namespace

void set_transformers(napi_env env, Engine &engine, napi_value functions) {
    if (napi_create_reference(env, functions, 1, &engine.functions) != napi_ok) return;
    engine.env = env;
    seclua_engine_set_transformer(engine.handle, transform, &engine);
}

} // namespace seclua::binding
