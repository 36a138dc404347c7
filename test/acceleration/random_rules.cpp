// SPDX-License-Identifier: Apache-2.0
#include "random_rules.hpp"

#include "judge.hpp"

#include <algorithm>
#include <set>

namespace acceleration {

namespace {

class Maker {
   public:
    Maker(const differential::Grammar &grammar, const Sources &sources, Random &random)
        : grammar_(grammar), sources_(sources), random_(random) {}

    std::vector<std::string> run() {
        std::vector<std::string> units = {
            random_.percent(80) ? "SecRuleEngine On" : "SecRuleEngine DetectionOnly",
            "SecRequestBodyAccess On",
            "SecResponseBodyAccess On",
            "SecResponseBodyMimeType text/plain text/html",
            "SecPcreMatchLimit 3000",
            "SecRule REQUEST_HEADERS:Content-Type \"@beginsWith application/json\" "
            "\"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"",
            "SecRule REQUEST_HEADERS:Content-Type \"@contains xml\" "
            "\"id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"",
            "SecAction \"id:3,phase:1,pass,nolog,setvar:tx.a=ab,setvar:tx.score=0,setvar:tx.list=ab GET\""};
        for (size_t left = 4 + random_.below(12); left > 0; left--) units.push_back(rule());
        if (needs_marker_) units.push_back("SecMarker END");
        if (random_.percent(10)) units.push_back("SecRuleUpdateTargetById 12 \"!ARGS:a\"");
        return units;
    }

   private:
    std::string of(std::initializer_list<const char *> list) {
        return list.begin()[random_.below(list.size())];
    }

    std::string rule() {
        const size_t links = random_.percent(18) ? 2 + random_.below(2) : 1;
        phase_ = of({"1", "2", "2", "2", "2", "2", "3", "4", "5"});
        std::string text;
        for (size_t i = 0; i < links; i++) {
            if (i != 0) text += '\n';
            text += link(i, i + 1 < links);
        }
        return text;
    }

    std::string link(size_t index, bool has_next) {
        std::string text = "SecRule ";  // piece by piece: the order in which operands of + draw is the compiler's
        text += targets();
        text += random_.percent(8) ? " \"!@" : " \"@";
        text += question();
        text += "\" \"";
        std::vector<std::string> actions;
        if (index == 0) {
            actions.push_back("id:" + std::to_string(next_id_++));
            actions.push_back("phase:" + phase_);
            actions.push_back(random_.percent(93) ? "pass"
                                                  : of({"deny", "block", "drop", "allow", "redirect:/x"}));
            actions.push_back(random_.percent(80) ? "log" : "nolog");
            if (random_.percent(30)) actions.push_back(of({"tag:a", "tag:b", "skip:1", "severity:2"}));
            if (random_.percent(3)) actions.push_back("skipAfter:END"), needs_marker_ = true;
            if (random_.percent(30))
                actions.push_back("logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR} %{TX.0}'");
        }
        if (random_.percent(50)) actions.push_back("capture");
        if (random_.percent(8)) actions.push_back("multiMatch");
        if (random_.percent(30))
            actions.push_back(
                of({"setvar:tx.score=+1", "setvar:'tx.b=%{TX.1}'", "setvar:'tx.last=%{MATCHED_VAR}'",
                    "setvar:!tx.a", "setvar:'tx.a=%{MATCHED_VAR_NAME}'"}));
        if (random_.percent(8))
            actions.push_back(
                of({"ctl:ruleRemoveTargetById=12;ARGS:a", "ctl:ruleRemoveTargetById=10-16;REQUEST_HEADERS",
                    "ctl:ruleRemoveById=13", "ctl:ruleRemoveByTag=a", "ctl:ruleRemoveTargetByTag=b;ARGS",
                    "ctl:ruleRemoveTargetById=11;ARGS_NAMES", "ctl:ruleEngine=DetectionOnly"}));
        for (const std::string &one : pipeline()) actions.push_back("t:" + one);
        if (has_next) actions.push_back("chain");
        for (size_t i = 0; i < actions.size(); i++) text.append(i == 0 ? "" : ",").append(actions[i]);
        return text + "\"";
    }

