// SPDX-License-Identifier: Apache-2.0
// The transformations that the options of a load bring along, as rows that rules can name.
#include "compile/compiler.hpp"

#include <algorithm>

#include "lua/script.h"

namespace seclua {

namespace {

bool is_word(const std::string &name) {
    const auto is_letter = [](char c) { return sl_ascii_lower(static_cast<uint8_t>(c)) >= 'a' && sl_ascii_lower(static_cast<uint8_t>(c)) <= 'z'; };
    const auto is_part = [&](char c) { return is_letter(c) || sl_ascii_is_digit(static_cast<uint8_t>(c)) || c == '_'; };
    return !name.empty() && name.size() <= 64 && is_letter(name[0]) && std::all_of(name.begin(), name.end(), is_part);
}

} // namespace

void Compiler::add_own_transformations(const Position &at) {
    const seclua_options &options = rules_->options;
    auto *rows = SL_NEW_ARRAY(&rules_->arena, sl_own_transformation, options.transformation_count + 1);
    for (size_t i = 0; i < options.transformation_count; i++) {
        const std::string name = to_string(options.transformations[i].name);
        const auto refuse = [&](const char *why, const char *hint) {
            diagnostics_.add(Code::E_BAD_VALUE, at, "the transformation \"" + name + "\" of the options " + why, hint);
        };
        if (!is_word(name)) {
            refuse("has a name that no rule can write", "begin with a letter; then letters, digits and _, 64 at most");
            continue;
        }
        if (sl_slice_equal_fold(slice(name), SL_LIT("none")) || sl_transformation_of(rules_, slice(name)) != nullptr) {
            refuse("has the name of another one", "case is ignored; choose another name");
            continue;
        }
        sl_own_transformation &own = rows[rules_->own_transformation_count];
        own.index = i;
        own.row = {};
        own.row.name = sl_arena_z(&rules_->arena, slice(name));
        own.row.triggers = SL_CLASS_ANY;
        own.row.own = &own;
        const sl_slice script = options.transformations[i].script;
        if (script.len != 0) {
            begin_argument(at, false);
            own.script = sl_script_load(&prepare_, script);
            if (own.script == nullptr) continue;
        }
        rules_->own_transformations = rows;
        rules_->own_transformation_count++;
    }
}

} // namespace seclua
