// SPDX-License-Identifier: Apache-2.0
// Requests and responses from the packed file that the bench kit makes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace corpus {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method, uri, protocol, client, body;
    unsigned port = 0;
    bool is_attack = false;
    Headers headers;
};
struct Response {
    unsigned status = 0;
    std::string protocol, body;
    Headers headers;
};

// The packed corpus: "SLB1", counts, then length-prefixed texts; 32-bit little endian.
class Corpus {
  public:
    explicit Corpus(const char *path) {
        std::ifstream file(path, std::ios::binary);
        data_.assign(std::istreambuf_iterator<char>(file), {});
        if (data_.compare(0, 4, "SLB1") != 0) {
            std::fprintf(stderr, "%s is not a packed corpus\n", path);
            std::exit(2);
        }
        at_ = 4;
        requests.resize(number());
        responses.resize(number());
        for (Request &r : requests) {
            r.method = text();
            r.uri = text();
            r.protocol = "HTTP/" + text();
            r.client = text();
            r.port = number();
            r.is_attack = number() != 0;
            r.headers = headers();
            r.body = text();
        }
        for (Response &r : responses) {
            r.status = number();
            r.protocol = "HTTP/" + text();
            r.headers = headers();
            r.body = text();
        }
    }
    std::vector<Request> requests;
    std::vector<Response> responses;

  private:
    uint32_t number() {
        uint32_t value;
        std::memcpy(&value, data_.data() + at_, 4);
        at_ += 4;
        return value;
    }
    std::string text() {
        const uint32_t length = number();
        at_ += length;
        return data_.substr(at_ - length, length);
    }
    Headers headers() {
        Headers list(number());
        for (auto &[name, value] : list) {
            name = text();
            value = text();
        }
        return list;
    }
    std::string data_;
    size_t at_ = 0;
};

} // namespace corpus
