// SPDX-License-Identifier: Apache-2.0
// `!@within %{tx.allowed_methods}`: the second argument of SecRule into negation, name and argument.
#include "seclang/lexer.hpp"
#include "seclang/rule_parts.hpp"

namespace seclua {

bool parse_operator(const MappedText &argument, OperatorCall &out, Diagnostics &diagnostics) {
    const std::string_view text = argument.view();
    size_t at = skip_blanks(text, 0);
    if (at < text.size() && text[at] == '!') {
        out.negated = true;
        at = skip_blanks(text, at + 1);
    }
    if (at == text.size() || text[at] != '@') { // a regular expression without a name
        out.name = {"rx", argument.at(at, text.size() - at)};
        out.argument = argument.text(at, text.size());
        return true;
    }
    const size_t name = at + 1;
    size_t end = name;
    while (end < text.size() && !is_blank(text[end])) end++;
    out.name = argument.text(name, end);
    out.argument = argument.text(skip_blanks(text, end), text.size());
    if (end == name) {
        diagnostics.add(Code::E_SYNTAX, argument.at(at), "an operator name must follow the @",
                        "a regular expression that begins with @ is written \"@rx @…\"");
        return false;
    }
    return true;
}

} // namespace seclua
