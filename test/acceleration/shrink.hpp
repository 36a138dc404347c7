// SPDX-License-Identifier: Apache-2.0
// A smaller rule set and message on which the two sides still differ.
#pragma once

#include "judge.hpp"

namespace acceleration {

struct Shrunk {
    Config config;
    Message message;
    Difference difference;
};

// Nothing when the message alone, on engines in which nothing has happened, gives no difference.
std::optional<Shrunk> shrink(const Config &config, const Message &message);

}  // namespace acceleration
