// SPDX-License-Identifier: Apache-2.0
#include "compose.hpp"

#include "../differential/exchange.hpp"

#include <algorithm>

namespace acceleration {

namespace {

using differential::Place;
using differential::Writing;

std::string percent_encoded(const std::string &bytes, Random &random) {
    static const char digits[] = "0123456789abcdefABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        const bool is_plain =
            byte > 32 && byte < 127 && c != '%' && c != '&' && c != '+' && c != '#' && c != '=';
        if (is_plain && !random.percent(4))
            text += c;
        else if (c == ' ' && random.percent(50))
            text += '+';
        else
            text += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

std::string one_line(std::string bytes) {
    std::erase_if(bytes, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
    return bytes;
}

// Changes that keep a value near to what it was: the ways around rules that attackers use, and cuts.
std::string bent(std::string value, Random &random) {
    static const std::vector<std::string> pieces = {
        "'",  "\"",   "\\", "^", "/**/",     " ",    "\t", "+",        std::string(1, '\0'),
        "$@", "`",    "[",  "%", "\xc0\xaf", "\xff", "\n", "\xc2\xa0", "<",
        "$u", "${x}", "=",  ";", "./",       "\x0b"};
    const size_t at = random.below(value.size() + 1);
    switch (random.below(9)) {
        case 0: return value.substr(0, at);
        case 1: return value.substr(at);
        case 2:
        case 3: return value.insert(at, random.of(pieces));
        case 4:
            for (size_t i = at; i < value.size(); i += 1 + random.below(3))
                value.insert(i++, random.of(pieces));
            return value;
        case 5:
            if (at < value.size()) value.erase(at, 1);
            return value;
        case 6:
            for (char &c : value) {
                if (std::isalpha(static_cast<unsigned char>(c)) && random.percent(40))
                    c = static_cast<char>(c ^ 32);
            }
            return value;
        case 7: return value.insert(0, "x=").append(random.of(pieces)).append("tail");
        default: return value.append(std::string(value));
    }
}

void add_argument(Message &message, const std::string &name, const std::string &value) {
    message.target += message.target.find('?') == std::string::npos ? '?' : '&';
    message.target.append(name).append(1, '=').append(value);
}

// Where a target looks.
struct Spot {
    std::string name, key;  // key: the selector, if it is a plain one
};
Spot spot_of(const std::string &target) {
    const size_t colon = target.find(':');
    if (colon == std::string::npos) return {target, {}};
    Spot spot = {target.substr(0, colon), target.substr(colon + 1)};
    if (spot.key.size() > 1 && spot.key[0] == '\'' && spot.key.back() == '\'')
        spot.key = spot.key.substr(1, spot.key.size() - 2);
    return spot;
}

}  // namespace

std::string Composer::value_for(Random &random, const Question &question) const {
    std::string value;
    const auto known = std::find_if(grammar_.operators.begin(), grammar_.operators.end(),
                                    [&](const auto &op) { return op.name == question.op; });
    if (question.op == "rx" || question.op == "rxGlobal" || question.op == "rxglobal") {
        value = sample_of(question.parameter, random);
    } else if (question.op == "pm" || question.op == "within") {
        const auto start =
            question.parameter.find_first_not_of(' ', random.below(question.parameter.size() + 1));
        const auto end = question.parameter.find_first_of(" ,", start == std::string::npos ? 0 : start);
        if (start != std::string::npos) value = question.parameter.substr(start, end - start);
    } else if (!question.parameter.empty() && random.percent(60)) {
        value = question.parameter;
    } else if (known != grammar_.operators.end() && random.percent(50)) {
        value = random.of(known->values);
    } else {
        value = random.of(sources_.payloads);
    }
    if (random.percent(12)) value = random.of(sources_.payloads);
    if (random.percent(25)) value = bent(std::move(value), random);
    if (random.percent(10)) value = random.of(sources_.payloads) + " " + value;
    if (random.percent(40)) return value;
    for (auto step = question.transformations.rbegin(); step != question.transformations.rend(); ++step) {
        const auto row = std::find_if(grammar_.transformations.begin(), grammar_.transformations.end(),
                                      [&](const auto &one) { return one.name == *step; });
        if (row != grammar_.transformations.end() && value.size() < 2000)
            value = differential::written(row->writing, value);
    }
    return value;
}

Message Composer::drawn(Random &random, const std::vector<Question> &questions) const {
    differential::Exchange exchange(random);
    std::vector<Field> headers, arguments, cookies, response_headers;
    std::string response_body;
    bool has_response = random.percent(6);
    for (size_t left = 1 + random.below(4); left > 0; left--) {
        const Question question =
            questions.empty() ? Question{{"ARGS"}, "rx", ".*", {}} : random.of(questions);
        const std::string value = value_for(random, question);
        if (question.targets.empty()) continue;
        const Spot spot = spot_of(random.of(question.targets));
        std::string key = spot.key;
        if (key.size() > 1 && key[0] == '/') key = sample_of(key.substr(1, key.size() - 2), random);
        const auto variable = std::find_if(grammar_.variables.begin(), grammar_.variables.end(),
                                           [&](const auto &one) { return one.name == spot.name; });
        const Place place = variable == grammar_.variables.end() ? Place::query : variable->place;
        switch (place) {
            case Place::response_body:
            case Place::response_header:
                has_response = true;
                if (place == Place::response_body)
                    response_body += value;
                else
                    response_headers.emplace_back(key.empty() ? "X-A" : key, one_line(value));
                break;
            case Place::header:
                if (key.empty())
                    exchange.place(place, value);
                else
                    headers.emplace_back(one_line(key), one_line(value));
                break;
            case Place::cookie:
                if (key.empty())
                    exchange.place(place, value);
                else
                    cookies.emplace_back(one_line(key), one_line(value));
                break;
            case Place::query:
                if (key.empty())
                    exchange.place(random.percent(70) ? Place::query : Place::body, value);
                else
                    arguments.emplace_back(key, value);
                break;
            case Place::nowhere:
            case Place::tx:
            case Place::persistent: exchange.place(Place::query, value); break;
            default: exchange.place(place, value);
        }
    }
    if (has_response) exchange.want_response();
    differential::Pair pair;
    pair.units.resize(4);  // where the exchange puts its settings; the rules here have their own
    exchange.finish(pair);
    Message message = flattened(pair);
    for (const auto &[name, value] : arguments) {
        add_argument(message, percent_encoded(name, random), percent_encoded(value, random));
    }
    for (const auto &field : headers) message.headers.push_back(field);
    for (const auto &[name, value] : cookies) message.headers.emplace_back("Cookie", name + "=" + value);
    for (const auto &field : response_headers) message.response_headers.push_back(field);
    message.response_body += response_body;
    return message;
}

void Composer::mutate(Random &random, Message &message) const {
    const std::string payload =
        random.percent(70) ? random.of(sources_.payloads) : bent(random.of(sources_.payloads), random);
    static const std::vector<std::string> names = {
        "User-Agent",        "Referer",       "X-Forwarded-For", "Accept", "Range",      "Host",
        "Content-Type",      "Cookie",        "Accept-Language", "X-In",   "Connection", "Content-Encoding",
        "Transfer-Encoding", "Content-Length"};
    switch (random.below(12)) {
        case 0:
        case 1:
            add_argument(message, random.of(std::vector<std::string>{"a", "q", "id"}),
                         random.percent(80) ? percent_encoded(payload, random) : payload);
            break;
        case 2: message.target.append(1, '/').append(percent_encoded(payload, random)); break;
        case 3: message.headers.emplace_back(random.of(names), one_line(payload)); break;
        case 4:
            if (!message.headers.empty()) {
                std::string &value = message.headers[random.below(message.headers.size())].second;
                value = one_line(random.percent(50) ? bent(value, random) : payload);
            }
            break;
        case 5:
            if (!message.headers.empty())
                message.headers.erase(message.headers.begin() +
                                      static_cast<long>(random.below(message.headers.size())));
            break;
        case 6: message.body = bent(message.body, random); break;
        case 7:
            message.body += (message.body.empty() ? "a=" : "&b=") + percent_encoded(payload, random);
            break;
        case 8:
            message.method = random.of(std::vector<std::string>{"GET", "POST", "HEAD", "PUT", "TRACE", "get",
                                                                "PROPFIND", "", "A B"});
            break;
        case 9: message.target = bent(message.target, random); break;
        case 10:
            message.protocol =
                random.of(std::vector<std::string>{"HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3.0", "", "x"});
            break;
        default:
            message.has_response = true;
            message.response_body += payload;
            if (message.response_headers.empty())
                message.response_headers.emplace_back("Content-Type", "text/html");
    }
}

Message Composer::compose(Random &random, const Config &config,
                          const std::vector<Question> &questions) const {
    Message message;
    const size_t kind = random.below(10);
    if (kind < 2 && !config.messages.empty())
        message = random.of(config.messages);
    else if (kind == 2 && !sources_.messages.empty())
        message = random.of(sources_.messages);
    else
        message = drawn(random, questions);
    const size_t changes = random.percent(50) ? 0 : 1 + random.below(3);
    for (size_t i = 0; i < changes; i++) mutate(random, message);
    if (random.percent(10))
        message.client = random.of(std::vector<std::string>{"10.1.2.3", "2001:db8::1", "192.0.2.7", "::1"});
    return message;
}

}  // namespace acceleration
