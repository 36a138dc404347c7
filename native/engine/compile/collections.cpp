// SPDX-License-Identifier: Apache-2.0
// Persistent collections that a rule set names itself: initcol:cart=… makes CART a variable of all of its rules
// (specification 07, section 1; ModSecurity 2 takes any name, too).
#include <algorithm>

#include "compile/compiler.hpp"
#include "variables/variable.h"

namespace seclua {

namespace {

constexpr size_t name_bytes_max = 64;

const ActionList *actions_of(const Statement &statement) {
    if (const auto *rule = std::get_if<RuleStatement>(&statement.body)) return &rule->actions;
    if (const auto *defaults = std::get_if<DefaultActionStatement>(&statement.body)) return &defaults->actions;
    if (const auto *update = std::get_if<UpdateActionStatement>(&statement.body)) return &update->actions;
    return nullptr;
}

bool is_name(const std::string &text) {
    const auto is_letter = [](char c) { return sl_ascii_is_alnum(static_cast<uint8_t>(c)) || c == '_'; };
    return !text.empty() && text.size() <= name_bytes_max && !sl_ascii_is_digit(static_cast<uint8_t>(text[0])) &&
           std::all_of(text.begin(), text.end(), is_letter);
}

} // namespace

// What cannot be a collection is left to the action itself, which says so at its place.
void Compiler::name_own_collections() {
    for (const Statement &statement : tree_.statements) {
        const ActionList *actions = actions_of(statement);
        if (actions == nullptr) continue;
        for (const ActionItem &item : *actions) {
            if (!item.value || !sl_slice_equal_fold(slice(item.name.value), SL_LIT("initcol"))) continue;
            const std::string name = item.value->value.substr(0, item.value->value.find('='));
            if (!is_name(name) || sl_variable_of(rules_, slice(name)) != nullptr) continue;
            const size_t index = rules_->own_collection_count;
            if (index == sl_own_collections_max) return;
            std::string lower = name, upper = name;
            for (char &c : lower) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
            for (char &c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            const char *shown = sl_arena_z(&rules_->arena, slice(upper));
            rules_->own_collections[index] = {keep(lower), sl_variable_own(&rules_->arena, shown, index)};
            rules_->own_collection_count++;
        }
    }
}

} // namespace seclua
