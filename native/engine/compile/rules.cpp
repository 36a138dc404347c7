// SPDX-License-Identifier: Apache-2.0
// One link: its actions in order of inheritance, its targets, its operator.
#include "compile/compiler.hpp"

#include <algorithm>

#include "lua/script.h"
#include "run/host.h"
#include "seclang/nearest.hpp"
#include "variables/variable.h"

namespace seclua {

namespace {

// What asks something of values: a script has none.
bool is_about_values(const std::string &name, const ActionItem &item) {
    if (name == "t") return item.value && !sl_slice_equal_fold(slice(item.value->value), SL_LIT("none"));
    return name == "capture" || name == "multiMatch";
}

} // namespace

void Compiler::apply_actions(Unit &unit, Link &link, const ActionList &list, unsigned place) {
    sl_draft &draft = link.draft;
    const bool is_link = link.image->link_index != 0;
    const bool is_default = place == SL_IN_DEFAULT;
    draft.is_default = is_default;
    std::vector<const sl_action_row *> seen;
    const sl_action_row *disruptive = nullptr;
    for (const ActionItem &item : list) {
        const sl_action_row *row = sl_action_find(slice(item.name.value));
        if (row == nullptr) {
            if (!is_default) {
                diagnostics_.add(Code::E_UNKNOWN_ACTION, item.name.at, "unknown action \"" + item.name.value + "\"",
                                 did_you_mean(item.name.value, name_of_row<sl_action_at>));
            }
            continue;
        }
        const std::string name = row->name;
        if (is_default && (row->places & (SL_IN_DEFAULT | SL_WARN_IN_DEFAULT)) == 0) continue; // reported where it stands
        if (place == SL_IN_UPDATE && (row->places & SL_IN_UPDATE) == 0) {
            diagnostics_.add(Code::E_ACTION_VALUE, item.name.at, "SecRuleUpdateActionById must not change " + name);
            continue;
        }
        const bool is_starters = name == "id" || name == "phase";
        if (is_link && is_starters && is_default) continue;
        if (is_link && is_starters) {
            if (name == "id") diagnostics_.add(Code::W_IGNORED, item.name.at, "the id of a later rule of a chain is ignored");
            if (name == "phase") {
                sl_draft scratch = draft;
                sl_rule copy = *link.image;
                scratch.rule = &copy;
                const void *none = nullptr;
                begin_argument(item.value ? item.value->at : item.name.at, false);
                if (item.value && row->prepare(&prepare_, slice(item.value->value), &scratch, &none) && copy.phase != unit.phase) {
                    diagnostics_.add(Code::W_PHASE, item.name.at, "a chain runs in the phase of its first rule; this phase is ignored");
                }
            }
            continue;
        }
        if (is_link && is_default && row->action_class == SL_DISRUPTIVE) continue;
        if (is_link && row->action_class == SL_DISRUPTIVE) { // of the link's own list: reported by flow.cpp
            if (place == SL_IN_UPDATE) {
                diagnostics_.add(Code::E_CHAIN, item.name.at, "disruptive actions belong to the chain starter",
                                 "update rule " + std::to_string(unit.id) + " without a number behind it");
            }
            continue;
        }
        if (row->value == SL_VALUE_NONE && item.value) {
            diagnostics_.add(Code::E_ACTION_VALUE, item.value->at, name + " takes no value");
            continue;
        }
        if (row->value == SL_VALUE_REQUIRED && (!item.value || item.value->value.empty())) {
            diagnostics_.add(Code::E_ACTION_VALUE, item.name.at, name + " needs a value", "write " + name + ":value");
            continue;
        }
        if (!is_default && !row->is_many && row->action_class != SL_DISRUPTIVE) {
            for (const sl_action_row *other : seen) {
                if (other == row) diagnostics_.add(Code::W_DUPLICATE_ACTION, item.name.at, name + " stands twice; the last one counts");
            }
            seen.push_back(row);
        }
        if (!is_default && row->action_class == SL_DISRUPTIVE) {
            if (disruptive != nullptr) {
                diagnostics_.add(Code::W_DUPLICATE_ACTION, item.name.at,
                                 name + " replaces " + disruptive->name + ": a rule has one disruptive action");
            }
            disruptive = row;
        }
        if (!is_default && link.rule->kind == RuleKind::script && is_about_values(name, item)) {
            diagnostics_.add(Code::W_IGNORED, item.name.at, name + " has no effect on a script");
        }
        begin_argument(item.value ? item.value->at : item.name.at, false);
        const void *prepared = nullptr;
        const std::string &text = item.value ? item.value->value : std::string();
        const sl_slice value = keep(text);
        if (!row->prepare(&prepare_, value, &draft, &prepared) || row->run == nullptr) continue;
        draft.actions = static_cast<sl_action *>(
            sl_draft_grow(&rules_->arena, draft.actions, draft.action_count, &draft.action_capacity, sizeof *draft.actions));
        draft.actions[draft.action_count++] = {row, prepared};
    }
    (void)unit;
}

// The rule's own disruptive action, else what block means: that of the SecDefaultAction in force.
void Compiler::settle_disruptive(Unit &unit, Link &link) {
    sl_draft &draft = link.draft;
    sl_rule *rule = link.image;
    const bool takes_default = draft.is_block || (!draft.has_disruptive && !rules_->options.v3_defaults);
    if (takes_default) {
        rule->disruptive = draft.default_disruptive;
        rule->redirect = draft.default_redirect;
    } else if (!draft.has_disruptive) {
        rule->disruptive = SL_ACT_PASS;
    }
    const bool acts = rule->disruptive != SL_ACT_PASS && rule->disruptive != SL_ACT_ALLOW && rule->disruptive != SL_ACT_ALLOW_PHASE &&
                      rule->disruptive != SL_ACT_ALLOW_REQUEST;
    if (unit.phase == 5 && acts) {
        if (!takes_default) {
            diagnostics_.add(Code::W_IGNORED, link.statement->at, "nothing can be stopped in phase 5: the disruptive action acts as pass");
        }
        rule->disruptive = SL_ACT_PASS;
    }
}

// CRS wants REQUEST_BODY unset for JSON; a rule that holds the body against a schema wants the body.
static void show_bodies(sl_rule &rule) {
    const sl_variable *hidden = sl_variable_find(SL_LIT("REQUEST_BODY"));
    auto *targets = const_cast<sl_target *>(rule.targets);
    for (size_t i = 0; i < rule.target_count; i++) {
        if (targets[i].variable == hidden && !targets[i].is_count) targets[i].variable = &sl_variable_judged_body;
    }
}

void Compiler::compile_operator(Unit &unit, Link &link) {
    const OperatorCall &call = link.rule->op;
    sl_rule *rule = link.image;
    const sl_operator *op = sl_operator_find(slice(call.name.value));
    if (op == nullptr) {
        diagnostics_.add(Code::E_UNKNOWN_OPERATOR, call.name.at, "unknown operator \"@" + call.name.value + "\"",
                         did_you_mean(call.name.value, name_of_row<sl_operator_at>));
        return;
    }
    rule->op = op;
    rule->is_negated = call.negated;
    const std::string &argument = call.argument.value;
    begin_argument(call.argument.at, false);
    if (argument.empty() && (op->argument == SL_ARGUMENT_TEXT || op->argument == SL_ARGUMENT_REWRITE)) {
        diagnostics_.add(Code::E_OPERATOR_PARAM, call.name.at, std::string("operator @") + op->name + " needs a parameter");
        return;
    }
    if (argument.empty() && op->argument == SL_ARGUMENT_MACRO) { // generated rules have such; ModSecurity 2 takes them
        diagnostics_.add(Code::W_UNREACHABLE, call.name.at.length > 0 ? call.name.at : call.argument.at,
                         std::string("operator @") + op->name + " has an empty parameter");
    }
    if (!argument.empty() && op->argument == SL_ARGUMENT_NONE) {
        diagnostics_.add(Code::W_IGNORED, call.argument.at, std::string("operator @") + op->name + " takes no parameter");
    }
    rule->operand.text = keep(argument);
    if (op->argument == SL_ARGUMENT_MACRO) {
        const sl_macro *parsed = macro(this, rule->operand.text, 0);
        if (!parsed->is_literal) {
            rule->operand.macro = parsed;
            rule->operand_per_value = parsed->per_value;
            return;
        }
    } else if (argument.find("%{") != std::string::npos && op->argument == SL_ARGUMENT_TEXT) {
        diagnostics_.add(Code::W_MACRO, call.argument.at, std::string("operator @") + op->name + " does not expand macros: %{ is taken literally");
    }
    if (op->argument == SL_ARGUMENT_REWRITE) {
        const auto is_stream = [](const sl_target &target) { return target.variable->is_stream && !target.is_count; };
        if (!std::all_of(rule->targets, rule->targets + rule->target_count, is_stream)) {
            diagnostics_.add(Code::E_OPERATOR_PARAM, call.name.at,
                             std::string("@") + op->name + " rewrites STREAM_INPUT_BODY and STREAM_OUTPUT_BODY only");
            return;
        }
    }
    if (!op->prepare(&prepare_, rule->operand.text, &rule->operand)) return;
    if (op->necessary != nullptr) op->necessary(&prepare_, &rule->operand);
    if (rule->operand.judges_body) show_bodies(*rule);
    (void)unit;
}

void Compiler::compile_link(Unit &unit, size_t index) {
    Link &link = unit.links[index];
    const RuleStatement &statement = *link.rule;
    sl_rule *rule = SL_NEW_LINES(&rules_->arena, sl_rule, 1);
    link.image = rule;
    link_ = &link;
    link.draft = {};
    link.draft.rule = rule;
    rule->id = unit.id;
    rule->phase = static_cast<uint8_t>(unit.phase);
    rule->link_index = static_cast<uint8_t>(index > 255 ? 255 : index);
    rule->severity = -1;
    rule->log = rule->audit = true;
    rule->starter = unit.links.front().image;
    rule->ordinal = unit.ordinal;
    rule->file = keep(*link.statement->at.file);
    rule->line = link.statement->at.line;
    rule->last_line = link.statement->last_line;
    rule->unparsed = keep(statement.unparsed);
    rule->kind = statement.kind == RuleKind::rule     ? SL_RULE_OPERATOR
                 : statement.kind == RuleKind::script ? SL_RULE_SCRIPT
                                                      : SL_RULE_UNCONDITIONAL;
    if (statement.unsplit) { // it has had its error, so there will be no rule set
        rule->kind = SL_RULE_UNCONDITIONAL;
        rule->pipeline = pipeline(nullptr, 0);
        link_ = nullptr;
        return;
    }
    if (unit.defaults != nullptr) {
        apply_actions(unit, link, unit.defaults->actions, SL_IN_DEFAULT);
        link.draft.default_disruptive = rule->disruptive;
        link.draft.default_redirect = rule->redirect;
        link.draft.has_disruptive = link.draft.is_block = false;
        link.draft.has_explicit_noauditlog = false;
    }
    apply_actions(unit, link, statement.actions, SL_IN_LINK);
    for (const ActionList *update : link.updates) apply_actions(unit, link, *update, SL_IN_UPDATE);
    rule->phase = static_cast<uint8_t>(unit.phase);
    rule->id = unit.id;
    rule->tags = link.draft.tags;
    rule->tag_count = link.draft.tag_count;
    rule->actions = link.draft.actions;
    rule->action_count = link.draft.action_count;
    rule->pipeline = pipeline(link.draft.steps, link.draft.step_count);
    if (index == 0) settle_disruptive(unit, link);
    if (statement.kind == RuleKind::rule) {
        compile_targets(unit, link);
        compile_operator(unit, link);
    } else if (statement.kind == RuleKind::script) {
        begin_argument(statement.script.at, false);
        rule->script = sl_script_load(&prepare_, keep(statement.script.value));
    }
    link_ = nullptr;
}

} // namespace seclua
