// SPDX-License-Identifier: Apache-2.0
// What the candidate index needs of each link: a filter where its operator has necessary texts, a view for each whole list
// that it looks at through its pipeline.
#include "compile/compiler.hpp"
#include "prefilter/literals.hpp"
#include "variables/variable.h"

namespace seclua {

namespace {

// Lists that only grow, and whose texts never change: what was scanned once holds for the rest of the transaction.
bool has_stable_list(const sl_variable *variable) {
    return variable->kind == SL_COLLECTION && variable->members != nullptr && variable->expand == nullptr &&
           !variable->has_macro_keys && !sl_slice_equal(sl_slice_z(variable->name), SL_LIT("GEO"));
}

std::string folded(sl_slice text) {
    std::string out = to_string(text);
    for (char &c : out) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
    return out;
}

std::vector<std::vector<std::string>> literals_of(const sl_rule &rule, bool lines) {
    if (rule.operand.necessary != nullptr) {
        const sl_slice name = sl_slice_z(rule.op->name);
        const bool starts = sl_slice_equal(name, SL_LIT("streq")) || sl_slice_equal(name, SL_LIT("beginsWith"));
        const bool ends = sl_slice_equal(name, SL_LIT("streq")) || sl_slice_equal(name, SL_LIT("endsWith"));
        std::vector<std::string> literals;
        for (size_t i = 0; i < rule.operand.necessary->count; i++) {
            std::string literal = folded(rule.operand.necessary->literals[i]);
            if (starts) literal.insert(literal.begin(), text_start);
            if (ends) literal.push_back(text_end);
            literals.push_back(std::move(literal));
        }
        return {literals};
    }
    if (!sl_slice_equal(sl_slice_z(rule.op->name), SL_LIT("rx"))) return {};
    return necessary_literals(to_string(rule.operand.text), lines);
}

} // namespace

void Compiler::index_link(Link &link) {
    sl_rule &rule = *link.image;
    rule.filters[0] = rule.filters[1] = -1;
    sl_target *targets = const_cast<sl_target *>(rule.targets);
    for (size_t i = 0; i < rule.target_count; i++) targets[i].view = -1;
    if (rules_->options.no_acceleration || rule.kind != SL_RULE_OPERATOR || rule.op == nullptr) return;
    if (rule.is_negated || rule.operand.macro != nullptr) return;
    size_t used = 0;
    for (auto &literals : literals_of(rule, rules_->options.rx_multiline)) {
        const int filter = used < 2 ? prefilter_.add(std::move(literals)) : -1;
        if (filter >= 0) rule.filters[used++] = filter;
    }
    if ((used == 0 && rule.operand.necessary_classes == 0) || rule.is_multi_match) return;
    for (size_t i = 0; i < rule.target_count; i++) {
        if (targets[i].is_count || targets[i].selector != SL_SELECT_ALL || !has_stable_list(targets[i].variable)) continue;
        const auto key = std::make_pair(targets[i].variable, rule.pipeline->index);
        targets[i].view = views_.emplace(key, static_cast<int32_t>(views_.size())).first->second;
    }
}

} // namespace seclua
