// SPDX-License-Identifier: Apache-2.0
// One rule set loaded in one manner, and everything that can be seen of a transaction on it.
#pragma once

#include "config.hpp"

#include <memory>
#include <optional>

namespace acceleration {

// A name and what it was, in order: the verdict, each event, each member of TX …
using Observation = std::vector<std::pair<std::string, std::string>>;

struct Difference {
    std::string name, accelerated, plain;
};
std::optional<Difference> first_difference(const Observation &accelerated, const Observation &plain);

class Side {
   public:
    Side(const Config &config, bool is_accelerated);
    // Begins anew: an engine and a store in which nothing has happened yet.
    void renew();
    bool is_loaded() const { return rules_ != nullptr; }
    const std::string &diagnostics() const { return diagnostics_; }
    const std::vector<unsigned> &error_lines() const { return error_lines_; }
    // What else there is to know of a transaction.
    struct Facts {
        bool met_limit = false;              // a pattern was given up at the match limit
        std::vector<std::uint64_t> matched;  // rules whose operator matched
    };
    Observation judge(const Message &message, Facts *facts = nullptr);

   private:
    template <typename T>
    using Handle = std::unique_ptr<T, void (*)(T *)>;
    Handle<seclua_ruleset> rules_{nullptr, seclua_ruleset_release};
    Handle<seclua_store> store_{nullptr, seclua_store_release};
    Handle<seclua_engine> engine_{nullptr, seclua_engine_free};
    std::string diagnostics_;
    std::vector<unsigned> error_lines_;
};

// Accelerated and plain, side by side.
struct Sides {
    explicit Sides(const Config &config) : accelerated(config, true), plain(config, false) {}
    void renew() {
        accelerated.renew();
        plain.renew();
    }
    Side accelerated, plain;
};

// limited: without acceleration a pattern met its limit, which the index may spare (docs/compatibility.md).
enum class Outcome { equal, different, limited };
struct Judged {
    Outcome outcome;
    Difference difference;
    std::vector<std::uint64_t> matched;  // rules whose operator matched, in the plain side
};
Judged judge_both(Sides &sides, const Message &message);

}  // namespace acceleration
