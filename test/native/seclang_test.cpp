// SPDX-License-Identifier: Apache-2.0
// SecLang from bytes to tree: lines, arguments, variable lists, operators, action lists, and the place of every error.
#include <chrono>

#include "seclang/nearest.hpp"
#include "seclang_check.hpp"

using check::Case;
using namespace seclua;
using namespace std::string_literals;

static const std::string plain = "action {id=<1>}";

static const std::vector<Case> lines = {
    {"lines may end in LF or CRLF, the last one in nothing", "SecAction id:1\r\nSecAction id:1\nSecAction id:1",
     plain + '\n' + plain + '\n' + plain, ""},
    {"a byte order mark is dropped", "\xEF\xBB\xBFSecAction id:1", plain, ""},
    {"a NUL byte is an error, and the rule is kept as broken", "SecAction \"id:1,\0phase:2\"\nSecAction id:1"s,
     "BROKEN action {id=<1>}\n" + plain, "rules:1:17+1 E_SYNTAX"},
    {"a backslash joins lines and the blanks of the next one are dropped", "SecAction \\\r\n \t \"id:1,\\\n   pass\"",
     "action {id=<1> ; pass}", ""},
    {"what stands before the backslash is kept", "SecMarker \"a  \\\n  b\"", "marker <a  b>", ""},
    {"a backslash followed by blanks is no continuation", "SecAction id:1 \\ \nSecAction id:1",
     "BROKEN action {id=<1>}\n" + plain, "rules:1:16+2 W_CONTINUATION\nrules:1:16+1 E_ARG_COUNT"},
    {"a blank line ends a continued directive", "SecAction id:1\\\n\nSecAction id:1", plain + '\n' + plain, ""},
    {"a backslash at the end of the file ends the directive", "SecAction id:1\\", plain, ""},
    {"a comment inside a continued directive is skipped with a warning",
     "SecAction \"id:1,\\\n  # nolog,\\\n  pass\"", "action {id=<1> ; pass}", "rules:2:3+9 W_CONTINUATION"},
    {"a comment is a line that begins with #", "# one\n \t# two \nSecAction id:1 # three", "BROKEN action {id=<1>}",
     "rules:3:16+1 E_ARG_COUNT"},
    {"a commented directive takes its continuation lines along",
     "#SecRule ARGS \"@rx x\" \\\n#  \"id:2\\\n#  pass\"\nSecAction id:1",
     plain, ""},
    {"a continuation of a commented directive without # is skipped with a warning",
     "# secaction \\\n  \"id:2\"\nSecAction id:1", plain, "rules:2:3+6 W_CONTINUATION"},
    {"a blank line ends a commented directive", "#SecAction \\\n\nSecAction id:1", plain, ""},
    {"another comment does not swallow the next line", "# see \\\nSecAction id:1", plain, ""},
    {"a directive is at most 1 MiB long", "SecAction \"id:1,msg:'" + std::string(1 << 20, 'x') + "'\"\nSecAction id:1",
     "BROKEN action {id=<1> ; msg=<" + std::string((1 << 20) - 21, 'x') + ">}\n" + plain, "rules:1:1+1 E_SYNTAX"},
    {"a continued directive is at most 1 MiB long", [] {
         std::string text = "SecMarker \"";
         for (int i = 0; i < 1100; i++) text += std::string(1000, 'x') + "\\\n";
         return text + "\"\nSecAction id:1";
     }(), plain, "rules:1:1+1 E_SYNTAX"},
    {"IfModule lines are ignored with a warning", "<IfModule security2_module>\nSecAction id:1\n</IfModule>", plain,
     "rules:1:1+27 W_IGNORED\nrules:3:1+11 W_IGNORED"},
    {"other containers are errors", "<Location /x>\nSecAction id:1\n</Location>", plain,
     "rules:1:1+13 E_UNKNOWN_DIRECTIVE\nrules:3:1+11 E_UNKNOWN_DIRECTIVE"},
    {"bytes from 0x80 on pass through", "SecMarker \"\xC3\xA4\xFF\"", "marker <\xC3\xA4\xFF>", ""},
};

