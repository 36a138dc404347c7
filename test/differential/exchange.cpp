// SPDX-License-Identifier: Apache-2.0
// Requests and responses: where each kind of value goes, and how it is written on the wire.
//
// NUL bytes never stand raw in the target, and line breaks never in headers: the peer takes the target as a C
// string, and no HTTP parser lets the others through.
#include "exchange.hpp"

namespace differential {

namespace {

const char digits[] = "0123456789abcdef";

std::string hex(const std::string &bytes) {
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<std::uint8_t>(c) >> 4];
        text += digits[static_cast<std::uint8_t>(c) & 15];
    }
    return text;
}

std::string prefixed(const std::string &prefix, const std::string &bytes, const std::string &suffix) {
    std::string text;
    for (const char c : bytes) text += prefix + hex(std::string(1, c)) + suffix;
    return text;
}

std::string base64(const std::string &bytes) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u;
        };
        const auto group = at(0) << 16 | at(1) << 8 | at(2);
        for (std::size_t k = 0; k < 4; k++) {
            text += i + k > bytes.size() ? '=' : alphabet[group >> (18 - 6 * k) & 63];
        }
    }
    return text;
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
}

std::string json_string(const std::string &bytes) {
    std::string text = "\"";
    for (const char c : bytes) {
        if (c == '"' || c == '\\') text += '\\';
        if (static_cast<std::uint8_t>(c) < 32) {
            text += "\\u00" + hex(std::string(1, c));
        } else {
            text += c;
        }
    }
    return text + "\"";
}

