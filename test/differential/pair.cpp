// SPDX-License-Identifier: Apache-2.0
// Pairs as text: the configuration that is loaded, and the forms that a report shows.
#include "pair.hpp"

namespace differential {

namespace {

std::string joined(const std::vector<std::string> &pieces, const std::string &joint) {
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); i++) text += (i == 0 ? "" : joint) + pieces[i];
    return text;
}

std::string link_text(const Link &link, bool is_starter, bool has_next) {
    auto actions = link.actions;
    if (has_next) actions.emplace_back("chain");
    if (actions.empty()) actions.emplace_back("t:none");  // the peer's grammar wants some list in a link
    const auto list = joined(actions, ",");
    if (link.targets.empty()) return "SecAction \"" + list + "\"\n";
    std::string text = is_starter ? "SecRule " : "    SecRule ";
    text += joined(link.targets, "|") + " \"" + (link.negated ? "!@" : "@") + link.op;
    if (!link.parameter.empty()) text += " " + link.parameter;
    return text + "\" \"" + list + "\"\n";
}

std::string headers_text(const std::vector<Field> &headers) {
    std::string text;
    for (const auto &[name, value] : headers) text += printable(name) + ": " + printable(value) + "\n";
    return text;
}

}  // namespace

std::string rules_text(const Pair &pair) {
    std::string text;
    for (const auto &unit : pair.units) {
        if (!unit.directive.empty()) text += unit.directive + "\n";
        for (std::size_t i = 0; i < unit.links.size(); i++) {
            text += link_text(unit.links[i], i == 0, i + 1 < unit.links.size());
        }
    }
    return text;
}

std::string request_target(const Request &request) {
    return request.query.empty() ? request.path : request.path + "?" + joined(request.query, "&");
}

std::string request_body(const Request &request) {
    return joined(request.body, request.body_joint);
}

std::string printable(const std::string &bytes) {
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte >= 32 && byte < 127 && byte != '\\') {
            text += c;
        } else {
            text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return text;
}

std::string exchange_text(const Pair &pair) {
    const auto &request = pair.request;
    std::string text = printable(request.method + " " + request_target(request)) + " HTTP/1.1\n";
    text += headers_text(request.headers);
    if (!request.body.empty()) text += "body: " + printable(request_body(request)) + "\n";
    if (pair.response.present) {
        text +=
            "response: " + std::to_string(pair.response.status) + "\n" + headers_text(pair.response.headers);
        text += "response body: " + printable(pair.response.body) + "\n";
    }
    return text;
}

}  // namespace differential
