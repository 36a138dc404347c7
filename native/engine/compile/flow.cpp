// SPDX-License-Identifier: Apache-2.0
// Statements to units: chains folded into their starters, default actions noted where they stand, jumps turned into indexes.
#include "compile/compiler.hpp"

#include <charconv>

namespace seclua {

namespace {

bool is_named(const ActionItem &item, const char *name) {
    return sl_slice_equal_fold(slice(item.name.value), sl_slice_z(name));
}

const ActionItem *find_action(const ActionList &list, const char *name) {
    const ActionItem *found = nullptr;
    for (const ActionItem &item : list) {
        if (is_named(item, name)) found = &item;
    }
    return found;
}

bool parse_id(const std::string &text, uint64_t &id) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() && id != 0;
}

// The phase an action list names; -1 when it names none or a wrong one (reported when the list is applied).
int phase_of(const ActionList &list) {
    const ActionItem *item = find_action(list, "phase");
    if (item == nullptr || !item->value) return -1;
    const std::string &value = item->value->value;
    if (value.size() == 1 && value[0] >= '0' && value[0] <= '5') return value[0] - '0';
    if (sl_slice_equal_fold(slice(value), SL_LIT("request"))) return 2;
    if (sl_slice_equal_fold(slice(value), SL_LIT("response"))) return 4;
    if (sl_slice_equal_fold(slice(value), SL_LIT("logging"))) return 5;
    return -1;
}

} // namespace

void Compiler::note_default_action(const Statement &statement, const DefaultActionStatement &defaults) {
    bool has_disruptive = false;
    for (const ActionItem &item : defaults.actions) {
        const sl_action_row *row = sl_action_find(slice(item.name.value));
        if (row == nullptr) {
            diagnostics_.add(Code::E_UNKNOWN_ACTION, item.name.at, "unknown action \"" + item.name.value + "\"");
            continue;
        }
        if (is_named(item, "t") && item.value && sl_slice_equal_fold(slice(item.value->value), SL_LIT("none"))) {
            diagnostics_.add(Code::E_DEFAULT_ACTION, item.name.at, "t:none in SecDefaultAction has nothing to forget",
                             "put it into the rules themselves");
            continue;
        }
        if ((row->places & (SL_IN_DEFAULT | SL_WARN_IN_DEFAULT)) == 0) {
            diagnostics_.add(Code::E_DEFAULT_ACTION, item.name.at,
                             std::string("SecDefaultAction must not contain ") + row->name,
                             "put it into the rules themselves");
        } else if ((row->places & SL_IN_DEFAULT) == 0) {
            diagnostics_.add(Code::W_DEPRECATED, item.name.at,
                             std::string(row->name) + " in SecDefaultAction is inherited by every rule of the phase");
        }
        has_disruptive = has_disruptive || (row->action_class == SL_DISRUPTIVE && !is_named(item, "block"));
    }
    const int phase = phase_of(defaults.actions);
    if (phase < 0) {
        diagnostics_.add(Code::E_DEFAULT_ACTION, statement.at, "SecDefaultAction needs a phase", "add phase:1 … phase:5");
        return;
    }
    for (const ActionItem &item : defaults.actions) {
        const sl_action_row *row = sl_action_find(slice(item.name.value));
        if (phase != 5 || row == nullptr || row->action_class != SL_DISRUPTIVE) continue;
        if (is_named(item, "pass") || is_named(item, "allow") || is_named(item, "block")) continue;
        diagnostics_.add(Code::W_IGNORED, item.name.at, std::string("nothing can be stopped in phase 5: ") + row->name + " acts as pass");
    }
    if (!has_disruptive) {
        diagnostics_.add(Code::E_DEFAULT_ACTION, statement.at, "SecDefaultAction needs a disruptive action",
                         "add pass, deny, drop, redirect or allow");
    }
    if (defaults_[phase] != nullptr) {
        diagnostics_.add(Code::W_DUPLICATE_ACTION, statement.at,
                         "a second SecDefaultAction for phase " + std::to_string(phase) +
                             " replaces the first one for the rules that follow");
    }
    defaults_[phase] = &defaults;
}

void Compiler::read_identity(Unit &unit) {
    const Statement &statement = *unit.at();
    const RuleStatement &rule = *unit.links.front().rule;
    const ActionItem *id = find_action(rule.actions, "id");
    if (id != nullptr && id->value && parse_id(id->value->value, unit.id)) {
        unit.has_id = true;
        const auto [known, is_new] = ids_.emplace(unit.id, &statement);
        if (!is_new) {
            diagnostics_.add(Code::E_DUP_ID, id->value->at,
                             "rule id " + std::to_string(unit.id) + " is taken by " + *known->second->at.file + ":" +
                                 std::to_string(known->second->at.line),
                             "ids are unique over all files");
        }
    } else if (id == nullptr && !rule.broken) {
        if (rule.kind == RuleKind::script) {
            diagnostics_.add(Code::W_SCRIPT, statement.at,
                             "a script rule without id cannot be updated or removed", "add an id");
        } else {
            diagnostics_.add(Code::E_NO_ID, statement.at, "rule has no id", "add id:N with a number of your own");
        }
    }
    const int phase = phase_of(rule.actions);
    unit.phase = phase >= 0 ? static_cast<unsigned>(phase) : rules_->options.v3_defaults ? 1 : 2;
    unit.defaults = defaults_[unit.phase];
    const auto add_tags = [&](const ActionList &list) {
        for (const ActionItem &item : list) {
            if (is_named(item, "tag") && item.value) unit.tags.push_back(item.value->value);
        }
    };
    if (unit.defaults != nullptr) add_tags(unit.defaults->actions);
    add_tags(rule.actions);
    if (const ActionItem *msg = find_action(rule.actions, "msg"); msg != nullptr && msg->value) unit.message = msg->value->value;
}