std::string xml_text(const std::string &bytes) {
    std::string text;
    for (const char c : bytes) {
        if (c == '<') {
            text += "&lt;";
        } else if (c == '&') {
            text += "&amp;";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

std::string written(Writing writing, const std::string &bytes) {
    switch (writing) {
        case Writing::base64: return base64(bytes);
        case Writing::hex: return hex(bytes);
        case Writing::percent: return prefixed("%", bytes, "");
        case Writing::html: return prefixed("&#x", bytes, ";");
        case Writing::js: return prefixed("\\x", bytes, "");
        case Writing::css: return prefixed("\\", bytes, " ");
        case Writing::sql_hex: return bytes.empty() ? bytes : "0x" + hex(bytes);
        default: return bytes;
    }
}

std::string Exchange::name() {
    return random_.of(std::vector<std::string>{"a", "a", "b", "c", "A"});
}

std::string Exchange::encoded(const std::string &bytes) {
    const bool is_raw = random_.percent(10);
    std::string text;
    for (const char c : bytes) {
        if (c == ' ' && random_.percent(50)) {
            text += '+';
        } else if (is_unreserved(c) || (is_raw && c > ' ' && c != '#')) {
            text += c;
        } else {
            text += "%" + hex(std::string(1, c));
        }
    }
    return text;
}

std::string Exchange::path(const std::string &value) {
    const auto kind = random_.below(20);
    if (kind == 0) return "http://site.test/" + encoded(value);
    if (kind == 1) return "/p//./" + encoded(value) + "/../x";
    if (kind == 2) return "/" + encoded(value) + ";v=1";
    if (kind == 3) return "/p/" + encoded(value) + "/";
    return "/p/" + encoded(value);
}

// A document with the value somewhere in it.
std::string Exchange::json_document(const std::string &value) {
    const auto text = json_string(value);
    switch (random_.below(10)) {
        case 0: return "[" + text + ",[" + text + ",-1.5e3],[],{}]";
        case 1: return text;
        case 2: return "{\"a\":{\"b\":{\"c\":" + text + "},\"a\":null}}";
        case 3: return "{\"a\":" + text + ",\"a\":\"\\u0062\\ud83d\\ude00\"}";
        case 4: return "{\"a.b\":[{\"x\":" + text + "},false]} ";
        case 5: return "{\"a\":" + text + ",";
        case 6: return "12";
        default: return "{\"a\":" + text + ",\"b\":[1,{\"c\":null}],\"\":true}";
    }
}

std::string Exchange::xml_document(const std::string &value) {
    const auto text = xml_text(value);
    switch (random_.below(8)) {
        case 0:
            return "<?xml version=\"1.0\"?><note><to>" + text +
                   "</to><!-- c --><to><![CDATA[<b>]]></to></note>";
        case 1:
            return "<n:note xmlns:n=\"http://x.test/n\" y='" + text + "'><to> " + text + "\n</to></n:note>";
        case 2: return "<note><to>" + text + "</note>";
        case 3: return "<note><to>&lt;&#65;&#x42;" + text + "</to></note>\n";
        default: return "<note x=\"1\"><to>" + text + "</to>tail</note>";
    }
}

std::string Exchange::header_safe(const std::string &bytes) {
    std::string text;
    for (const char c : bytes) {
        if (c != '\0' && c != '\r' && c != '\n') text += c;
    }
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
    return text;
}

void Exchange::place(Place where, const std::string &value) {
    switch (where) {
        case Place::query: request_.query.push_back(name() + "=" + encoded(value)); break;
        case Place::query_name: request_.query.push_back(encoded(value) + "=1"); break;
        case Place::path: request_.path = path(value); break;
        case Place::header:
            request_.headers.emplace_back(random_.percent(60) ? "X-A" : "X-B", header_safe(value));
            break;
        case Place::header_name:
            request_.headers.emplace_back(random_.percent(50) ? "X-A" : "x-b", "1");
            break;
        case Place::cookie: cookies_.push_back(name() + "=" + header_safe(value)); break;
        case Place::cookie_name: cookies_.push_back(header_safe(value) + "=1"); break;
        case Place::body: fields_.emplace_back(name(), value); break;
        case Place::body_name: fields_.emplace_back(value, "1"); break;
        case Place::multipart:
            fields_.emplace_back(name(), value);
            wants_multipart_ = true;
            break;
        case Place::file:
            files_.emplace_back("f", value);
            wants_multipart_ = true;
            break;
        case Place::json: json_ = value; break;
        case Place::xml: xml_ = value; break;
        case Place::raw_body: raw_ = value; break;
        case Place::authorization:
            request_.headers.emplace_back("Authorization", "Basic " + base64(value + ":secret"));
            break;
        case Place::response_header:
            response_.headers.emplace_back(random_.percent(60) ? "X-A" : "X-B", header_safe(value));
            has_response_ = true;
            break;
        case Place::response_body:
            response_.body = value;
            has_response_ = true;
            break;
        case Place::tx:
            setvars_.push_back("setvar:tx.b=%{ARGS.b}");
            request_.query.push_back("b=" + encoded(value));
            break;
        case Place::persistent:
            setvars_.push_back(random_.of(std::vector<std::string>{"initcol:ip=k", "initcol:global=g",
                                                                   "setsid:s", "setuid:u", "setrsc:r"}));
            break;
        case Place::nowhere: break;
    }
}

void Exchange::multipart(Request &request) {
    request.headers.emplace_back("Content-Type", random_.percent(90)
                                                     ? "multipart/form-data; boundary=BB"
                                                     : "multipart/form-data; boundary=\"BB\"");
    const std::string eol = random_.percent(92) ? "\r\n" : "\n";
    if (random_.percent(4)) request.body.push_back("preamble" + eol);
    for (const auto &[key, value] : fields_) {
        const auto quote = random_.percent(95) ? "\"" : "'";
        request.body.push_back("--BB" + eol + "Content-Disposition: form-data; name=" + quote +
                               header_safe(key) + quote + eol + eol + value + eol);
    }
    for (const auto &[key, value] : files_) {
        const auto folded = random_.percent(5) ? eol + " " : std::string(" ");
        const std::string more = random_.percent(10) ? "X-Part: " + header_safe(value) + eol : "";
        request.body.push_back("--BB" + eol + more + "Content-Disposition: form-data;" + folded + "name=\"" +
                               key + "\"; filename=\"" +
                               (random_.percent(80) ? "x.php" : header_safe(value)) + "\"" + eol +
                               "Content-Type: text/plain" + eol + eol + value + eol);
    }
    if (random_.percent(95)) request.body.push_back("--BB--" + eol);
    if (random_.percent(4)) request.body.push_back("epilogue" + eol);
}

void Exchange::body(Request &request) {
    if (wants_multipart_) return multipart(request);
    if (!xml_.empty() || !json_.empty()) {
        const bool is_json = xml_.empty();
        request.headers.emplace_back("Content-Type", is_json ? "application/json" : "text/xml");
        setvars_.push_back(is_json ? "ctl:requestBodyProcessor=JSON" : "ctl:requestBodyProcessor=XML");
        if (random_.percent(10)) {
            request.body.push_back(is_json ? json_ : xml_);
        } else if (is_json) {
            request.body.push_back(json_document(json_));
        } else {
            request.body.push_back(xml_.starts_with("<note") ? xml_ : xml_document(xml_));
        }
        return;
    }
    if (!fields_.empty()) {
        request.headers.emplace_back(
            "Content-Type", random_.percent(85) ? "application/x-www-form-urlencoded"
                                                : "Application/X-WWW-form-urlencoded; charset=utf-8");
        request.body_joint = "&";
        for (const auto &[key, value] : fields_) request.body.push_back(encoded(key) + "=" + encoded(value));
        return;
    }
    if (raw_.empty()) return;
    if (random_.percent(70)) {
        request.headers.emplace_back(
            "Content-Type", random_.percent(60) ? "application/x-www-form-urlencoded" : "text/plain");
    }
    request.body.push_back(raw_);
}

void Exchange::finish(Pair &pair) {
    request_.headers.insert(request_.headers.begin(), {"Host", "site.test"});
    if (random_.percent(10))
        request_.query.push_back(
            random_.of(std::vector<std::string>{"", "a", "=x", "b=1=2", "a=%zz", "a=b#c"}));
    if (!cookies_.empty()) {
        std::string line;
        for (const auto &cookie : cookies_)
            line += (line.empty() ? "" : random_.percent(85) ? "; " : ";") + cookie;
        if (random_.percent(8))
            line += random_.of(std::vector<std::string>{"; ", ";;x", "; =v", " ; b = 2", "; \"q\"=\"1\""});
        request_.headers.emplace_back("Cookie", line);
    }
    body(request_);
    if (!request_.body.empty() || random_.percent(5)) request_.method = random_.percent(90) ? "POST" : "PUT";
    if (!request_.body.empty()) {
        request_.headers.emplace_back("Content-Length", std::to_string(request_body(request_).size()));
    }
    if (!setvars_.empty()) {
        Link before;
        before.actions = {"id:999", "phase:1", "nolog", "pass"};
        for (const auto &one : setvars_) before.actions.push_back(one);
        pair.units.insert(pair.units.begin() + 4, Unit{"", {before}});
    }
    if (has_response_) {
        response_.present = true;
        response_.status = random_.percent(80) ? 200 : 404;
        if (random_.percent(90))
            response_.headers.emplace_back("Content-Type", random_.percent(70) ? "text/html" : "text/plain");
    }
    pair.request = request_;
    pair.response = response_;
}

}  // namespace differential
