// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <stdexcept>

#include <yajl/yajl_parse.h>

namespace acceleration {

namespace {

// Where the next value goes: the open containers, innermost last.
struct Builder {
    Json root;
    std::vector<Json *> open;
    std::string name;

    Json *add(std::string text = {}) {
        if (open.empty()) {
            root.text = std::move(text);
            return &root;
        }
        open.back()->members.emplace_back(std::move(name), Json{std::move(text), {}});
        name.clear();
        return &open.back()->members.back().second;
    }
};

std::string text_of(const unsigned char *bytes, size_t length) {
    return {reinterpret_cast<const char *>(bytes), length};
}

int add_null(void *builder) {
    static_cast<Builder *>(builder)->add();
    return 1;
}
int add_boolean(void *builder, int value) {
    static_cast<Builder *>(builder)->add(value != 0 ? "true" : "false");
    return 1;
}
int add_number(void *builder, const char *digits, size_t length) {
    static_cast<Builder *>(builder)->add({digits, length});
    return 1;
}
int add_string(void *builder, const unsigned char *bytes, size_t length) {
    static_cast<Builder *>(builder)->add(text_of(bytes, length));
    return 1;
}
int open_container(void *builder) {
    auto *state = static_cast<Builder *>(builder);
    state->open.push_back(state->add());
    return 1;
}
int take_name(void *builder, const unsigned char *bytes, size_t length) {
    static_cast<Builder *>(builder)->name = text_of(bytes, length);
    return 1;
}
int close_container(void *builder) {
    static_cast<Builder *>(builder)->open.pop_back();
    return 1;
}

}  // namespace

const Json &Json::operator[](const std::string &name) const {
    static const Json none;
    const Json *found = &none;
    for (const auto &[key, value] : members) {
        if (key == name) found = &value;
    }
    return *found;
}

Json read_json(const std::string &text) {
    static const yajl_callbacks callbacks = {add_null,        add_boolean,    nullptr,        nullptr,
                                             add_number,      add_string,     open_container, take_name,
                                             close_container, open_container, close_container};
    Builder builder;
    yajl_handle parser = yajl_alloc(&callbacks, nullptr, &builder);
    yajl_config(parser, yajl_dont_validate_strings, 1);
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
    yajl_status status = yajl_parse(parser, bytes, text.size());
    if (status == yajl_status_ok) status = yajl_complete_parse(parser);
    yajl_free(parser);
    if (status != yajl_status_ok) throw std::runtime_error("a JSON file does not parse");
    return std::move(builder.root);
}

}  // namespace acceleration