static const std::vector<Case> arguments = {
    {"blanks and tabs separate arguments", "SecRule \t ARGS\t\"@rx a\" \t id:1  ", "rule {ARGS} @rx <a> {id=<1>}", ""},
    {"single quotes enclose, too", "SecRule 'ARGS' '@rx \"' 'id:1'", "rule {ARGS} @rx <\"> {id=<1>}", ""},
    {"an escaped quote stands for the quote", R"(SecRule ARGS "@rx \"a\"" "id:1")",
     R"(rule {ARGS} @rx <"a"> {id=<1>})", ""},
    {"two backslashes stay two", R"(SecRule ARGS "@rx a\\b\\" "id:1")", R"(rule {ARGS} @rx <a\\b\\> {id=<1>})", ""},
    {"any other escape stays as it is", R"(SecRule ARGS "@rx \x5c\d" "id:1")", R"(rule {ARGS} @rx <\x5c\d> {id=<1>})",
     ""},
    {"an escaped quote does not close", R"(SecMarker "a\")", "", "rules:1:11+4 E_UNTERMINATED"},
    {"a missing quote is marked where it opens", "SecAction id:1\nSecMarker \"x", plain, "rules:2:11+2 E_UNTERMINATED"},
    {"a rule without its closing quote keeps id and chain", "SecRule ARGS \"@rx a\" \"id:7,chain",
     "BROKEN rule {ARGS} @rx <a> {id=<7> ; chain}", "rules:1:22+11 E_UNTERMINATED"},
    {"text must not stick to a closing quote", "SecRule ARGS \"@rx a\"\"id:1\"", "BROKEN rule {ARGS} @rx <a> {id=<1>}",
     "rules:1:21+1 E_SYNTAX"},
    {"text after the last argument is an error", "SecRule ARGS \"@rx a\" ops \"id:1\"",
     "BROKEN rule {ARGS} @rx <a> {ops}", "rules:1:27+4 E_ARG_COUNT"},
    {"too few arguments are an error", "SecRule ARGS\nSecMarker\nSecAction id:1",
     "BROKEN rule {ARGS} @ <> {}\n" + plain,
     "rules:1:1+7 E_ARG_COUNT\nrules:2:1+9 E_ARG_COUNT"},
    {"a quoted selector in an unquoted list may hold blanks", "SecRule ARGS:'a b'|TX:x a id:1",
     "rule {ARGS:<a b>' | TX:<x>} @rx <a> {id=<1>}", ""},
    {"a quoted selector must close in an unquoted list", "SecRule ARGS:'a b id:1",
     "BROKEN rule {ARGS:<a b id:1>'} @ <> {}",
     "rules:1:14+9 E_UNTERMINATED"},
    {"directive names know no case", "secaction id:1\nSECACTION id:1", plain + '\n' + plain, ""},
    {"quotes of a marker are stripped", "SecMarker \"END A\"\nSecMarker 'END B'\nSecMarker END",
     "marker <END A>\nmarker <END B>\nmarker <END>", ""},
    {"a marker needs a label", "SecMarker \"\"", "", "rules:1:12+1 E_BAD_VALUE"},
    {"an unknown directive is an error and the next line is read", "SecRull ARGS a\nSecAction id:1", plain,
     "rules:1:1+7 E_UNKNOWN_DIRECTIVE"},
    {"an error after continuations is marked on its own line", "SecRule ARGS \\\n  \"@rx a\" \\\n   \"id:1\" x",
     "BROKEN rule {ARGS} @rx <a> {id=<1>}", "rules:3:11+1 E_ARG_COUNT"},
};

static Case target(const char *sentence, const std::string &list, const std::string &wanted,
                   const std::string &reports = "") {
    const std::string start = reports.find(" E_") != std::string::npos ? "BROKEN rule {" : "rule {";
    return {sentence, "SecRule " + list + " a id:1", start + wanted + "} @rx <a> {id=<1>}", reports};
}

