// SPDX-License-Identifier: Apache-2.0
// The tables of the manual say what the engine's own tables say.
//
// docs/reference.md and docs/errors.md hold tables between `<!-- table: NAME -->` and `<!-- end of table -->`. Each is made
// here from the rows and compared. With --write the files are brought up to date instead: that is what to run after a
// row was added or reworded.
#include <cctype>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "actions/action.h"
#include "operators/operator.h"
#include "seclang/diagnostics.hpp"
#include "seclang/directives.hpp"
#include "transformations/transformation.h"
#include "variables/variable.h"

namespace {

using namespace seclua;

/* A bar would end the cell. */
std::string cell(const std::string &text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

/* A back-tick inside asks for two around. */
std::string code(const std::string &text) {
    if (text.empty()) return "";
    const bool has_tick = text.find('`') != std::string::npos;
    return has_tick ? "`` " + cell(text) + " ``" : "`" + cell(text) + "`";
}

std::string sentence(std::string text) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

std::string line(std::initializer_list<std::string> cells) {
    std::string out = "|";
    for (const std::string &text : cells) out += " " + text + (text.empty() ? "|" : " |");
    return out + "\n";
}

std::string head(std::initializer_list<std::string> cells) {
    std::string rule = "|";
    for (size_t i = 0; i < cells.size(); i++) rule += "---|";
    return line(cells) + rule + "\n";
}

std::string words_of(const DirectiveRow &row) {
    if (row.arguments != nullptr) return row.arguments;
    std::string out;
    for (const Word *word = row.words; word != nullptr && word->text != nullptr; word++) {
        out += (out.empty() ? "" : "|") + std::string(word->text);
    }
    return out;
}

std::string directives() {
    static const char *const support[] = {"yes", "accepted, no effect", "accepted with a warning", "refused"};
    std::string out = head({"Directive", "Arguments", "Default", "Support", "Meaning"});
    for (const DirectiveRow *row = directive_rows(); row->name != nullptr; row++) {
        const bool has_reason = row->support != Support::full && row->hint != nullptr;
        std::string meaning = row->manual;
        if (has_reason) meaning += " " + sentence(row->hint);
        out += line({code(row->name), code(words_of(*row)),
                     code(row->default_value == nullptr ? "" : row->default_value),
                     support[static_cast<size_t>(row->support)], cell(meaning)});
    }
    return out;
}

std::string variables() {
    std::string out = head({"Variable", "Kind", "Final from phase", "Meaning"});
    for (size_t i = 0; const sl_variable *row = sl_variable_at(i); i++) {
        const char *const kind = row->is_inert ? "never set" : row->kind == SL_COLLECTION ? "collection" : "value";
        out += line({code(row->name), kind, row->first_phase == 0 ? "any" : std::to_string(row->first_phase),
                     cell(row->manual)});
    }
    return out;
}

std::string operators() {
    static const char *const arguments[] = {"none", "optional", "text", "text to put in", "text with macros"};
    std::string out = head({"Operator", "Argument", "Matches when"});
    for (size_t i = 0; const sl_operator *row = sl_operator_at(i); i++) {
        out += line({code("@" + std::string(row->name)), arguments[row->argument], cell(row->manual)});
    }
    return out;
}

std::string transformations() {
    std::string out = head({"Transformation", "Also written", "Effect"});
    for (size_t i = 0; const sl_transformation *row = sl_transformation_at(i); i++) {
        out += line({code("t:" + std::string(row->name)), code(row->alias == nullptr ? "" : row->alias),
                     cell(row->manual)});
    }
    return out;
}

std::string actions() {
    static const char *const classes[] = {"metadata", "disruptive", "flow", "on a match", "setting"};
    static const char *const values[] = {"none", "optional", "required"};
    std::string out = head({"Action", "Class", "Value", "Repeats", "Effect"});
    for (size_t i = 0; const sl_action_row *row = sl_action_at(i); i++) {
        out += line({code(row->name), classes[row->action_class], values[row->value],
                     row->is_many ? "add up" : "last counts", cell(row->manual)});
    }
    return out;
}

std::string codes() {
    std::string out = head({"Code", "Severity", "Meaning"});
#define SECLUA_CODE(name, severity, meaning) out += line({code("SECLUA_" #name), #severity, cell(meaning)});
#include "seclang/errors.def"
#undef SECLUA_CODE
    return out;
}

struct Table {
    const char *file, *name;
    std::string (*make)();
};

const Table tables[] = {
    {"docs/reference.md", "directives", directives},
    {"docs/reference.md", "variables", variables},
    {"docs/reference.md", "operators", operators},
    {"docs/reference.md", "transformations", transformations},
    {"docs/reference.md", "actions", actions},
    {"docs/errors.md", "codes", codes},
};

std::string path_of(const Table &table) { return std::string(SECLUA_SOURCE_DIR) + "/" + table.file; }

std::string read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool check(const Table &table, bool writes) {
    std::string text = read(path_of(table));
    const std::string opening = "<!-- table: " + std::string(table.name) + " -->\n";
    const size_t begin = text.find(opening);
    const size_t end = begin == std::string::npos ? begin : text.find("<!-- end of table -->", begin);
    if (end == std::string::npos) {
        std::printf("%s has no table \"%s\"\n", table.file, table.name);
        return false;
    }
    const size_t from = begin + opening.size();
    const std::string expected = table.make();
    if (text.compare(from, end - from, expected) == 0) return true;
    if (!writes) {
        std::printf("%s: the table \"%s\" is not what the engine's rows say; run this program with --write\n",
                    table.file, table.name);
        return false;
    }
    text.replace(from, end - from, expected);
    std::ofstream(path_of(table), std::ios::binary) << text;
    return true;
}

} // namespace

int main(int count, char **arguments) {
    const bool writes = count == 2 && std::strcmp(arguments[1], "--write") == 0;
    bool is_good = true;
    for (const Table &table : tables) is_good = check(table, writes) && is_good;
    return is_good ? 0 : 1;
}
