// SPDX-License-Identifier: Apache-2.0
// JSON as a tree that keeps repeated names, which some case files have.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace acceleration {

struct Json {
    std::string text;                                   // of a string, number or literal
    std::vector<std::pair<std::string, Json>> members;  // of an object; of an array, without names
    // An empty value when there is no such member; the last one when there are several.
    const Json &operator[](const std::string &name) const;
};

// Throws std::runtime_error.
Json read_json(const std::string &text);

}  // namespace acceleration