static const std::vector<Case> targets = {
    target("pipes and commas separate variables", "ARGS|TX,FILES", "ARGS | TX | FILES"),
    target("blanks may surround the items of a quoted list", "\" ARGS | TX , FILES \"", "ARGS | TX | FILES"),
    target("! excludes and & counts", "ARGS|!ARGS:a|&TX:b", "ARGS | !ARGS:<a> | &TX:<b>"),
    target("a dot opens a selector as a colon does", "tx.0|ip.x.y", "tx:<0> | ip:<x.y>"),
    target("selectors may hold dots, dashes, underscores and digits",
           "REQUEST_HEADERS:X.File-name_1|TX:922100_CHARSET|TX:1",
           "REQUEST_HEADERS:<X.File-name_1> | TX:<922100_CHARSET> | TX:<1>"),
    target("an empty selector means the collection, with a warning", "ARGS:|TX:''", "ARGS | TX'",
           "rules:1:9+4 W_DEPRECATED\nrules:1:15+2 W_DEPRECATED"),
    target("slashes enclose a regular expression", R"(!ARGS:/^_ga(?:_\w+)?$/|TX:/^h_920450_/)",
           R"(!ARGS:/^_ga(?:_\w+)?$/ | TX:/^h_920450_/)"),
    target("a regular expression may hold pipes, commas and slashes", "ARGS:/a|b,c/d/|TX:/x/",
           "ARGS:/a|b,c/d/ | TX:/x/"),
    target("a regular expression may hold blanks in a quoted list", "\"ARGS:/a b/ | TX\"", "ARGS:/a b/ | TX"),
    target("an escaped slash does not end a regular expression", R"(ARGS:/a\/|b/)", R"(ARGS:/a\/|b/)"),
    target("without a closing slash it is a key", "ARGS:/a|TX", "ARGS:</a> | TX"),
    target("two slashes alone are a key", "ARGS://|TX", "ARGS:<//> | TX"),
    target("a quoted selector may hold separators", R"(ARGS:'a,b|c\'d\\e\x')", R"(ARGS:<a,b|c'd\e\x>')"),
    target("a quoted selector may be a regular expression", R"(ARGS:'/^a|b\'/'|TX)", R"(ARGS:/^a|b'/' | TX)"),
    target("a quoted // is a key", "ARGS:'//'", "ARGS:<//>'"),
    target("XML takes XPath, which is no regular expression", "XML:/*|XML://@*|xml:/a/|XML:'/b/'",
           "XML:</*> | XML:<//@*> | xml:</a/> | XML:</b/>'"),
    target("a comma in the brackets of an XPath is its own", "XML://a[x(@b,1)],ARGS", "XML:<//a[x(@b,1)]> | ARGS"),
    target("duplicate items stay", "ARGS|ARGS", "ARGS | ARGS"),
    target("a macro may be a selector", "TX:%{MATCHED_VAR}", "TX:<%{MATCHED_VAR}>"),
    target("an empty item is an error", "ARGS||TX", "ARGS | TX", "rules:1:14+1 E_SYNTAX"),
    target("a separator at the end is an error", "ARGS|", "ARGS", "rules:1:14+1 E_SYNTAX"),
    target("an empty list is an error", "\"\"", "", "rules:1:10+1 E_SYNTAX"),
    target("a lone ! is an error", "ARGS|!|TX", "ARGS | TX", "rules:1:14+1 E_SYNTAX"),
    target("a blank does not separate variables", "\"ARGS TX|FILES\"", "ARGS | FILES", "rules:1:15+2 E_SYNTAX"),
    target("text after a quoted selector is an error", "ARGS:'a'b|TX", "ARGS:<a>' | TX", "rules:1:17+1 E_SYNTAX"),
    target("a quoted selector must close", "\"ARGS|ARGS:'a\"", "ARGS | ARGS:<a>'", "rules:1:20+2 E_UNTERMINATED"),
};

static Case op(const char *sentence, const std::string &argument, const std::string &wanted,
               const std::string &reports = "") {
    return {sentence, "SecRule ARGS " + argument + " id:1",
            (reports.empty() ? "rule {ARGS} " : "BROKEN rule {ARGS} ") + wanted + " {id=<1>}", reports};
}

static const std::vector<Case> operators = {
    op("without a name the operator is rx", "\"foo\"", "@rx <foo>"),
    op("! negates", "\"!foo\"", "!@rx <foo>"),
    op("blanks may follow the !", "\" ! @within a b\"", "!@within <a b>"),
    op("leading blanks of the argument are skipped, trailing ones kept", "\"@contains  a \"", "@contains <a >"),
    op("an operator without argument needs no quotes", "@detectSQLi", "@detectSQLi <>"),
    op("rx takes a literal @", "\"@rx @foo\"", "@rx <@foo>"),
    op("an empty pattern is a pattern", "\"\"", "@rx <>"),
    op("a name must follow the @", "\"! @ foo\"", "!@ <foo>", "rules:1:17+1 E_SYNTAX"),
};

