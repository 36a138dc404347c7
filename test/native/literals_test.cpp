// SPDX-License-Identifier: Apache-2.0
// What patterns need, against PCRE2: random patterns, random texts, and each text that matches holds what was said to be
// necessary, and begins its matches where it was said that they may. Both are of few letters, so that many texts match.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "prefilter/literals.hpp"
#include "prefilter/starts.hpp"

using seclua::Necessary;
using seclua::ShortText;

namespace {

int failures;

using Random = std::mt19937;

// Of letters, of bytes that stand between letters to hide a word, and of those that neither are.
const std::string alphabet = "abcABC\"[|;-. =";

class Patterns {
  public:
    explicit Patterns(unsigned seed) : random_(seed) {}
    std::string next() { return alternation(0); }
    std::string text() {
        std::string out(random_() % 12, ' ');
        const bool is_plain = random_() % 2 == 0;
        for (char &c : out) c = is_plain ? "abcABC-. ="[random_() % 10] : alphabet[random_() % alphabet.size()];
        return out;
    }

  private:
    bool happens(unsigned percent) { return random_() % 100 < percent; }
    std::string alternation(int depth) {
        std::string out = sequence(depth);
        while (happens(depth == 0 ? 15 : 45)) out += "|" + sequence(depth);
        return out;
    }
    std::string sequence(int depth) {
        std::string out;
        for (size_t parts = 1 + random_() % 4; parts > 0; parts--) out += part(depth);
        return out;
    }
    std::string part(int depth) {
        static const std::vector<std::string> atoms = {"a", "b", "c", "ab", "cab", "a", "b", "-", "=", "\"", "\\[", "\\|", ";", ".", "\\.",
                                                       "[ab]", "[\"\\[|]", "[^a]", "\\w", "\\s", "\\b", "^", "$", "[a-c\"]"};
        static const std::vector<std::string> quantifiers = {"?", "*", "+", "{2}", "{1,2}", "*?", "{0,1}", "{3}", "{4,}"};
        if (happens(3)) return "(?=" + alternation(depth + 1) + ")";
        std::string out = depth < 3 && happens(30) ? "(?:" + alternation(depth + 1) + ")" : atoms[random_() % atoms.size()];
        const bool can_repeat = out != "\\b" && out != "^" && out != "$";
        return can_repeat && happens(30) ? out + quantifiers[random_() % quantifiers.size()] : out;
    }
    Random random_;
};

class Regex {
  public:
    Regex(const std::string &pattern, bool lines) {
        int error = 0;
        PCRE2_SIZE at = 0;
        const uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | (lines ? PCRE2_MULTILINE : PCRE2_DOLLAR_ENDONLY);
        code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &at, nullptr));
        if (code_) data_.reset(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    }
    bool is_valid() const { return code_ != nullptr; }
    // Places where a match begins.
    std::vector<size_t> starts(const std::string &text) const {
        std::vector<size_t> out;
        for (size_t at = 0; at <= text.size(); at++) {
            if (match(text, at, PCRE2_ANCHORED) >= 0) out.push_back(at);
        }
        return out;
    }
    bool matches(const std::string &text) const { return match(text, 0, 0) >= 0; }

  private:
    int match(const std::string &text, size_t from, uint32_t options) const {
        return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, data_.get(), nullptr);
    }
    struct Free {
        void operator()(pcre2_code *code) const { pcre2_code_free(code); }
        void operator()(pcre2_match_data *data) const { pcre2_match_data_free(data); }
    };
    std::unique_ptr<pcre2_code, Free> code_;
    std::unique_ptr<pcre2_match_data, Free> data_;
};

// As the scan sees it.
std::string seen(const std::string &text) {
    std::string out = text;
    for (char &c : out) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
    return seclua::text_start + out + seclua::text_end;
}

bool holds_one(const std::string &text, const std::vector<ShortText> &literals) {
    return std::any_of(literals.begin(), literals.end(), [&](const ShortText &literal) { return text.find(literal.view()) != std::string::npos; });
}

void report(const char *what, const std::string &pattern, const std::string &text) {
    if (++failures <= 20) std::printf("%s: /%s/ matches \"%s\"\n", what, pattern.c_str(), text.c_str());
}

