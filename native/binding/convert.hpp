// SPDX-License-Identifier: Apache-2.0
// Bytes to JavaScript strings and back, and the boxes that carry native objects through JavaScript.
#ifndef SECLUA_BINDING_CONVERT_HPP
#define SECLUA_BINDING_CONVERT_HPP

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <node_api.h>

#include "environment.hpp"
#include "seclua.h"

namespace seclua::binding {

inline seclua_slice slice_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// One character for each byte: what came in as a byte comes out as that byte.
napi_value bytes_to_js(napi_env env, seclua_slice bytes);
// For people: UTF-8 is decoded; a byte that is none is written \xHH.
napi_value text_to_js(napi_env env, seclua_slice text);
// A Buffer of its own.
napi_value buffer_to_js(napi_env env, seclua_slice bytes);
napi_value number_to_js(napi_env env, double number);
napi_value boolean_to_js(napi_env env, bool value);

// The low byte of each character; the caller has seen to it that there are no larger ones. The slice lies in
// the scratch. False: not a string.
bool read_bytes(napi_env env, napi_value value, std::string &scratch, seclua_slice &out);
bool read_number(napi_env env, napi_value value, int64_t &out);
// Any Uint8Array, so any Buffer. The bytes are JavaScript's: they are good for this call only.
bool read_chunk(napi_env env, napi_value value, seclua_slice &out);

void set(napi_env env, napi_value object, const char *name, napi_value value);

// The tag that tells one kind of box from another, and from objects that are not ours.
template <class T> struct Tag;
template <> struct Tag<Rules> {
    static constexpr napi_type_tag value{0x7365636c75610001, 0x9d1c52a4e0b34f60};
};
template <> struct Tag<Store> {
    static constexpr napi_type_tag value{0x7365636c75610002, 0x4b7e1fd2c3a85e91};
};
template <> struct Tag<Engine> {
    static constexpr napi_type_tag value{0x7365636c75610003, 0xe85a30c6719db24f};
};

// An object that keeps a native one alive until it is collected. nullptr when the environment is ending.
template <class T> napi_value box(napi_env env, std::shared_ptr<T> value) {
    napi_value object = nullptr;
    if (napi_create_object(env, &object) != napi_ok) return nullptr;
    auto *held = new std::shared_ptr<T>(std::move(value));
    const auto drop = [](napi_env, void *data, void *) { delete static_cast<std::shared_ptr<T> *>(data); };
    if (napi_wrap(env, object, held, drop, nullptr, nullptr) != napi_ok) {
        delete held;
        return nullptr;
    }
    return napi_type_tag_object(env, object, &Tag<T>::value) == napi_ok ? object : nullptr;
}

// What a box holds, to be used or emptied; nullptr when the value is not such a box.
template <class T> std::shared_ptr<T> *unbox(napi_env env, napi_value object) {
    bool is_ours = false;
    const napi_status status = napi_check_object_type_tag(env, object, &Tag<T>::value, &is_ours);
    if (status != napi_ok || !is_ours) return nullptr;
    void *data = nullptr;
    if (napi_unwrap(env, object, &data) != napi_ok) return nullptr;
    return static_cast<std::shared_ptr<T> *>(data);
}

} // namespace seclua::binding

#endif
