// SPDX-License-Identifier: Apache-2.0
// The front end on any bytes: it must end, stay within bounds, and point every text and every error at a place that
// exists and holds that text. The input is a configuration; those that would read files are passed over.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "seclang/parser.hpp"
#include "seclang/source.hpp"

using namespace seclua;

namespace {

void require(bool fact) {
    if (!fact) std::abort();
}

class Checker {
  public:
    explicit Checker(const Sources &sources) : sources_(sources) {}

    // The byte at the place is the text's first, unless an escape stood there.
    void text(const Text &text) const {
        const std::string line = sources_.line_of(text.at);
        require(text.at.line >= 1 && text.at.column >= 1 && text.at.length >= 1);
        if (line.size() >= Sources::line_mark_bytes_max || text.value.empty()) return;
        require(text.at.column <= line.size());
        const char first = line[text.at.column - 1];
        require(first == text.value[0] || first == '\\');
    }
    void targets(const std::vector<TargetItem> &items) const {
        for (const TargetItem &item : items) {
            require(!item.name.value.empty());
            text(item.name);
            if (item.selector_kind == SelectorKind::none) continue;
            require(!item.selector.value.empty());
            text(item.selector);
        }
    }
    void actions(const ActionList &items) const {
        for (const ActionItem &item : items) {
            text(item.name);
            if (item.value) text(*item.value);
        }
    }
    void operator()(const RuleStatement &rule) const {
        targets(rule.targets);
        actions(rule.actions);
        if (!rule.op.argument.value.empty()) text(rule.op.argument);
    }
    void operator()(const MarkerStatement &marker) const { text(marker.label); }
    void operator()(const DefaultActionStatement &defaults) const { actions(defaults.actions); }
    void operator()(const RemoveStatement &removal) const {
        for (const Text &argument : removal.arguments) text(argument);
    }
    void operator()(const UpdateTargetStatement &update) const {
        targets(update.targets);
        targets(update.replaced);
    }
    void operator()(const UpdateActionStatement &update) const { actions(update.actions); }

  private:
    const Sources &sources_;
};

bool names_files(std::string_view rules) {
    std::string folded(rules);
    std::transform(folded.begin(), folded.end(), folded.begin(),
                   [](char c) { return static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c))); });
    return folded.find("include") != std::string::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string rules(reinterpret_cast<const char *>(data), size);
    if (names_files(rules)) return 0;

    Sources sources;
    Diagnostics diagnostics;
    sl_config config;
    sl_arena arena;
    sl_arena_init(&arena, 0, [](void *) { std::abort(); }, nullptr);
    init_config(config);
    const Tree tree = parse_configuration({{true, "fuzz", rules}}, "/nonexistent", sources, config, arena, diagnostics);
    diagnostics.sort();

    const Checker checker(sources);
    for (const Statement &statement : tree.statements) {
        require(statement.at.line >= 1 && statement.last_line >= statement.at.line);
        std::visit(checker, statement.body);
    }
    for (const Diagnostic &each : diagnostics.all()) {
        const bool is_cut = each.source_line.size() >= Sources::line_mark_bytes_max;
        require(is_cut || each.column <= each.source_line.size() + 1);
        require(is_cut || each.column + each.length <= each.source_line.size() + 2);
    }
    sl_arena_free(&arena);
    return 0;
}
