// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

namespace acceleration {

using differential::printable;

namespace {

std::string shown(const std::vector<Field> &headers) {
    std::string text;
    for (const auto &[name, value] : headers)
        text += "    " + printable(name) + ": " + printable(value) + "\n";
    return text;
}

}  // namespace

Message flattened(const differential::Pair &pair) {
    Message message;
    message.method = pair.request.method;
    message.target = differential::request_target(pair.request);
    message.headers = pair.request.headers;
    message.body = differential::request_body(pair.request);
    message.has_response = pair.response.present;
    message.status = pair.response.status;
    message.response_headers = pair.response.headers;
    message.response_body = pair.response.body;
    return message;
}

std::string shown(const Message &message) {
    std::string text = "    " + printable(message.method + " " + message.target + " " + message.protocol) +
                       "   (from " + message.client + ")\n" + shown(message.headers);
    if (!message.body.empty()) text += "    body: " + printable(message.body) + "\n";
    if (!message.has_response) return text;
    text += "    response: " + std::to_string(message.status) + "\n" + shown(message.response_headers);
    if (!message.response_body.empty()) text += "    body: " + printable(message.response_body) + "\n";
    return text;
}

}  // namespace acceleration
