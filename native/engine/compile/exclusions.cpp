// SPDX-License-Identifier: Apache-2.0
// SecRuleRemove*, SecRuleUpdate* at load, and the selections of their ctl twins (spec 01, section 12). Collected first, applied
// once, so that they may stand before or after the rules they name.
#include "compile/compiler.hpp"

#include <algorithm>
#include <charconv>

#include "operators/rx.h"

namespace seclua {

namespace {

struct Range {
    uint64_t first, last;
    size_t link = 0;
    bool has_link = false;
};

bool read_number(std::string_view text, uint64_t &out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

// "1", "1-5", "1,2 7-9", and for SecRuleUpdateActionById "1:2".
bool parse_ranges(const std::string &text, std::vector<Range> &out) {
    size_t at = 0;
    while (at < text.size()) {
        const size_t end = std::min(text.find_first_of(", \t", at), text.size());
        std::string_view word = unquoted(std::string_view(text).substr(at, end - at));
        at = end + 1;
        if (word.empty()) continue;
        Range range{};
        if (const size_t colon = word.find(':'); colon != std::string_view::npos) {
            uint64_t link = 0;
            if (!read_number(word.substr(colon + 1), link)) return false;
            range.link = static_cast<size_t>(link);
            range.has_link = true;
            word = word.substr(0, colon);
        }
        const size_t dash = word.find('-');
        if (!read_number(word.substr(0, dash), range.first)) return false;
        range.last = range.first;
        if (dash != std::string_view::npos && !read_number(word.substr(dash + 1), range.last)) return false;
        if (range.last < range.first) return false;
        out.push_back(range);
    }
    return !out.empty();
}

bool has_pattern_letters(const std::string &text) { return text.find_first_of("^$*+?()[]{}|\\") != std::string::npos; }

// Exact first; a text that looks like a pattern is searched for, too (12.3).
struct TextSelection {
    const std::string &text;
    const sl_regex *pattern; // null: only the exact text
    sl_scratch *scratch;

    bool takes(const std::string &known) const {
        return known == text || (pattern != nullptr && sl_regex_search(scratch, pattern, slice(known)));
    }
    bool takes(const Unit &unit, SelectBy by) const {
        if (by == SelectBy::message) return !unit.message.empty() && takes(unit.message);
        return std::any_of(unit.tags.begin(), unit.tags.end(), [&](const std::string &tag) { return takes(tag); });
    }
};

// What ModSecurity 2 would select by a text without any sign of a pattern: whatever holds it.
size_t count_holding(const std::deque<Unit> &units, SelectBy by, const std::string &text) {
    const auto holds = [&](const std::string &known) { return known.find(text) != std::string::npos; };
    return static_cast<size_t>(std::count_if(units.begin(), units.end(), [&](const Unit &unit) {
        if (unit.is_marker) return false;
        return by == SelectBy::message ? holds(unit.message) : std::any_of(unit.tags.begin(), unit.tags.end(), holds);
    }));
}

} // namespace

std::vector<Unit *> Compiler::select(SelectBy by, const std::string &text, const Position &at, bool is_ctl) {
    std::vector<Unit *> found;
    if (by == SelectBy::id) {
        std::vector<Range> ranges;
        if (!parse_ranges(text, ranges)) {
            const Code code = is_ctl ? Code::E_ACTION_VALUE : Code::E_BAD_VALUE;
            diagnostics_.add(code, at, "\"" + text + "\" is not a list of rule ids", "write 1 or 1-5 or 1,2,7-9");
            return found;
        }
        for (Unit &unit : units_) {
            if (unit.is_marker || !unit.has_id) continue;
            for (const Range &range : ranges) {
                if (unit.id < range.first || unit.id > range.last) continue;
                found.push_back(&unit);
                break;
            }
        }
    } else {
        const std::unique_ptr<sl_regex, void (*)(void *)> pattern(
            has_pattern_letters(text) ? sl_regex_compile(slice(text), 0, nullptr) : nullptr, sl_regex_free);
        const TextSelection selection{text, pattern.get(), scratch_.get()};
        for (Unit &unit : units_) {
            if (!unit.is_marker && selection.takes(unit, by)) found.push_back(&unit);
        }
    }
    const size_t more = by == SelectBy::id || has_pattern_letters(text) ? 0 : count_holding(units_, by, text) - found.size();
    if (more != 0) {
        diagnostics_.add(Code::W_NO_RULE_MATCHES, at,
                         "v2 would select " + std::to_string(more) + (found.empty() ? "" : " more") +
                             (more == 1 ? " rule" : " rules") + " by substring: \"" + text + "\"",
                         "write .*" + text + " to select by a part of the text");
    } else if (found.empty() && !is_ctl) { // a ctl of a plugin may name what is not loaded
        diagnostics_.add(Code::W_NO_RULE_MATCHES, at, "no rule matches \"" + text + "\"");
    }
    return found;
}

void Compiler::apply_removals_and_updates() {
    for (const Statement &statement : tree_.statements) {
        if (const auto *removal = std::get_if<RemoveStatement>(&statement.body)) {
            for (const Text &argument : removal->arguments) {
                for (Unit *unit : select(removal->by, argument.value, argument.at, false)) unit->removed = true;
            }
        } else if (const auto *update = std::get_if<UpdateTargetStatement>(&statement.body)) {
            for (Unit *unit : select(update->by, update->selector.value, update->selector.at, false)) {
                for (const TargetItem &item : update->targets) {
                    if (!item.excluded) {
                        unit->links.front().more.push_back(&item);
                        continue;
                    }
                    for (Link &link : unit->links) link.more.push_back(&item);
                }
                for (const TargetItem &item : update->replaced) unit->links.front().replaced.push_back(&item);
            }
        } else if (const auto *action = std::get_if<UpdateActionStatement>(&statement.body)) {
            std::vector<Range> ranges;
            if (!parse_ranges(action->selector.value, ranges)) {
                diagnostics_.add(Code::E_BAD_VALUE, action->selector.at,
                                 "\"" + action->selector.value + "\" is not a rule id", "write 1, 1-5 or 1:2 for the third rule of chain 1");
                continue;
            }
            bool found = false;
            for (Unit &unit : units_) {
                for (const Range &range : ranges) {
                    if (unit.is_marker || !unit.has_id || unit.id < range.first || unit.id > range.last) continue;
                    found = true;
                    if (range.link >= unit.links.size()) {
                        diagnostics_.add(Code::E_BAD_VALUE, action->selector.at,
                                         "chain " + std::to_string(unit.id) + " has no rule number " + std::to_string(range.link));
                        continue;
                    }
                    unit.links[range.link].updates.push_back(&action->actions);
                    if (range.link != 0) continue;
                    for (const ActionItem &item : action->actions) {
                        if (!item.value) continue;
                        if (sl_slice_equal_fold(slice(item.name.value), SL_LIT("tag"))) unit.tags.push_back(item.value->value);
                        if (sl_slice_equal_fold(slice(item.name.value), SL_LIT("msg"))) unit.message = item.value->value;
                    }
                }
            }
            if (!found) {
                diagnostics_.add(Code::W_NO_RULE_MATCHES, action->selector.at, "no rule matches \"" + action->selector.value + "\"");
            }
        }
    }
}

void Compiler::fill_selections() {
    const size_t words = (starters_.size() + 63) / 64;
    std::map<std::pair<int, std::string>, const uint64_t *> known; // the same tag is often named by many rules
    for (Selection &selection : selections_) {
        const std::pair<int, std::string> key{static_cast<int>(selection.by), selection.text};
        if (const auto at = known.find(key); at != known.end()) {
            selection.bits->words = at->second;
        } else {
            uint64_t *bits = SL_NEW_ARRAY(&rules_->arena, uint64_t, words == 0 ? 1 : words);
            for (const Unit *unit : select(selection.by, selection.text, selection.at, true)) {
                if (!unit->removed) bits[unit->ordinal / 64] |= uint64_t{1} << (unit->ordinal % 64);
            }
            selection.bits->words = bits;
            known.emplace(key, bits);
        }
        selection.bits->word_count = words;
    }
}

} // namespace seclua
