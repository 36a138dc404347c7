// SPDX-License-Identifier: Apache-2.0
// The table of all directives: what the parser accepts, what init_config sets and what the manual says are
// the same rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace seclua {

struct Call;    // one directive of a file; see loading.hpp
struct Loading; // the load under way

enum class Support : uint8_t {
    full,     // does what the manual says
    silent,   // accepted, without effect, nothing is said: the effect is not missed
    warned,   // accepted, without effect, W_IGNORED
    rejected, // E_UNSUPPORTED
};

enum class DirectiveKind : uint8_t {
    setting,   // changes the Config; skipped when its line is broken
    statement, // adds to the Tree; skipped when its line is broken
    rule,      // adds a rule even when its line is broken, so that ids and chains stay in step
    block,     // may be followed by lines between back-ticks
};

// A word that a directive takes, and what it sets. A list ends with a null text.
struct Word {
    const char *text;
    int value;
};

inline constexpr uint8_t any_number = 255;

struct DirectiveRow {
    const char *name;
    DirectiveKind kind;
    Support support;
    uint8_t arguments_min, arguments_max;
    const char *arguments;     // as the manual writes them; null: the words
    const Word *words;         // the only values of the first argument; null: not an enumeration
    const char *default_value; // as it would be written; null: none
    void (*apply)(Loading &load, const Call &call);
    const char *manual; // one sentence
    const char *hint;   // for warned and rejected: why, or what to do instead; may be null
};

// Ends with a row without a name.
const DirectiveRow *directive_rows();
// Case does not count; null when there is none.
const DirectiveRow *find_directive(std::string_view name);
// For a name that no row has: the nearest one, or that it belongs to the web server. May be empty.
std::string hint_for_unknown(std::string_view name);
// The row's word that is the call's first argument; null when it is none of them.
const Word *find_word(const Call &call);
// "On, Off or DetectionOnly".
std::string list_words(const Word *words);

} // namespace seclua