std::vector<size_t> places_of(const sl_starts &starts, const std::string &text) {
    const sl_slice slice = {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
    std::vector<size_t> out;
    if (starts.tries_first) out.push_back(0);
    const auto next = [&](size_t from) { return sl_starts_next(&starts, slice, from); };
    for (size_t at = next(starts.tries_first ? 1 : 0); at < text.size(); at = next(at + 1)) out.push_back(at);
    return out;
}

struct Counts {
    size_t patterns = 0, said = 0, said_plain = 0, pairs = 0, matches = 0, refused = 0;
};

void what_matches_holds_what_is_necessary(unsigned seed, size_t count, bool lines, Counts &counts) {
    Patterns patterns(seed);
    for (size_t i = 0; i < count; i++) {
        const std::string pattern = patterns.next();
        const Regex regex(pattern, lines);
        if (!regex.is_valid()) continue;
        const Necessary necessary = seclua::necessary_literals(pattern, lines);
        counts.patterns++;
        counts.said += !necessary.sets.empty();
        counts.said_plain += necessary.plain.has_value();
        for (int k = 0; k < 40; k++) {
            const std::string text = patterns.text();
            const bool matches = regex.matches(text);
            counts.pairs++;
            counts.matches += matches;
            const std::string view = seen(text);
            const bool is_plain = text.find_first_of(sl_prefilter_breakers) == std::string::npos;
            bool is_admitted = true;
            for (const auto &set : necessary.sets) is_admitted = is_admitted && holds_one(view, set);
            if (matches && !is_admitted) report("dismissed", pattern, text);
            const bool is_plain_admitted = !is_plain || !necessary.plain || holds_one(view, *necessary.plain);
            if (matches && !is_plain_admitted) report("dismissed as plain", pattern, text);
            counts.refused += !is_admitted || !is_plain_admitted;
        }
    }
}

void matches_begin_where_they_may(unsigned seed, size_t count, bool lines) {
    Patterns patterns(seed);
    size_t said = 0, begun = 0, places = 0, passed = 0, counted = 0, refused = 0;
    for (size_t i = 0; i < count; i++) {
        const std::string pattern = patterns.next();
        const Regex regex(pattern, lines);
        if (!regex.is_valid()) continue;
        const auto starts = seclua::possible_starts(pattern, lines);
        if (!starts) continue;
        said++;
        for (int k = 0; k < 20; k++) {
            const std::string text = patterns.text();
            const std::vector<size_t> tried = places_of(starts->places, text), found = regex.starts(text);
            const bool has_all = std::includes(tried.begin(), tried.end(), found.begin(), found.end());
            if (!has_all) report("not tried where it begins", pattern, text);
            const sl_slice slice = {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
            for (const size_t at : found) {
                if (!sl_starts_suffice(&starts->places, slice, at)) report("has too little of something", pattern, text);
            }
            counted += starts->places.least_count != 0;
            refused += !sl_starts_suffice(&starts->places, slice, 0);
            begun += found.size();
            passed += tried.size();
            places += text.size();
        }
    }
    std::printf("%zu patterns with places to begin; %zu places, %zu tried, %zu begin a match; %zu texts are counted, %zu refused; %d failures\n",
                said, places, passed, begun, counted, refused, failures);
    if (begun != 0 && passed * 3 < places * 2 && refused != 0 && refused < counted) return;
    failures++;
    std::puts("too few places were left out for this to say anything");
}

void expect_set(const std::string &pattern, const std::vector<std::string> &expected) {
    const Necessary necessary = seclua::necessary_literals(pattern, false);
    std::vector<std::string> found;
    if (!necessary.sets.empty()) {
        for (const ShortText &text : necessary.sets[0]) found.emplace_back(text.view());
    }
    if (found == expected) return;
    failures++;
    std::printf("/%s/ needs", pattern.c_str());
    for (const std::string &text : found) std::printf(" \"%s\"", text.c_str());
    std::printf("\n");
}

void branches_keep_what_they_begin_and_end_with() {
    expect_set("(?:ls|ps|mysql(?:.*x)?)$", {"lsZ", "mysql", "psZ"}); // what is behind an alternation says most of the short ones
    expect_set("^(?:cc.*a|ls)", {"Acc", "Als"});
    expect_set("(?:quiz|whom.*j)(?:qx.*w|zz.*w)", {"quizqx", "quizzz", "whom"});
    expect_set("select.*(?:from|where)$", {"select"});
    expect_set("z[ ;]*o", {"z ", "z;", "zo"}); // something stands behind each byte
    expect_set("z[^\\x00-\\x1f\"-\\xff]*o", {"z ", "z!", "zo"});
    expect_set("z[^\\x00-\\x1f#-AC-\\xff]*o", {"z ", "z!", "z\"", "zb", "zo"}); // folded
}

void plain_values_need_whole_words() {
    const std::string gap = "[\"\\[|]*";
    const Necessary necessary = seclua::necessary_literals("t" + gap + "o" + gap + "n" + gap + "e", false);
    if (necessary.plain && necessary.plain->size() == 1 && necessary.plain->front().view() == "tone") return;
    failures++;
    std::puts("of a plain value the whole word is not asked for");
}

void what_plain_values_cannot_match_is_known() {
    const Necessary necessary = seclua::necessary_literals("[|;]\\s*a", false);
    if (necessary.plain && necessary.plain->empty()) return;
    failures++;
    std::puts("a pattern that begins with a breaker is thought to match values without one");
}

} // namespace

int main(int argc, char **argv) {
    const size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 6000;
    const unsigned seed = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 1;
    branches_keep_what_they_begin_and_end_with();
    plain_values_need_whole_words();
    what_plain_values_cannot_match_is_known();
    Counts counts;
    matches_begin_where_they_may(seed + 2, count, false);
    matches_begin_where_they_may(seed + 3, count / 4, true);
    what_matches_holds_what_is_necessary(seed, count, false, counts);
    what_matches_holds_what_is_necessary(seed + 1, count, true, counts);
    std::printf("%zu patterns, %zu with a set, %zu with one of plain values; %zu pairs, %zu match, %zu refused, %d failures\n", counts.patterns,
                counts.said, counts.said_plain, counts.pairs, counts.matches, counts.refused, failures);
    const bool says_something = counts.refused * 20 > counts.pairs && counts.matches * 20 > counts.pairs && counts.said_plain != 0;
    if (!says_something) std::puts("too little was refused or matched for this to say anything");
    return failures == 0 && says_something ? 0 : 1;
}
