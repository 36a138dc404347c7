// SPDX-License-Identifier: Apache-2.0
// The syntax tree of a configuration: what was written, split and unquoted, with its places; no name is resolved here.
// The parser makes it, the compiler reads it. Strings own their bytes; bytes pass through as they are.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace seclua {

// A place in a file. `file` points into the Sources of the load, which outlives the tree.
struct Position {
    const std::string *file = nullptr; // name as given or as found through Include
    uint32_t line = 0;                 // physical, from 1
    uint32_t column = 0;               // bytes, from 1
    uint32_t length = 1;               // bytes to mark
    bool in_text = false;              // `file` names a text of the caller: relative names start in cwd, not beside it
};

struct Text {
    std::string value;
    Position at;
};

// One item of a variable list: [!|&]NAME[:selector].
enum class SelectorKind { none, key, regex };
struct TargetItem {
    bool excluded = false; // !
    bool counted = false;  // &
    Text name;
    SelectorKind selector_kind = SelectorKind::none;
    Text selector;               // without quotes and slashes
    bool selector_quoted = false; // '…': for XML: still an XPath
    std::string raw_selector;    // everything after the colon as written, outer quotes removed; XML reads this one
};

struct OperatorCall {
    bool negated = false;
    Text name;     // without @; "rx" when the argument has none
    Text argument; // leading blanks skipped, trailing blanks kept
};

struct ActionItem {
    Text name;
    std::optional<Text> value; // unquoted
};
using ActionList = std::vector<ActionItem>;

// SecRule, SecAction, SecRuleScript.
enum class RuleKind { rule, action, script };
struct RuleStatement {
    RuleKind kind = RuleKind::rule;
    std::vector<TargetItem> targets; // rule
    OperatorCall op;                 // rule
    Text script;                     // script: its path as written
    ActionList actions;
    std::string unparsed; // the directive as one line, for audit part K
    bool broken = false;  // it had an error; kept so that ids and chains stay in step
    bool unsplit = false; // the line could not be split into arguments: nothing else of it is worth a word
};
struct MarkerStatement {
    Text label;
};
struct DefaultActionStatement {
    ActionList actions;
};
enum class SelectBy { id, tag, message };
struct RemoveStatement { // SecRuleRemoveById / ByTag / ByMsg
    SelectBy by = SelectBy::id;
    std::vector<Text> arguments;
};
struct UpdateTargetStatement { // SecRuleUpdateTargetById / ByTag / ByMsg
    SelectBy by = SelectBy::id;
    Text selector;
    std::vector<TargetItem> targets;
    std::vector<TargetItem> replaced; // third argument, usually empty
};
struct UpdateActionStatement { // SecRuleUpdateActionById
    Text selector;             // id, range or id:k
    ActionList actions;
};

struct Statement {
    Position at;        // the directive's name
    uint32_t last_line; // last physical line of the directive
    std::variant<RuleStatement, MarkerStatement, DefaultActionStatement, RemoveStatement, UpdateTargetStatement,
                 UpdateActionStatement>
        body;
};

// All sources of one load, Include followed. Settings are not statements: the parser has applied them to the Config.
struct Tree {
    std::vector<Statement> statements;
    std::vector<size_t> source_ends; // statements.size() after each source given by the caller: chains must not cross
    // Where the value of each setting that was made is written, by its row's name; what cannot be told before all is read.
    std::map<std::string_view, Position> settings;
};

} // namespace seclua
