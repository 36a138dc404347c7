// SPDX-License-Identifier: Apache-2.0
// What the tests of the front end share: load a configuration, write tree and diagnostics down as short texts, compare.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "seclang/parser.hpp"
#include "seclang/source.hpp"

namespace check {

inline int failures = 0;

inline void same(const char *sentence, const char *what, const std::string &got, const std::string &wanted) {
    if (got == wanted) return;
    failures++;
    std::printf("FAILED: %s\n  %s\n  wanted: %s\n  got:    %s\n", sentence, what, wanted.c_str(), got.c_str());
}

inline void is_true(const char *sentence, bool fact) {
    if (fact) return;
    failures++;
    std::printf("FAILED: %s\n", sentence);
}

inline std::string place(const seclua::Position &at) {
    return std::to_string(at.line) + ':' + std::to_string(at.column) + '+' + std::to_string(at.length);
}

inline std::string dump(const std::vector<seclua::TargetItem> &targets) {
    std::string text;
    for (const seclua::TargetItem &item : targets) {
        if (!text.empty()) text += " | ";
        text += item.excluded ? "!" : item.counted ? "&" : "";
        text += item.name.value;
        if (item.selector_kind == seclua::SelectorKind::key) text += ":<" + item.selector.value + '>';
        if (item.selector_kind == seclua::SelectorKind::regex) text += ":/" + item.selector.value + '/';
        if (item.selector_quoted) text += "'";
    }
    return text;
}

inline std::string dump(const seclua::ActionList &actions) {
    std::string text;
    for (const seclua::ActionItem &item : actions) {
        if (!text.empty()) text += " ; ";
        text += item.name.value;
        if (item.value) text += "=<" + item.value->value + '>';
    }
    return text;
}

inline std::string dump(const seclua::Statement &statement) {
    using namespace seclua;
    const auto selector = [](SelectBy by) {
        return by == SelectBy::id ? "id" : by == SelectBy::tag ? "tag" : "message";
    };
    if (const auto *rule = std::get_if<RuleStatement>(&statement.body)) {
        std::string text = rule->broken ? "BROKEN " : "";
        if (rule->kind == RuleKind::rule) {
            text += "rule {" + dump(rule->targets) + "} " + (rule->op.negated ? "!" : "") + '@' + rule->op.name.value +
                    " <" + rule->op.argument.value + '>';
        }
        if (rule->kind == RuleKind::action) text += "action";
        if (rule->kind == RuleKind::script) text += "script <" + rule->script.value + '>';
        return text + " {" + dump(rule->actions) + '}';
    }
    if (const auto *marker = std::get_if<MarkerStatement>(&statement.body)) {
        return "marker <" + marker->label.value + '>';
    }
    if (const auto *defaults = std::get_if<DefaultActionStatement>(&statement.body)) {
        return "default {" + dump(defaults->actions) + '}';
    }
    if (const auto *removal = std::get_if<RemoveStatement>(&statement.body)) {
        std::string text = std::string("remove by ") + selector(removal->by);
        for (const Text &argument : removal->arguments) text += " <" + argument.value + '>';
        return text;
    }
    if (const auto *update = std::get_if<UpdateTargetStatement>(&statement.body)) {
        return std::string("update by ") + selector(update->by) + " <" + update->selector.value + "> {" +
               dump(update->targets) + "} {" + dump(update->replaced) + '}';
    }
    const auto &update = std::get<UpdateActionStatement>(statement.body);
    return "update <" + update.selector.value + "> {" + dump(update.actions) + '}';
}

// A load, kept together: the tree points into the sources, the config into the arena.
struct Load {
    explicit Load(const std::vector<seclua::Source> &given, const std::string &cwd = "") {
        sl_arena_init(&arena, 0, [](void *) { std::abort(); }, nullptr);
        seclua::init_config(config);
        tree = seclua::parse_configuration(given, cwd, sources, config, arena, diagnostics);
        diagnostics.sort();
    }
    explicit Load(const std::string &rules, const std::string &cwd = "")
        : Load(std::vector<seclua::Source>{{true, "rules", rules}}, cwd) {}
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;
    ~Load() { sl_arena_free(&arena); }

    std::string statements() const {
        std::string text;
        for (const seclua::Statement &statement : tree.statements) {
            if (!text.empty()) text += '\n';
            text += dump(statement);
        }
        return text;
    }
    // "rules:1:5+2 E_SYNTAX", a line each.
    std::string reports() const {
        std::string text;
        for (const seclua::Diagnostic &each : diagnostics.all()) {
            if (!text.empty()) text += '\n';
            text += each.file + ':' + std::to_string(each.line) + ':' + std::to_string(each.column) + '+' +
                    std::to_string(each.length) + ' ' + (seclua::code_name(each.code) + sizeof "SECLUA_" - 1);
        }
        return text;
    }

    seclua::Sources sources;
    sl_config config;
    sl_arena arena;
    seclua::Diagnostics diagnostics;
    seclua::Tree tree;
};

// Rules in, tree and reports out.
struct Case {
    const char *sentence;
    std::string rules;
    std::string statements;
    std::string reports;
};

inline void run(const std::vector<Case> &cases) {
    for (const Case &each : cases) {
        const Load load(each.rules);
        same(each.sentence, "tree", load.statements(), each.statements);
        same(each.sentence, "diagnostics", load.reports(), each.reports);
    }
}

inline int finish(const char *name) {
    if (failures != 0) std::printf("%s: %d failed\n", name, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace check