static Case action(const char *sentence, const std::string &list, const std::string &wanted,
                   const std::string &reports = "") {
    const std::string start = reports.find(" E_") != std::string::npos ? "BROKEN action {" : "action {";
    return {sentence, "SecAction \"" + list + '"', start + wanted + '}', reports};
}

static const std::vector<Case> actions = {
    action("commas separate actions, blanks may surround them", " id:1 , pass,\tnolog ", "id=<1> ; pass ; nolog"),
    action("a comma at the end is allowed", "id:1,", "id=<1>"),
    action("empty items are skipped with a warning", "id:1,,pass", "id=<1> ; pass", "rules:1:17+1 W_IGNORED"),
    action("a list may be empty", "", ""),
    action("bare values are trimmed", "msg: a b ,id:1", "msg=<a b> ; id=<1>"),
    action("a value may be empty", "t:,id:1", "t=<> ; id=<1>"),
    action("single quotes enclose a value", "msg:'a, b',id:'1'", "msg=<a, b> ; id=<1>"),
    action("quotes open directly after the colon only", "setvar:tx.a='b',id:1", "setvar=<tx.a='b'> ; id=<1>"),
    action("only quotes and backslashes are escaped", R"(msg:'a\'b\\c\xd',id:1)", R"(msg=<a'b\c\xd> ; id=<1>)"),
    action("a comma inside a macro does not end a bare value", "msg:a%{tx.a,b}c,id:1", "msg=<a%{tx.a,b}c> ; id=<1>"),
    action("a macro that does not close is text", "msg:50%{a,id:1", "msg=<50%{a> ; id=<1>"),
    action("a comma inside the regular expression of a ctl target does not end it",
           "ctl:ruleRemoveTargetById=1;ARGS:/a,b/,id:1", "ctl=<ruleRemoveTargetById=1;ARGS:/a,b/> ; id=<1>"),
    action("a ctl target may be XPath", "ctl:ruleRemoveTargetById=1;XML:/*,id:1,ctl:ruleRemoveTargetById=2;ARGS:/b/",
           "ctl=<ruleRemoveTargetById=1;XML:/*> ; id=<1> ; ctl=<ruleRemoveTargetById=2;ARGS:/b/>"),
    action("slashes of other actions are text", "tag:a:/b,id:1,tag:c/", "tag=<a:/b> ; id=<1> ; tag=<c/>"),
    action("a quote that does not close is marked, the rest is read", "msg:'a,id:1,chain", "msg=<a> ; id=<1> ; chain",
           "rules:1:16+2 E_UNTERMINATED"),
    action("text after a closing quote is an error", "msg:'a'b,id:1", "msg=<a> ; id=<1>", "rules:1:19+1 E_SYNTAX"),
    action("a blank does not separate actions", "deny log,id:1", "deny ; id=<1>", "rules:1:17+3 E_SYNTAX"),
    action("an action has a name", ":x,id:1", "=<x> ; id=<1>", "rules:1:12+2 E_SYNTAX"),
};

