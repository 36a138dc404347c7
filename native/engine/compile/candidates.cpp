// SPDX-License-Identifier: Apache-2.0
// What the candidate index needs of each link: a filter where its operator has necessary texts, a view for each whole list
// that it looks at through its pipeline.
#include "compile/compiler.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "prefilter/literals.hpp"
#include "prefilter/windows.hpp"
#include "variables/variable.h"

namespace seclua {

namespace {

// Lists that only grow, and whose texts never change: what was scanned once holds for the rest of the transaction.
bool is_stable_list(const sl_variable *variable) {
    return variable->kind == SL_COLLECTION && variable->members != nullptr && variable->expand == nullptr &&
           !variable->has_macro_keys && !variable->is_volatile;
}

// What the target selects is the same from the beginning of a phase to its end.
bool is_stable(const sl_target &target) {
    if (target.is_count || target.variable->is_inert) return false;
    if (target.variable->kind == SL_SCALAR) return target.variable->slot != SL_SLOT_NONE;
    return target.selector == SL_SELECT_XPATH || is_stable_list(target.variable);
}

std::string folded(sl_slice text) {
    std::string out = to_string(text);
    for (char &c : out) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
    return out;
}

bool has_pattern(const sl_rule &rule) {
    return rule.kind == SL_RULE_OPERATOR && rule.op != nullptr && !rule.is_negated && rule.operand.macro == nullptr &&
           rule.operand.necessary == nullptr && sl_slice_equal(sl_slice_z(rule.op->name), SL_LIT("rx"));
}

// Of an operator that compares with texts.
LiteralSet compared_literals(const sl_rule &rule) {
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
    return whole_literals({literals.begin(), literals.end()});
}

std::vector<uint64_t> keys_of(const std::vector<ShortText> &texts) {
    std::vector<std::string_view> views;
    views.reserve(texts.size());
    for (const ShortText &text : texts) views.push_back(text.view());
    return literal_keys(std::move(views));
}

} // namespace

// Links that ask the same of a text share a number, so that who was refused by one need not ask again for the other.
void Compiler::number_question(sl_rule &rule) {
    rule.question = -1;
    if (rules_->options.no_acceleration || rule.kind != SL_RULE_OPERATOR || rule.op == nullptr) return;
    if (rule.op->repeats == SL_ASK_AGAIN || rule.operand.macro != nullptr) return;
    const sl_rule *own = rule.op->repeats == SL_SAME_FOR_THE_RULE ? &rule : nullptr;
    const QuestionKey key{rule.op, own, rule.is_negated, to_string(rule.operand.text)};
    const auto [known, is_new] = question_of_.emplace(key, &rule);
    rule.question = is_new ? static_cast<int32_t>(question_of_.size()) - 1 : known->second->question;
    if (!is_new) rule.is_question_shared = known->second->is_question_shared = true;
}

// Most of what a load takes is walking patterns. None knows of the others, so they are walked by a few threads at once, each
// taking the next one that is left.
void Compiler::walk_patterns() {
    if (rules_->options.no_acceleration) return;
    for (const Unit *unit : starters_) {
        if (unit->is_left_out) continue;
        for (const Link &link : unit->links) {
            if (has_pattern(*link.image)) patterns_.try_emplace(to_string(link.image->operand.text));
        }
    }
    std::vector<std::pair<const std::string, Pattern> *> patterns;
    for (auto &each : patterns_) patterns.push_back(&each);
    std::atomic<size_t> next = 0;
    std::mutex guard;
    std::exception_ptr failure;
    const auto walk = [&] {
        try {
            for (size_t i = next++; i < patterns.size(); i = next++) {
                Pattern &pattern = patterns[i]->second;
                const Necessary found = necessary_literals(patterns[i]->first, rules_->options.rx_multiline);
                for (const std::vector<ShortText> &texts : found.sets) pattern.needs.push_back({keys_of(texts), {}});
                if (!found.plain) continue;
                std::vector<uint64_t> plain = keys_of(*found.plain);
                if (!plain.empty() || found.plain->empty()) pattern.plain = std::move(plain);
            }
        } catch (...) {
            const std::lock_guard<std::mutex> lock(guard);
            failure = std::current_exception();
        }
    };
    constexpr size_t few = 32, helpers_max = 3;
    const size_t processors = std::max<size_t>(std::thread::hardware_concurrency(), 1);
    const size_t helper_count = patterns.size() < few ? 0 : std::min(processors - 1, helpers_max);
    std::vector<std::thread> helpers;
    try {
        while (helpers.size() < helper_count) helpers.emplace_back(walk);
    } catch (const std::exception &) { // no thread, or no memory for one: those that there are do it
    }
    walk();
    for (std::thread &helper : helpers) helper.join();
    if (failure) std::rethrow_exception(failure);
}

// Of sets of literals all of which are needed.
Compiler::Filters Compiler::make_filters(std::vector<LiteralSet> sets) {
    Filters made;
    size_t used = 0;
    for (LiteralSet &literals : sets) {
        const int filter = used < std::size(made.classes) ? prefilter_.add(std::move(literals)) : -1;
        if (filter < 0) continue;
        made.classes[used] = prefilter_.classes_of(filter);
        made.ids[used++] = filter;
    }
    return made;
}

// Behind those that speak of all values; such a filter says nothing of kinds of bytes.
void Compiler::add_plain(Filters &filters, std::vector<uint64_t> literals) {
    const int filter = prefilter_.add_for_plain(std::move(literals));
    if (filter >= 0) *std::find(std::begin(filters.ids), std::end(filters.ids), -1) = filter;
}

// A negated operator is not asked about texts that it cannot match. Where it looks for a few only, a scan would take longer.
static bool has_use_for_filters(const sl_rule &rule) {
    constexpr size_t many = 16;
    if (rule.operand.macro != nullptr) return false;
    return !rule.is_negated || (rule.operand.necessary != nullptr && rule.operand.necessary->count >= many);
}

void Compiler::find_filters(sl_rule &rule) {
    if (!has_use_for_filters(rule)) return;
    Filters found;
    if (rule.operand.necessary != nullptr) {
        found = make_filters({compared_literals(rule)});
    } else if (has_pattern(rule)) {
        Pattern &pattern = patterns_.at(to_string(rule.operand.text));
        if (!pattern.filters) {
            pattern.filters = make_filters(std::exchange(pattern.needs, {}));
            if (auto plain = std::exchange(pattern.plain, {})) add_plain(*pattern.filters, std::move(*plain));
        }
        found = *pattern.filters;
    }
    if (found.ids[0] < 0) return;
    std::copy(std::begin(found.ids), std::end(found.ids), rule.filters);
    std::copy(std::begin(found.classes), std::end(found.classes), rule.classes);
}

// Without filters.
static void claim_classes(sl_rule &rule) {
    rule.classes[0] = rule.operand.necessary_classes != 0 ? rule.operand.necessary_classes : sl_class_any;
    rule.classes[1] = sl_class_any;
}

// A text either has what the operator needs or the rule does not match for it.
bool Compiler::is_decided_by_texts(const sl_rule &rule) { return !rule.is_negated && rule.operand.macro == nullptr; }

void Compiler::index_link(Link &link, bool has_views) {
    sl_rule &rule = *link.image;
    number_question(rule);
    std::fill(std::begin(rule.filters), std::end(rule.filters), -1);
    claim_classes(rule);
    sl_target *targets = const_cast<sl_target *>(rule.targets);
    for (size_t i = 0; i < rule.target_count; i++) targets[i].view = -1;
    if (!has_views || rules_->options.no_acceleration || rule.kind != SL_RULE_OPERATOR || rule.op == nullptr) return;
    if (rule.pipeline->has_own) return; // it is asked in its turn, and only then
    find_filters(rule);
    for (size_t i = 0; i < rule.target_count; i++) {
        if (!is_stable(targets[i])) continue;
        targets[i].view_has_all = is_decided_by_texts(rule) && !rule.is_multi_match;
        targets[i].view = view(targets[i], rule.is_multi_match ? pipeline_order_.front() : rule.pipeline);
        if (rule.filters[0] >= 0) note_scanned(view(targets[i], rule.pipeline), rule);
    }
}

// There is no index, since nothing that is necessary was found.
void Compiler::forget_filters() {
    for (Unit *unit : starters_) {
        for (Link &link : unit->links) {
            std::fill(std::begin(link.image->filters), std::end(link.image->filters), -1);
            claim_classes(*link.image);
        }
    }
}

int32_t Compiler::view(const sl_target &target, const sl_pipeline *pipeline) {
    const ViewKey key{target.variable, target.selector, to_string(target.key), target.xpath, pipeline->index};
    if (const auto known = view_of_.find(key); known != view_of_.end()) return known->second;
    const sl_pipeline *plain = pipeline_order_.front();
    const bool is_whole_list = target.selector == SL_SELECT_ALL && is_stable_list(target.variable);
    const int32_t parent = pipeline == plain ? -1 : view(target, pipeline_order_[pipeline->parent]);
    const auto index = static_cast<int32_t>(views_.size());
    if (parent < 0) selection_views_.push_back(0);
    const int32_t raw = parent < 0 ? index : views_[parent].raw;
    const uint32_t selection = parent < 0 ? static_cast<uint32_t>(selection_views_.size() - 1) : views_[parent].selection;
    const bool is_case_only = parent >= 0 && sl_transformation_is_case_only(pipeline->steps[pipeline->step_count - 1]);
    const int32_t scanned = is_case_only ? views_[parent].scanned : index;
    views_.push_back({&target, pipeline, raw, parent, scanned, selection_views_[selection]++, selection, is_whole_list, {0, 0}, 0, 1});
    view_of_.emplace(key, index);
    return index;
}

} // namespace seclua
