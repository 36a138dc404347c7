// SPDX-License-Identifier: Apache-2.0
// Variable lists to targets: rows, selectors, compiled expressions (spec 01, section 4).
#include "compile/compiler.hpp"

#include <algorithm>

#include "operators/rx.h"
#include "run/host.h"
#include "seclang/nearest.hpp"
#include "variables/variable.h"

namespace seclua {

namespace {

bool is_xml(const sl_variable *variable) {
    const sl_slice name = sl_slice_z(variable->canonical != nullptr ? variable->canonical : variable->name);
    return sl_slice_equal(name, SL_LIT("XML"));
}

// "ARGS:foo", "&TX:/^a/": as rules, logs and explain write it.
std::string written(const TargetItem &item, const sl_variable *variable) {
    std::string text = item.counted ? "&" : "";
    text += variable->name;
    if (item.selector_kind == SelectorKind::none && item.raw_selector.empty()) return text;
    return text + ":" + item.raw_selector;
}

} // namespace

const sl_xpath *Compiler::xpath(const std::string &expression, const Link *link, const Position &at, bool &failed) {
    const char *const *namespaces = link == nullptr ? nullptr : link->draft.namespaces;
    std::string key = expression;
    for (const char *const *part = namespaces; part != nullptr && *part != nullptr; part++) key += std::string("\n") + *part;
    if (const auto known = xpaths_.find(key); known != xpaths_.end()) return known->second;
    char error[256] = "";
    sl_xpath *compiled = sl_xpath_compile(expression.c_str(), namespaces, error, sizeof error);
    if (compiled == nullptr) {
        failed = true;
        diagnostics_.add(Code::E_BAD_SELECTOR_REGEX, at, "the XPath " + expression + " cannot be compiled: " + error);
        return nullptr;
    }
    sl_ruleset_own(rules_, compiled, [](void *resource) { sl_xpath_free(static_cast<sl_xpath *>(resource)); });
    xpaths_.emplace(key, compiled);
    return compiled;
}

bool Compiler::compile_target(const TargetItem &item, const Link *link, sl_target &out) {
    out = {};
    std::string name = item.name.value;
    std::string selector = item.selector.value;
    SelectorKind kind = item.selector_kind;
    if (name.size() > 5 && name.compare(0, 5, "HTTP_") == 0) { // alias of ModSecurity 2
        diagnostics_.add(Code::W_DEPRECATED, item.name.at, name + " is an old name", "write REQUEST_HEADERS:" + name.substr(5));
        selector = name.substr(5);
        name = "REQUEST_HEADERS";
        kind = SelectorKind::key;
    }
    out.variable = sl_variable_of(rules_, slice(name));
    if (out.variable == nullptr) {
        diagnostics_.add(Code::E_UNKNOWN_VARIABLE, item.name.at, "unknown variable \"" + name + "\"",
                         did_you_mean(name, name_of_row<sl_variable_at>));
        return false;
    }
    if (out.variable->is_inert) {
        diagnostics_.add(Code::W_IGNORED, item.name.at, std::string(out.variable->name) + " is never set here",
                         out.variable->manual == nullptr ? "" : std::string("it is ") + out.variable->manual + " elsewhere");
    }
    out.is_count = item.counted;
    out.written = keep(written(item, out.variable));
    if (kind == SelectorKind::none) return true;
    if (out.variable->kind == SL_SCALAR) {
        diagnostics_.add(Code::E_NOT_COLLECTION, item.selector.at, std::string(out.variable->name) + " is not a collection",
                         "remove the selector");
        return false;
    }
    if (is_xml(out.variable)) {
        bool failed = false;
        out.selector = SL_SELECT_XPATH;
        out.key = keep(item.raw_selector);
        if (item.raw_selector != "/*") out.xpath = xpath(item.raw_selector, link, item.selector.at, failed);
        return !failed;
    }
    out.key = keep(selector);
    if (kind == SelectorKind::regex) {
        begin_argument(item.selector.at, false);
        out.selector = SL_SELECT_REGEX;
        const unsigned flags = out.variable->is_case_sensitive ? 0 : SL_REGEX_CASELESS;
        out.regex = sl_prepare_regex(&prepare_, out.key, flags, 0, "SECLUA_E_BAD_SELECTOR_REGEX");
        if (out.regex != nullptr) out.first_byte = sl_regex_first_byte(out.regex);
        return out.regex != nullptr;
    }
    out.selector = SL_SELECT_KEY;
    out.key_hash = sl_hash_fold(out.key);
    if (out.variable->has_macro_keys && selector.find("%{") != std::string::npos) {
        begin_argument(item.selector.at, false);
        out.macro = macro(this, out.key, 0);
        if (!out.macro->is_literal) out.selector = SL_SELECT_MACRO;
    }
    return true;
}

void Compiler::compile_targets(Unit &unit, Link &link) {
    std::vector<sl_target> targets, exclusions;
    std::vector<std::string> seen;
    std::vector<std::pair<const TargetItem *, bool>> items; // item, added by an update
    for (const TargetItem &item : link.rule->targets) items.emplace_back(&item, false);
    for (const TargetItem *item : link.more) items.emplace_back(item, true);
    for (const auto &[item, is_update] : items) {
        sl_target target;
        if (!compile_target(*item, &link, target)) continue;
        const std::string text = to_string(target.written);
        if (item->excluded) {
            const std::string key = "!" + text;
            if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue; // identical exclusions are one
            seen.push_back(key);
            exclusions.push_back(target);
            continue;
        }
        const auto same = [&](const sl_target &other) {
            return sl_slice_equal_fold(other.written, target.written);
        };
        if (is_update && std::any_of(targets.begin(), targets.end(), same)) continue;
        targets.push_back(target);
    }
    for (const TargetItem *item : link.replaced) {
        sl_target target;
        if (!compile_target(*item, &link, target)) continue;
        const auto before = targets.size();
        std::erase_if(targets, [&](const sl_target &other) { return sl_slice_equal_fold(other.written, target.written); });
        if (targets.size() == before) {
            diagnostics_.add(Code::W_NO_RULE_MATCHES, item->name.at,
                             "rule " + std::to_string(unit.id) + " has no target " + to_string(target.written) + " to replace");
        }
    }
    for (const auto &[item, is_update] : items) {
        if (is_update || !item->excluded) continue;
        const sl_variable *variable = sl_variable_of(rules_, slice(item->name.value));
        const auto uses = [&](const sl_target &target) { return target.variable == variable; };
        if (variable != nullptr && std::none_of(targets.begin(), targets.end(), uses)) {
            diagnostics_.add(Code::W_EXCLUSION, item->name.at, "exclusion never matches: the rule has no target " + item->name.value);
        }
    }
    unsigned earliest = SL_PHASES;
    for (const sl_target &target : targets) earliest = std::min<unsigned>(earliest, target.variable->first_phase);
    if (!targets.empty() && link.image->link_index == 0 && earliest > unit.phase && earliest < SL_PHASES) {
        diagnostics_.add(Code::W_PHASE, link.statement->at,
                         std::string(targets.front().variable->name) + " is not complete before phase " + std::to_string(earliest),
                         "use phase:" + std::to_string(earliest));
    }
    const auto freeze_list = [&](const std::vector<sl_target> &list) {
        sl_target *frozen = SL_NEW_LINES(&rules_->arena, sl_target, list.size());
        std::copy(list.begin(), list.end(), frozen);
        return frozen;
    };
    link.image->targets = freeze_list(targets);
    link.image->target_count = targets.size();
    link.image->exclusions = freeze_list(exclusions);
    link.image->exclusion_count = exclusions.size();
}

} // namespace seclua
