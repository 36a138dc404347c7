// SPDX-License-Identifier: Apache-2.0
// Messages that have something for the rules of a set: values near to what they ask for, written as their
// transformations expect it, where their targets look; or ordinary messages with changes.
#pragma once

#include "../differential/grammar.hpp"
#include "pattern.hpp"
#include "sources.hpp"

namespace acceleration {

class Composer {
   public:
    Composer(const differential::Grammar &grammar, const Sources &sources)
        : grammar_(grammar), sources_(sources) {}
    Message compose(Random &random, const Config &config, const std::vector<Question> &questions) const;

   private:
    std::string value_for(Random &random, const Question &question) const;
    Message drawn(Random &random, const std::vector<Question> &questions) const;
    void mutate(Random &random, Message &message) const;

    const differential::Grammar &grammar_;
    const Sources &sources_;
};

}  // namespace acceleration