static const std::vector<Case> statements = {
    {"a script takes a path and actions", "SecRuleScript a.lua\nSecRuleScript \"b c.lua\" \"id:1\"",
     "script <a.lua> {}\nscript <b c.lua> {id=<1>}", ""},
    {"default actions are a list", "SecDefaultAction \"phase:1,log,pass\"", "default {phase=<1> ; log ; pass}", ""},
    {"ids to remove stand between blanks and commas", "SecRuleRemoveById 1 2-3 \"4, 5-6\" 7,8",
     "remove by id <1> <2-3> <4> <5-6> <7> <8>", ""},
    {"an id to remove must be there", "SecRuleRemoveById \" , \"", "", "rules:1:20+3 E_BAD_VALUE"},
    {"rules are removed by tag and message", "SecRuleRemoveByTag \"a b\"\nSecRuleRemoveByMsg 'c'",
     "remove by tag <a b>\nremove by message <c>", ""},
    {"targets are updated by id, tag and message",
     "SecRuleUpdateTargetById 1 !ARGS:'a b'\nSecRuleUpdateTargetByTag \"t\" \"!ARGS:/x/,TX\"\n"
     "SecRuleUpdateTargetByMsg m TX:a ARGS",
     "update by id <1> {!ARGS:<a b>'} {}\nupdate by tag <t> {!ARGS:/x/ | TX} {}\n"
     "update by message <m> {TX:<a>} {ARGS}",
     ""},
    {"a broken update of targets is left out", "SecRuleUpdateTargetById 1 \"ARGS||TX\" \"\"", "",
     "rules:1:33+1 E_SYNTAX\nrules:1:39+1 E_SYNTAX"},
    {"actions are updated by id", "SecRuleUpdateActionById 1:2 \"deny,status:403\"",
     "update <1:2> {deny ; status=<403>}", ""},
    {"a broken update of actions is left out", "SecRuleUpdateActionById 1 \"deny log\"", "", "rules:1:33+3 E_SYNTAX"},
    {"a block of SecDataset is read as a whole", "SecDataset a `\none\ntwo\n`\nSecAction id:1", plain,
     ""},
    {"a block must close", "SecDataset a `\none", "", "rules:1:14+1 E_UNTERMINATED"},
    {"all errors of a configuration are collected",
     "SecRule ARGS \"@ x\" id:1\nSecFoo\nSecRuleEngine Maybe\nSecAction \"id:2,msg:'a\"",
     "BROKEN rule {ARGS} @ <x> {id=<1>}\nBROKEN action {id=<2> ; msg=<a>}",
     "rules:1:15+1 E_SYNTAX\nrules:2:1+6 E_UNKNOWN_DIRECTIVE\nrules:3:15+5 E_BAD_VALUE\nrules:4:21+2 E_UNTERMINATED"},
};

// Every text of a rule knows its first byte, whatever was joined and unescaped before it.
static void places_survive_joins_and_escapes() {
    const char *sentence = "places survive joins and escapes";
    const check::Load load("# one\nSecRule ARGS:/x/|TX:'a\\'b' \\\n   \"!@rx \\\"a\\\" b\" \\\n"
                           "  \"id:7,\\\n    msg:'it\\'s',chain\"\nSecMarker END");
    check::same(sentence, "diagnostics", load.reports(), "");
    const auto &rule = std::get<RuleStatement>(load.tree.statements.at(0).body);
    const auto at = [&](const char *what, const Text &text, const char *place) {
        check::same(sentence, what, check::place(text.at), place);
    };
    check::same(sentence, "directive", check::place(load.tree.statements[0].at), "2:1+7");
    check::is_true("the last line of a directive is known", load.tree.statements[0].last_line == 5);
    at("name", rule.targets.at(0).name, "2:9+4");
    at("regex", rule.targets.at(0).selector, "2:15+1");
    at("quoted selector", rule.targets.at(1).selector, "2:22+4");
    at("operator", rule.op.name, "3:7+2");
    at("operand", rule.op.argument, "3:11+6");
    at("id", rule.actions.at(0).value.value(), "4:7+1");
    at("msg", rule.actions.at(1).name, "5:5+3");
    at("text of msg", rule.actions.at(1).value.value(), "5:10+5");
    at("chain", rule.actions.at(2).name, "5:17+5");
    at("label", std::get<MarkerStatement>(load.tree.statements.at(1).body).label, "6:11+3");
    check::same(sentence, "raw selector", rule.targets.at(0).raw_selector + ' ' + rule.targets.at(1).raw_selector,
        "/x/ a'b");
    check::same(sentence, "one line", rule.unparsed,
                "SecRule ARGS:/x/|TX:'a\\'b' \"!@rx \\\"a\\\" b\" \"id:7,msg:'it\\'s',chain\"");
}

static void a_list_outside_of_a_rule_keeps_its_places() {
    const std::string file = "x.conf";
    Diagnostics diagnostics;
    std::vector<TargetItem> items;
    check::is_true("a good list is accepted", parse_targets({"ARGS:/a,b/,TX", {&file, 3, 20, 13}}, items, diagnostics));
    check::same("a list outside of a rule is split", "items", check::dump(items), "ARGS:/a,b/ | TX");
    check::same("its items keep their places", "place", check::place(items.at(1).name.at), "3:31+2");
    check::is_true("a bad list is refused", !parse_targets({"ARGS|", {&file, 3, 20, 5}}, items, diagnostics));
    check::is_true("the error is at its place", diagnostics.all().at(0).line == 3 && diagnostics.all()[0].column == 25);
}

