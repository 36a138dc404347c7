// SPDX-License-Identifier: Apache-2.0
// Directives that become part of the tree: rules, markers, default actions, removals, updates; and Include.
#include "seclang/loading.hpp"
#include "seclang/rule_parts.hpp"

namespace seclua {

namespace {

template <typename Body> void add_statement(Loading &load, const Call &call, Body body) {
    load.tree.statements.push_back({call.at, call.line.last_line, std::move(body)});
}

std::string one_line(const Call &call) {
    const std::string_view text = call.line.text.view();
    const size_t last = text.find_last_not_of(" \t");
    return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

// The parts of a rule, from its arguments on. A broken line has had its error; what else is wrong with it
// would only be a consequence and is not reported.
class RuleBuilder {
  public:
    RuleBuilder(Loading &load, const Call &call, RuleKind kind)
        : load_(load), call_(call), diagnostics_(call.broken ? unheard_ : load.diagnostics) {
        rule_.kind = kind;
        rule_.broken = rule_.unsplit = call.broken;
        rule_.unparsed = one_line(call);
    }

    const MappedText *argument(size_t index) const {
        return index < call_.arguments.size() ? &call_.arguments[index].text : nullptr;
    }

    void targets(size_t index) {
        if (const MappedText *list = argument(index)) note(parse_target_list(*list, rule_.targets, diagnostics_));
    }
    void op(size_t index) {
        if (const MappedText *text = argument(index)) note(parse_operator(*text, rule_.op, diagnostics_));
    }
    void script(size_t index) {
        if (const MappedText *text = argument(index)) rule_.script = text->text(0, text->size());
    }
    void actions(size_t index) {
        if (const MappedText *list = argument(index)) note(parse_action_list(*list, rule_.actions, diagnostics_));
    }
    void finish() { add_statement(load_, call_, std::move(rule_)); }

  private:
    void note(bool is_well_formed) { rule_.broken = rule_.broken || !is_well_formed; }

    Loading &load_;
    const Call &call_;
    Diagnostics unheard_;
    Diagnostics &diagnostics_;
    RuleStatement rule_;
};

Text whole(const Argument &argument) { return argument.text.text(0, argument.text.size()); }

// SecRuleRemoveById takes ids and ranges between blanks and commas, in one argument or several.
void split_ids(const MappedText &text, std::vector<Text> &out) {
    const std::string_view bytes = text.view();
    for (size_t i = bytes.find_first_not_of(" \t,"); i != std::string_view::npos;) {
        const size_t end = std::min(bytes.find_first_of(" \t,", i), bytes.size());
        out.push_back(text.text(i, end));
        i = bytes.find_first_not_of(" \t,", end);
    }
}

} // namespace

void add_rule(Loading &load, const Call &call) {
    RuleBuilder rule(load, call, RuleKind::rule);
    rule.targets(0);
    rule.op(1);
    rule.actions(2);
    rule.finish();
}

void add_action(Loading &load, const Call &call) {
    RuleBuilder rule(load, call, RuleKind::action);
    rule.actions(0);
    rule.finish();
}

void add_script(Loading &load, const Call &call) {
    RuleBuilder rule(load, call, RuleKind::script);
    rule.script(0);
    rule.actions(1);
    rule.finish();
}

void add_marker(Loading &load, const Call &call) {
    if (call.value(0).empty()) {
        load.diagnostics.add(Code::E_BAD_VALUE, call.place(0), "SecMarker needs a label");
        return;
    }
    add_statement(load, call, MarkerStatement{whole(call.arguments[0])});
}

void add_default_action(Loading &load, const Call &call) {
    DefaultActionStatement statement;
    if (parse_action_list(call.arguments[0].text, statement.actions, load.diagnostics)) {
        add_statement(load, call, std::move(statement));
    }
}

template <SelectBy by> void add_removal(Loading &load, const Call &call) {
    RemoveStatement statement;
    statement.by = by;
    for (const Argument &argument : call.arguments) {
        if (by == SelectBy::id) {
            split_ids(argument.text, statement.arguments);
        } else {
            statement.arguments.push_back(whole(argument));
        }
    }
    if (statement.arguments.empty()) {
        load.diagnostics.add(Code::E_BAD_VALUE, call.place(0), std::string(call.row.name) + " needs an id or a range");
        return;
    }
    add_statement(load, call, std::move(statement));
}

template <SelectBy by> void add_target_update(Loading &load, const Call &call) {
    UpdateTargetStatement statement;
    statement.by = by;
    statement.selector = whole(call.arguments[0]);
    bool ok = parse_target_list(call.arguments[1].text, statement.targets, load.diagnostics);
    if (call.arguments.size() > 2) {
        ok = parse_target_list(call.arguments[2].text, statement.replaced, load.diagnostics) && ok;
    }
    if (ok) {
        add_statement(load, call, std::move(statement));
    }
}

template void add_removal<SelectBy::id>(Loading &, const Call &);
template void add_removal<SelectBy::tag>(Loading &, const Call &);
template void add_removal<SelectBy::message>(Loading &, const Call &);
template void add_target_update<SelectBy::id>(Loading &, const Call &);
template void add_target_update<SelectBy::tag>(Loading &, const Call &);
template void add_target_update<SelectBy::message>(Loading &, const Call &);

void add_action_update(Loading &load, const Call &call) {
    UpdateActionStatement statement;
    statement.selector = whole(call.arguments[0]);
    if (parse_action_list(call.arguments[1].text, statement.actions, load.diagnostics)) {
        add_statement(load, call, std::move(statement));
    }
}

void follow_include(Loading &load, const Call &call) {
    load.include(std::string(call.value(0)), call.place(0), false, true);
}

void follow_include_optional(Loading &load, const Call &call) {
    load.include(std::string(call.value(0)), call.place(0), true, true);
}

uint32_t variable_list_arguments(const DirectiveRow &row) {
    if (row.apply == add_rule) return 1u << 0;
    const bool is_update = row.apply == add_target_update<SelectBy::id> ||
                           row.apply == add_target_update<SelectBy::tag> ||
                           row.apply == add_target_update<SelectBy::message>;
    return is_update ? 1u << 1 | 1u << 2 : 0;
}

} // namespace seclua