void Compiler::check_chain_link(const RuleStatement &link) {
    for (const ActionItem &item : link.actions) {
        const sl_action_row *row = sl_action_find(slice(item.name.value));
        if (row == nullptr || (row->places & SL_IN_LINK) != 0) continue;
        if (is_named(item, "id") || is_named(item, "phase")) continue; // reported when the link is compiled
        if (row->action_class == SL_DISRUPTIVE) {
            diagnostics_.add(Code::E_CHAIN, item.name.at, "disruptive actions belong to the chain starter",
                             "move " + std::string(row->name) + " to the first rule of the chain");
        } else if (row->action_class == SL_FLOW) {
            diagnostics_.add(Code::W_IGNORED, item.name.at, std::string(row->name) + " acts as if it stood on the chain starter");
        } else {
            diagnostics_.add(Code::W_IGNORED, item.name.at,
                             std::string(row->name) + " in a later rule of a chain is used only where the starter has none");
        }
    }
}

void Compiler::build_units() {
    bool in_chain = false;
    size_t next_end = 0;
    const auto end_chain = [&](const Position &at) {
        if (!in_chain) return;
        const Unit &open = units_.back();
        diagnostics_.add(Code::E_CHAIN, open.at()->at,
                         "chain of rule " + (open.has_id ? std::to_string(open.id) : std::string("without id")) + " is not completed",
                         "the next SecRule, SecAction or SecRuleScript has to follow in the same source");
        (void)at;
        in_chain = false;
    };
    for (size_t i = 0; i < tree_.statements.size(); i++) {
        const Statement &statement = tree_.statements[i];
        while (next_end < tree_.source_ends.size() && tree_.source_ends[next_end] == i) {
            end_chain(statement.at);
            next_end++;
        }
        if (const auto *rule = std::get_if<RuleStatement>(&statement.body)) {
            if (!in_chain) units_.emplace_back();
            Unit &unit = units_.back();
            Link link;
            link.statement = &statement;
            link.rule = rule;
            unit.links.push_back(std::move(link));
            if (unit.links.size() == 1) {
                read_identity(unit);
            } else {
                check_chain_link(*rule);
            }
            in_chain = find_action(rule->actions, "chain") != nullptr;
        } else if (const auto *marker = std::get_if<MarkerStatement>(&statement.body)) {
            end_chain(statement.at);
            Unit unit;
            unit.is_marker = true;
            unit.label = marker->label.value;
            units_.push_back(std::move(unit));
        } else if (const auto *defaults = std::get_if<DefaultActionStatement>(&statement.body)) {
            note_default_action(statement, *defaults);
        }
    }
    if (!tree_.statements.empty()) end_chain(tree_.statements.back().at);
}

// Jumps only go forward: to the unit of the same phase that follows the marker (or the rule) in the configuration.
void Compiler::resolve_jumps() {
    for (unsigned phase = 0; phase < SL_PHASES; phase++) {
        uint32_t count = 0;
        std::vector<uint32_t> next(units_.size() + 1, 0);
        for (size_t i = 0; i < units_.size(); i++) {
            next[i] = count;
            if (!units_[i].is_marker && !units_[i].removed && units_[i].phase == phase) count++;
        }
        next[units_.size()] = count;
        for (size_t i = 0; i < units_.size(); i++) {
            Unit &unit = units_[i];
            if (unit.is_marker || unit.removed || unit.phase != phase) continue;
            Link &starter = unit.links.front();
            uint32_t skip = 0;
            sl_slice label = SL_EMPTY;
            for (const Link &link : unit.links) { // a later link's counts as the starter's
                if (skip == 0) skip = link.draft.skip;
                if (label.len == 0) label = link.draft.skip_after;
            }
            if (skip != 0) {
                starter.image->has_jump = true;
                starter.image->jump = next[i] + 1 + skip > count ? count : next[i] + 1 + skip;
            }
            if (label.len == 0) continue;
            const std::string name = to_string(label);
            starter.image->jump_label = label;
            starter.image->has_jump = true;
            starter.image->jump = count;
            bool found = false;
            for (size_t j = i + 1; j < units_.size() && !found; j++) {
                if (units_[j].is_marker && units_[j].label == name) {
                    starter.image->jump = next[j];
                    found = true;
                }
            }
            uint64_t id = 0;
            if (!found && parse_id(name, id)) {
                for (size_t j = i + 1; j < units_.size() && !found; j++) {
                    if (units_[j].is_marker || units_[j].id != id) continue;
                    starter.image->jump = next[j + 1];
                    found = true;
                }
            }
            if (!found) {
                diagnostics_.add(Code::W_MARKER, unit.at()->at,
                                 "skipAfter target \"" + name + "\" not found after rule " + std::to_string(unit.id),
                                 "the rest of the phase is skipped");
            }
        }
    }
}

} // namespace seclua
