// SPDX-License-Identifier: Apache-2.0
// The generator: rules first, then a request that has something for each of them.
//
// The index picks a combination of two words that some rule must hold; everything else is drawn. Values are
// drawn near to what the operator looks for, written so that the rule's transformations lead there, or are
// odd bytes. The sets stay small, since a difference in a small set is easy to name.
#include "generate.hpp"

#include "exchange.hpp"
#include "random.hpp"

#include <algorithm>
#include <optional>

namespace differential {

namespace {

struct Wanted {
    std::optional<std::size_t> op, transformation, variable, action;
};

class Generator {
  public:
    Generator(const Grammar &grammar, std::uint64_t seed, std::uint64_t index)
        : grammar_(grammar), random_(seed, index), exchange_(random_) {}

    Generated run(const Wanted &wanted) {
        settings();
        const auto count = 1 + random_.below(random_.percent(70) ? 2 : 5);
        const auto steered = random_.below(count);
        for (std::size_t i = 0; i < count; i++) rule(i == steered ? wanted : Wanted{});
        if (needs_marker_) {
            line("SecMarker END");
            rule({});
        }
        if (random_.percent(6)) exclusion();
        exchange_.finish(out_.pair);
        defaults();
        return std::move(out_);
    }

  private:
    // Where the rule under construction stands: later links have other actions.
    struct Draft {
        Unit unit;
        int phase;
        std::string disruptive;
        bool is_logged;
    };

    void line(const std::string &text) { out_.pair.units.push_back({text, {}}); }

    void settings() {
        line(random_.percent(88) ? "SecRuleEngine On" : "SecRuleEngine DetectionOnly");
        line("SecRequestBodyAccess On");
        line("SecResponseBodyAccess On");
        line("SecResponseBodyMimeType text/plain text/html");
        line(
            "SecAction \"id:1000,phase:1,nolog,pass,setvar:tx.a=ab,setvar:tx.score=5,setvar:tx.step=2,"
            "setvar:'tx.pattern=a(.)',setvar:'tx.list=ab GET x'\"");
    }

    // SecDefaultAction stands before the rules, when some rule says block.
    void defaults() {
        if (!has_block_ || random_.percent(20)) return;
        const std::string text = random_.of(std::vector<std::string>{
            "log,auditlog,deny,status:406", "log,auditlog,pass", "log,auditlog,redirect:'http://x.test/d'"});
        std::vector<Unit> lines;
        for (const auto *phase : {"1", "2", "3", "4"}) {
            lines.push_back({std::string("SecDefaultAction \"phase:") + phase + "," + text + "\"", {}});
        }
        out_.pair.units.insert(out_.pair.units.begin() + 4, lines.begin(), lines.end());
    }

    void exclusion() {
        line(random_.of(std::vector<std::string>{
            "SecRuleRemoveById 1001", "SecRuleRemoveById 1002-1004", "SecRuleRemoveByTag tag-a",
            "SecRuleUpdateTargetById 1001 \"!ARGS:a\"",
            "SecRuleUpdateTargetById 1002 \"!REQUEST_HEADERS:X-A\"",
            "SecRuleUpdateTargetById 1001 \"ARGS:b\"", "SecRuleUpdateTargetByTag tag-a \"!ARGS:b\"",
            "SecRuleUpdateActionById 1001 \"pass\""}));
    }

    void rule(const Wanted &wanted) {
        Draft draft;
        const auto action = wanted.action;
        const auto is_action = !wanted.op && !wanted.transformation && !wanted.variable && random_.percent(8);
        auto links = random_.percent(18) ? 2 + random_.below(2) : 1;
        if (action && grammar_.actions[*action].name == "chain") links = std::max<std::size_t>(links, 2);
        if (is_action) links = 1;
        draft.phase = 0;
        const auto id = 1001 + rule_count_++;
        auto at =
            links > 1 && action && !grammar_.actions[*action].is_for_starters ? random_.below(links) : 0;
        if (wanted.variable || wanted.op || wanted.transformation) at = random_.below(links);
        if (action && grammar_.actions[*action].is_for_starters) at = 0;
        for (std::size_t i = 0; i < links; i++) {
            link(draft, i == at ? wanted : Wanted{}, i == 0, is_action, id, links > 1);
        }
        out_.pair.units.push_back(draft.unit);
    }

    void link(Draft &draft, const Wanted &wanted, bool is_starter, bool is_action, std::uint64_t id,
              bool is_chain) {
        Link made;
        std::vector<Word> words;
        std::vector<std::size_t> steps;
        const auto step_count = random_.below(3);
        for (std::size_t i = 0; i < step_count; i++)
            steps.push_back(random_.below(grammar_.transformations.size()));
        if (wanted.transformation)
            steps.insert(steps.begin() + static_cast<long>(random_.below(steps.size() + 1)),
                         *wanted.transformation);
        const auto op = wanted.op ? *wanted.op : random_op();
        int first_phase = 1;
        if (!is_action) {
            made.op = grammar_.operators[op].name;
            made.parameter = random_.of(grammar_.operators[op].parameters);
            made.negated = random_.percent(12);
            words.push_back({kind_operator, op});
            const std::size_t count = random_.percent(25) ? 2 : 1;
            for (std::size_t i = 0; i < count; i++) {
                const auto v = i == 0 && wanted.variable ? *wanted.variable
                                                         : random_variable(grammar_.operators[op].name);
                target(made, v, op, steps);
                words.push_back({kind_variable, v});
                first_phase = std::max(first_phase, grammar_.variables[v].first_phase);
            }
            for (const auto s : steps) words.push_back({kind_transformation, s});
        }
        if (is_starter) {
            draft.phase = random_.percent(85) ? first_phase : 1 + static_cast<int>(random_.below(5));
            if (draft.phase == 1 && random_.percent(40)) draft.phase = 2;
            if (random_.percent(4)) draft.phase = 5;
            if (draft.phase == 3 || draft.phase == 4) exchange_.want_response();
        }
        actions(made, words, wanted, draft, is_starter, id, is_chain);
        for (const auto s : steps) {
            if (!is_action) made.actions.push_back("t:" + grammar_.transformations[s].name);
        }
        draft.unit.links.push_back(made);
        out_.words.push_back(words);
        out_.ids.push_back(id);
    }

