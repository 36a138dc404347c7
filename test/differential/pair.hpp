// SPDX-License-Identifier: Apache-2.0
// One rule set, one request, maybe a response: what both engines are given, and what each made of it.
//
// A pair is kept in pieces rather than as text, so that the shrinker can take pieces away and the grammar can
// say what it used. Nothing here knows an engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace differential {

struct Link {
    std::vector<std::string> targets;  // none: SecAction
    bool negated = false;
    std::string op;
    std::string parameter;
    std::vector<std::string> actions;  // without `chain`: being a link is enough
};

// A rule or chain; or one line of another kind, when directive is not empty.
struct Unit {
    std::string directive;
    std::vector<Link> links;
};

using Field = std::pair<std::string, std::string>;

struct Request {
    std::string method = "GET";
    std::string path = "/";
    std::vector<std::string> query;  // joined by &
    std::vector<Field> headers;
    std::vector<std::string> body;  // joined by body_joint
    std::string body_joint;
};

struct Response {
    bool present = false;
    std::uint16_t status = 200;
    std::vector<Field> headers;
    std::string body;
};

struct Pair {
    std::vector<Unit> units;
    Request request;
    Response response;
};

std::string rules_text(const Pair &pair);
std::string request_target(const Request &request);
std::string request_body(const Request &request);
// Both sides of the exchange on one screen: bytes outside printable ASCII as \xHH, so that it can be read and
// matched.
std::string exchange_text(const Pair &pair);
std::string printable(const std::string &bytes);

struct Event {
    std::uint64_t id = 0;
    std::string message, data;
};

// What one engine made of a pair.
struct Observation {
    bool loaded = false;
    std::string load_error;
    std::vector<Event> events;  // of rules that log, in order
    int status = 0;             // 0: nothing was stopped
    std::string url;
    std::map<std::string, std::string> tx;  // keys in lower case, captures among them
};

}  // namespace differential