    std::string targets() {
        if (random_.percent(35)) {
            return of(
                {"ARGS",
                 "ARGS|ARGS_NAMES|REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/|REQUEST_COOKIES_NAMES|XML:/*",
                 "REQUEST_HEADERS|ARGS", "REQUEST_HEADERS:User-Agent|ARGS", "ARGS_GET|ARGS_POST",
                 "ARGS|!ARGS:a", "REQUEST_URI|REQUEST_HEADERS|!REQUEST_HEADERS:X-A|ARGS",
                 "REQUEST_FILENAME|ARGS_NAMES|ARGS|XML://@*", "FILES|FILES_NAMES", "REQUEST_BODY|ARGS",
                 "QUERY_STRING|REQUEST_URI_RAW"});
        }
        std::string text;
        for (size_t left = random_.percent(30) ? 2 : 1; left > 0; left--) {
            const auto &variable =
                random_.percent(40) ? grammar_.variables[random_.below(5)] : random_.of(grammar_.variables);
            if (!text.empty()) text += "|";
            if (random_.percent(5)) text += "&";
            text += variable.name;
            if (!variable.selectors.empty()) text += random_.of(variable.selectors);
        }
        return text;
    }

    // Common beginnings are the point of the trie.
    std::vector<std::string> pipeline() {
        static const std::vector<std::vector<std::string>> usual = {
            {"none"},
            {"none", "lowercase"},
            {"none", "urlDecodeUni"},
            {"none", "urlDecodeUni", "lowercase"},
            {"none", "utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode",
             "removeNulls"},
            {"none", "urlDecodeUni", "removeNulls"},
            {"none", "cmdLine"},
            {"none", "escapeSeqDecode"},
            {"none", "base64Decode"}};
        std::vector<std::string> steps;
        if (random_.percent(60)) steps = random_.of(usual);
        while (random_.percent(25)) steps.push_back(random_.of(grammar_.transformations).name);
        return steps;
    }

    std::string question() {
        std::string text;
        const size_t kind = random_.below(20);
        if (kind < 8)
            text = "rx " + random_pattern(random_);
        else if (kind < 10)
            text = "rx " + random_.of(sources_.patterns);
        else if (kind < 12)
            text = "rx " + mutated_pattern(random_.of(sources_.patterns), random_);
        else if (kind < 14)
            text = "pm " + phrases(" ");
        else if (kind < 15)
            text = of({"contains ", "streq ", "beginsWith ", "endsWith ", "containsWord ", "strmatch "}) +
                   phrases("");
        else if (kind < 16)
            text = "within " + phrases(of({" ", ",", "|"}));
        else {
            const auto &op = random_.of(grammar_.operators);
            text = op.name + " " + random_.of(op.parameters);
        }
        return in_quotes(text);
    }

    std::string phrases(const std::string &between) {
        std::string text;
        for (size_t left = between.empty() ? 1 : 1 + random_.below(6); left > 0; left--) {
            std::string one = sample_of(random_pattern(random_), random_);
            if (random_.percent(30)) one = random_.of(sources_.payloads);
            std::erase_if(one, [&](char c) {
                return static_cast<unsigned char>(c) < 32 || c == '%' || (c == ' ' && between == " ");
            });
            text += (text.empty() ? "" : between) + one.substr(0, 1 + random_.below(10));
        }
        return text.empty() ? "x" : text;
    }

    const differential::Grammar &grammar_;
    const Sources &sources_;
    Random &random_;
    std::string phase_;
    unsigned next_id_ = 10;
    bool needs_marker_ = false;
};

// The units that the lines with errors belong to.
std::set<size_t> units_at(const std::vector<std::string> &units, const std::vector<unsigned> &lines) {
    std::set<size_t> found;
    unsigned first = 1;
    for (size_t i = 0; i < units.size(); i++) {
        const auto count = 1 + static_cast<unsigned>(std::count(units[i].begin(), units[i].end(), '\n'));
        for (const unsigned line : lines) {
            if (line >= first && line < first + count) found.insert(i);
        }
        first += count;
    }
    return found;
}

}  // namespace

Config random_config(const differential::Grammar &grammar, const Sources &sources, const std::string &folder,
                     Random &random) {
    std::vector<std::string> units = Maker(grammar, sources, random).run();
    Config config;
    config.title = "random rules";
    config.folder = folder;
    config.options.lines = random.percent(30);
    config.options.phrase_syntax_v2 = random.percent(20);
    config.options.log_every_match = random.percent(10);
    config.options.request_body_always = random.percent(50);
    for (int attempt = 0; attempt < 8; attempt++) {
        config.text = joined(units);
        const Side trial(config, true);
        if (trial.is_loaded()) break;
        const std::set<size_t> bad = units_at(units, trial.error_lines());
        if (bad.empty()) break;
        for (auto at = bad.rbegin(); at != bad.rend(); ++at)
            units.erase(units.begin() + static_cast<long>(*at));
    }
    return config;
}

}  // namespace acceleration