static void sources_end_where_the_caller_says() {
    const check::Load load({{true, "a", "SecAction id:1\nSecMarker x"}, {true, "b", ""}, {true, "c",
        "SecAction id:2"}});
    check::is_true("source_ends counts the statements after each source",
                   load.tree.source_ends == std::vector<size_t>({2, 2, 3}));
}

static void diagnostics_carry_line_hint_and_order() {
    const check::Load load("SecRuel ARGS a\nLoadModule x\nSecRuleEngine Onn\n");
    const std::vector<Diagnostic> &all = load.diagnostics.all();
    check::is_true("there are three errors", all.size() == 3 && load.diagnostics.has_errors());
    check::same("the line is shown", "line", all.at(0).source_line, "SecRuel ARGS a");
    check::same("the nearest directive is named", "hint", all.at(0).hint, "did you mean SecRule?");
    check::same("directives of the web server are told apart", "hint", all.at(1).hint,
                "it belongs to the configuration of the web server");
    check::same("the words are listed", "hint", all.at(2).hint, "it takes On, Off or DetectionOnly");
    const check::Load utf16({{true, "a", std::string("S\0e\0c\0", 6)}});
    check::same("a file in UTF-16 is told for what it is", "hint", utf16.diagnostics.all().at(0).hint,
                "if the file was saved as UTF-16, save it as UTF-8");

    Diagnostics mixed;
    const std::string a = "a";
    const std::string b = "b";
    mixed.add(Code::W_PHASE, {&b, 2, 1, 1}, "x");
    mixed.add(Code::W_PHASE, {&a, 1, 1, 1}, "x");
    mixed.add(Code::W_PHASE, {&b, 1, 1, 1}, "x");
    mixed.add(Code::W_PHASE, {&b, 2, 1, 1}, "x");
    mixed.sort();
    check::is_true("duplicates are dropped, files keep the order in which they appeared",
                   mixed.all().size() == 3 && mixed.all()[0].line == 1 && mixed.all()[0].file == "b" &&
                       mixed.all()[2].file == "a");
    check::is_true("warnings are no errors", !mixed.has_errors());
    check::is_true("codes are found by name", code_of("SECLUA_E_CHAIN") == Code::E_CHAIN &&
                                                  code_of("nonsense") == Code::E_BAD_VALUE);
}

static void the_nearest_name_is_one_that_could_be_meant() {
    const auto hint = [](std::string_view wrong) {
        return did_you_mean(wrong, [](size_t index) {
            static const char *const names[] = {"lowercase", "base64Decode", "hexDecode", "length", "none", nullptr};
            return names[index];
        });
    };
    check::same("swapped letters are one edit", "hint", hint("lowrecase"), "did you mean lowercase?");
    check::same("case does not count", "hint", hint("HEXDECOD"), "did you mean hexDecode?");
    check::same("nothing is guessed from far away", "hint", hint("xyzzy"), "");
    check::same("very long names are not looked at", "hint", hint(std::string(5000, 'a')), "");
}

// Every shape below once cost a look to the end of the list for each item; the bound is far above the real time.
static void hostile_lists_take_linear_time() {
    const auto repeat = [](const char *piece, size_t bytes) {
        std::string text;
        while (text.size() < bytes) text += piece;
        return text;
    };
    const size_t big = 900000;
    const std::string inputs[] = {"SecRule " + repeat("A:/x|", big) + "A a id:1",
                                  "SecAction \"" + repeat("a:'x,", big) + '"',
                                  "SecAction \"" + repeat("ctl:%{A:/,", big) + '"',
                                  "SecAction \"" + repeat("\\\"\\\\\n", big) + '"',
                                  "SecAction \"" + repeat(",:", big) + '"', repeat("SecX\n", big)};
    for (const std::string &input : inputs) {
        const auto start = std::chrono::steady_clock::now();
        const check::Load load(input);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        check::is_true("a hostile list takes linear time", taken.count() < 20);
        check::is_true("the number of diagnostics is bounded", load.diagnostics.all().size() <= 10000);
    }
}

int main() {
    check::run(lines);
    check::run(arguments);
    check::run(targets);
    check::run(operators);
    check::run(actions);
    check::run(statements);
    places_survive_joins_and_escapes();
    a_list_outside_of_a_rule_keeps_its_places();
    sources_end_where_the_caller_says();
    diagnostics_carry_line_hint_and_order();
    the_nearest_name_is_one_that_could_be_meant();
    hostile_lists_take_linear_time();
    return check::finish("seclang_test");
}
