// SPDX-License-Identifier: Apache-2.0
// The functions of rows that set something: templates over the field of the Config that they set, so that a
// row of directives.cpp says all there is to say about a directive, its limits included.
#pragma once

#include <cstdint>
#include <type_traits>

#include "seclang/loading.hpp"

namespace seclua {

// Decimal digits only, min to max; otherwise E_BAD_VALUE and false.
bool read_number(Loading &load, const Call &call, size_t argument, uint64_t min, uint64_t max, uint64_t &number);
// Octal digits up to 7777, or the word `default`: the row's default.
bool read_file_mode(Loading &load, const Call &call, uint32_t &mode);
// E_BAD_VALUE when the argument is empty.
bool read_path(Loading &load, const Call &call, std::string &path);
// Exactly one byte.
bool read_byte(Loading &load, const Call &call, uint8_t &byte);
void reject_value(Loading &load, const Call &call, size_t argument, const std::string &what,
                  std::string hint = {});

// The word was found before the row's function is called.
template <auto Field> void set_word(Loading &load, const Call &call) {
    using Value = std::remove_reference_t<decltype(load.config.*Field)>;
    load.config.*Field = static_cast<Value>(find_word(call)->value);
}

template <auto Field, uint64_t min, uint64_t max> void set_number(Loading &load, const Call &call) {
    using Value = std::remove_reference_t<decltype(load.config.*Field)>;
    static_assert(max <= static_cast<Value>(~Value{0}));
    uint64_t number = 0;
    if (read_number(load, call, 0, min, max, number)) {
        load.config.*Field = static_cast<Value>(number);
    }
}

template <auto Field> void set_file_mode(Loading &load, const Call &call) {
    read_file_mode(load, call, load.config.*Field);
}

template <auto Field> void set_byte(Loading &load, const Call &call) { read_byte(load, call, load.config.*Field); }

template <auto Field> void set_text(Loading &load, const Call &call) {
    const bool is_default = load.arena == nullptr;
    load.config.*Field = is_default ? sl_slice_z(call.row.default_value) : load.keep(call.value(0));
}

// A path that is written to: joined to cwd, not looked for.
template <auto Field> void set_output_path(Loading &load, const Call &call) {
    std::string path;
    if (read_path(load, call, path)) {
        load.config.*Field = load.keep(path_in(load.cwd, path));
    }
}

template <auto Field> void set_log_path(Loading &load, const Call &call) {
    if (call.value(0).starts_with('|')) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.place(0), "a log cannot be piped to a program",
                             "name a file, or take the records from the API's audit sink");
        return;
    }
    set_output_path<Field>(load, call);
}

// W_IGNORED with the row's hint when the word is not `Off`.
template <auto Field> void set_word_and_warn(Loading &load, const Call &call) {
    set_word<Field>(load, call);
    if (load.arena != nullptr && load.config.*Field) {
        load.diagnostics.add(Code::W_IGNORED, call.place(0),
                             std::string(call.row.name) + " On has only a part of its effect", call.row.hint);
    }
}

void set_rule_engine(Loading &load, const Call &call);
void add_component_signature(Loading &load, const Call &call);
void set_unicode_map(Loading &load, const Call &call);
void set_audit_log(Loading &load, const Call &call);
void set_persistent_store(Loading &load, const Call &call);
void set_geo_database(Loading &load, const Call &call);
void set_http_bl_key(Loading &load, const Call &call);
void set_upload_dir(Loading &load, const Call &call);
void set_external_entity(Loading &load, const Call &call);
void add_mime_types(Loading &load, const Call &call);
void clear_mime_types(Loading &load, const Call &call);
void set_audit_type(Loading &load, const Call &call);
void set_audit_format(Loading &load, const Call &call);
void set_audit_parts(Loading &load, const Call &call);
// For switches that must stay Off: the row's hint says why.
void add_dataset(Loading &load, const Call &call);
void refuse_on(Loading &load, const Call &call);

// Words of SecAuditLogType and SecAuditLogFormat that are no value of the Config.
enum { word_unsupported = -1, word_json_legacy = -2 };

} // namespace seclua
