// SPDX-License-Identifier: Apache-2.0
// One request and maybe its response, flat: what is sent through both sides, mutated and shrunk byte by byte.
#pragma once

#include "../differential/pair.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace acceleration {

using differential::Field;

struct Message {
    std::string client = "192.0.2.1", method = "GET", target = "/", protocol = "HTTP/1.1";
    std::vector<Field> headers;
    std::string body;
    bool has_response = false;
    std::uint16_t status = 200;
    std::vector<Field> response_headers;
    std::string response_body;
};

// The messages of a generated pair, whose rules stand elsewhere.
Message flattened(const differential::Pair &pair);
// Bytes outside printable ASCII as \xHH.
std::string shown(const Message &message);

}  // namespace acceleration
