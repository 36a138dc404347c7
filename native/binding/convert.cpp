// SPDX-License-Identifier: Apache-2.0
// Bytes to JavaScript strings and back. Two ways out: values keep their bytes, texts are made to be read.
//
// On the request path only the Latin-1 reader and the chunk reader are used; everything that makes an object
// or a text runs when something matched.

#include "convert.hpp"

#include <algorithm>

namespace seclua::binding {

namespace {

// Length of the well-formed UTF-8 sequence at the front of some bytes; 0 when there is none. Surrogates,
// overlong forms and what lies beyond U+10FFFF are not well-formed.
size_t sequence_length(const uint8_t *at, size_t left) {
    const auto is_tail = [&](size_t index) { return index < left && (at[index] & 0xC0) == 0x80; };
    const uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4 || !is_tail(1)) return 0;
    if (lead < 0xE0) return 2;
    const uint8_t second = at[1];
    if (!is_tail(2) || (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if (lead < 0xF0) return 3;
    if (!is_tail(3) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return 4;
}

} // namespace

napi_value bytes_to_js(napi_env env, seclua_slice bytes) {
    napi_value out = nullptr;
    const auto *letters = bytes.len == 0 ? "" : reinterpret_cast<const char *>(bytes.ptr);
    napi_create_string_latin1(env, letters, bytes.len, &out);
    return out;
}

napi_value buffer_to_js(napi_env env, seclua_slice bytes) {
    napi_value out = nullptr;
    napi_create_buffer_copy(env, bytes.len, bytes.len == 0 ? "" : static_cast<const void *>(bytes.ptr), nullptr, &out);
    return out;
}

napi_value text_to_js(napi_env env, seclua_slice text) {
    if (std::all_of(text.ptr, text.ptr + text.len, [](uint8_t byte) { return byte < 0x80; })) {
        return bytes_to_js(env, text);
    }
    static constexpr char digits[] = "0123456789abcdef";
    std::string readable;
    readable.reserve(text.len);
    for (size_t i = 0; i < text.len;) {
        const size_t length = sequence_length(text.ptr + i, text.len - i);
        if (length == 0) {
            readable += {'\\', 'x', digits[text.ptr[i] >> 4], digits[text.ptr[i] & 15]};
            i++;
            continue;
        }
        readable.append(reinterpret_cast<const char *>(text.ptr + i), length);
        i += length;
    }
    napi_value out = nullptr;
    napi_create_string_utf8(env, readable.data(), readable.size(), &out);
    return out;
}

napi_value number_to_js(napi_env env, double number) {
    napi_value out = nullptr;
    napi_create_double(env, number, &out);
    return out;
}

napi_value boolean_to_js(napi_env env, bool value) {
    napi_value out = nullptr;
    napi_get_boolean(env, value, &out);
    return out;
}

bool read_bytes(napi_env env, napi_value value, std::string &scratch, seclua_slice &out) {
    // The scratch keeps its size from call to call. A string that fills it may have been cut: measure it,
    // read it again.
    constexpr size_t usual_bytes = 4096;
    if (scratch.size() < usual_bytes) scratch.resize(usual_bytes);
    size_t length = 0;
    const auto read = [&] {
        return napi_get_value_string_latin1(env, value, scratch.data(), scratch.size() + 1, &length) == napi_ok;
    };
    if (!read()) return false;
    if (length == scratch.size()) {
        if (napi_get_value_string_latin1(env, value, nullptr, 0, &length) != napi_ok) return false;
        scratch.resize(std::max(length, scratch.size()));
        if (!read()) return false;
    }
    out = slice_of({scratch.data(), length});
    return true;
}

bool read_number(napi_env env, napi_value value, int64_t &out) {
    return napi_get_value_int64(env, value, &out) == napi_ok;
}

bool read_chunk(napi_env env, napi_value value, seclua_slice &out) {
    bool is_array = false;
    if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return false;
    napi_typedarray_type type{};
    void *data = nullptr;
    const auto status = napi_get_typedarray_info(env, value, &type, &out.len, &data, nullptr, nullptr);
    out.ptr = static_cast<const uint8_t *>(data);
    return status == napi_ok && type == napi_uint8_array;
}

void set(napi_env env, napi_value object, const char *name, napi_value value) {
    // A value that could not be made leaves its exception pending; setting it would only bring a second
    // error.
    if (value != nullptr) napi_set_named_property(env, object, name, value);
}

} // namespace seclua::binding
