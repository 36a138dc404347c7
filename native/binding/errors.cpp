// SPDX-License-Identifier: Apache-2.0
// Diagnostics on their way to JavaScript. Wording, codes and places come from the engine and pass through
// unchanged; lib/errors.ts makes the exceptions that users see.

#include "errors.hpp"

#include "convert.hpp"

namespace seclua::binding {

namespace {

napi_value diagnostic_to_js(napi_env env, const seclua_diagnostic &diagnostic) {
    napi_value out = nullptr;
    napi_create_object(env, &out);
    set(env, out, "code", text_to_js(env, slice_of(diagnostic.code)));
    set(env, out, "severity", text_to_js(env, slice_of(diagnostic.is_error ? "error" : "warning")));
    set(env, out, "message", text_to_js(env, diagnostic.message));
    set(env, out, "file", text_to_js(env, diagnostic.file));
    set(env, out, "line", number_to_js(env, diagnostic.line));
    set(env, out, "column", number_to_js(env, diagnostic.column));
    if (diagnostic.hint.len != 0) set(env, out, "hint", text_to_js(env, diagnostic.hint));
    if (diagnostic.source_line.len != 0) {
        set(env, out, "sourceLine", text_to_js(env, diagnostic.source_line));
        set(env, out, "length", number_to_js(env, diagnostic.length));
    }
    return out;
}

} // namespace

napi_value diagnostics_to_js(napi_env env, const seclua_diagnostics *diagnostics) {
    napi_value list = nullptr;
    napi_create_array(env, &list);
    const size_t count = seclua_diagnostics_count(diagnostics);
    for (size_t i = 0; i < count; i++) {
        seclua_diagnostic diagnostic{};
        seclua_diagnostics_get(diagnostics, i, &diagnostic);
        napi_set_element(env, list, static_cast<uint32_t>(i), diagnostic_to_js(env, diagnostic));
    }
    return list;
}

napi_value throw_error(napi_env env, const char *code, const char *message) {
    napi_throw_error(env, code, message);
    return nullptr;
}

} // namespace seclua::binding