    // Text operators more often than the rest, and ARGS more often than other variables: that is what rules
    // are like.
    std::size_t random_op() {
        return random_.percent(40) ? random_.below(3) : random_.below(grammar_.operators.size());
    }
    std::size_t random_variable(const std::string &op) {
        if ((op == "validateDTD" || op == "validateSchema") && random_.percent(85))
            return grammar_.variables.size() - 1;  // XML
        return random_.percent(35) ? random_.below(3) : random_.below(grammar_.variables.size());
    }

    static bool is_action_only(const Link &made) { return made.targets.empty(); }

    void target(Link &made, std::size_t index, std::size_t op, const std::vector<std::size_t> &steps) {
        const auto &variable = grammar_.variables[index];
        std::string text = random_.percent(8) ? "&" : "";
        text += variable.name;
        if (!variable.selectors.empty()) text += random_.of(variable.selectors);
        made.targets.push_back(text);
        if (variable.selectors.size() > 1 && random_.percent(6))
            made.targets.push_back("!" + variable.name + variable.selectors[1]);
        exchange_.place(variable.place, value_for(op, steps));
        if (random_.percent(30)) exchange_.place(variable.place, value_for(op, steps));
    }

    std::string value_for(std::size_t op, const std::vector<std::size_t> &steps) {
        const auto kind = random_.below(10);
        if (kind < 2 && !steps.empty()) return random_.of(grammar_.transformations[random_.of(steps)].values);
        if (kind == 2) return odd_bytes();
        auto value = random_.of(grammar_.operators[op].values);
        if (kind < 4) return value;
        for (auto step = steps.rbegin(); step != steps.rend(); ++step)
            value = written(grammar_.transformations[*step].writing, value);
        return value;
    }

    std::string odd_bytes() {
        static const char pool[] = "\0\x01\t\n\r %+&=;'\"\\/<>#?:,.-_aB1\x7f\x80\xc3\xa9\xff|{}[]()*";
        std::string bytes;
        const auto length = random_.below(9);
        for (std::size_t i = 0; i < length; i++) bytes += pool[random_.below(sizeof pool - 1)];
        return bytes;
    }

    void actions(Link &made, std::vector<Word> &words, const Wanted &wanted, Draft &draft, bool is_starter,
                 std::uint64_t id, bool is_chain) {
        std::vector<std::size_t> chosen;
        if (wanted.action) chosen.push_back(*wanted.action);
        const auto extra = random_.below(4);
        for (std::size_t i = 0; i < extra; i++) chosen.push_back(random_.below(grammar_.actions.size()));
        std::string disruptive = random_.percent(75) ? "pass" : "";
        std::vector<std::string> list;
        std::vector<std::string> seen;
        for (const auto a : chosen) {
            const auto &action = grammar_.actions[a];
            if (action.is_for_starters && !is_starter) continue;
            if (std::find(seen.begin(), seen.end(), action.name) != seen.end() && action.name != "setvar")
                continue;
            if (action.name == "chain" && !is_chain) continue;
            seen.push_back(action.name);
            words.push_back({kind_action, a});
            auto sample = random_.of(action.samples);
            if (action.is_disruptive) {
                if (&action != &grammar_.actions[chosen.front()] && random_.percent(60)) continue;
                disruptive = sample;
            } else if (!sample.empty()) {
                list.push_back(sample);
            }
            if (sample.starts_with("skipAfter")) needs_marker_ = true;
            if (sample.starts_with("block")) has_block_ = true;
        }
        if (is_starter) {
            made.actions.push_back("id:" + std::to_string(id));
            made.actions.push_back("phase:" + std::to_string(draft.phase));
            if (!disruptive.empty()) made.actions.push_back(disruptive);
        }
        if (is_action_only(made) && random_.percent(85))
            list.push_back("nolog");  // the peer writes no entry for these
        if (random_.percent(25)) list.push_back("capture");
        if (is_starter && random_.percent(30)) list.push_back("logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'");
        for (const auto &one : list) {
            if (std::find(made.actions.begin(), made.actions.end(), one) == made.actions.end())
                made.actions.push_back(one);
        }
    }

    const Grammar &grammar_;
    Random random_;
    Exchange exchange_;
    Generated out_;
    std::uint64_t rule_count_ = 0;
    bool needs_marker_ = false;
    bool has_block_ = false;
};

void want(Wanted &wanted, Word word) {
    switch (word.kind) {
        case kind_operator: wanted.op = word.index; break;
        case kind_transformation: wanted.transformation = word.index; break;
        case kind_variable: wanted.variable = word.index; break;
        default: wanted.action = word.index; break;
    }
}

}  // namespace

Generated generate(const Grammar &grammar, const Combinations &combinations, std::uint64_t seed,
                   std::uint64_t index) {
    Wanted wanted;
    const auto [first, second] = combinations.at(index % combinations.count());
    want(wanted, first);
    want(wanted, second);
    return Generator(grammar, seed, index).run(wanted);
}

}  // namespace differential
