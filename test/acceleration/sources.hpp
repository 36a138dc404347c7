// SPDX-License-Identifier: Apache-2.0
// The rule sets and texts that exist: the rules that ship, test/cases, and from the folder with the shared
// data the CRS, the conformance sets and the benchmark's requests. What that folder lacks is left out.
#pragma once

#include "config.hpp"

namespace acceleration {

struct Sources {
    std::vector<Config> large;          // loaded once, judged most
    std::vector<Config> small;          // loaded when it is their turn
    std::vector<Message> messages;      // ordinary requests and responses
    std::vector<std::string> payloads;  // attacks and near misses
    std::vector<std::string> patterns;  // of rules in use
    bool has_shared = false;
};

// scratch: a folder for files that cases bring with them.
Sources read_sources(const std::string &root, const std::string &shared, const std::string &scratch);

}  // namespace acceleration
