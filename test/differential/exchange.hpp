// SPDX-License-Identifier: Apache-2.0
// A request and a response under construction: values are put where the variables of the rules look.
#pragma once

#include "grammar.hpp"
#include "pair.hpp"
#include "random.hpp"

namespace differential {

// The bytes in a form that the transformation of that writing turns back.
std::string written(Writing writing, const std::string &bytes);

class Exchange {
  public:
    explicit Exchange(Random &random) : random_(random) {}

    void place(Place where, const std::string &value);
    void want_response() { has_response_ = true; }
    // Fills in what every message has and hands both over. Persistent values and TX are set by rules in
    // front.
    void finish(Pair &pair);

  private:
    std::string name();
    std::string encoded(const std::string &bytes);
    std::string header_safe(const std::string &bytes);
    std::string path(const std::string &value);
    std::string json_document(const std::string &value);
    std::string xml_document(const std::string &value);
    void body(Request &request);
    void multipart(Request &request);

    Random &random_;
    Request request_;
    std::vector<Field> fields_;  // of a urlencoded or multipart body, values as they are
    std::vector<Field> files_;
    std::vector<std::string> cookies_;
    std::vector<std::string> setvars_;
    std::string raw_, json_, xml_;
    Response response_;
    bool has_response_ = false;
    bool wants_multipart_ = false;
};

}  // namespace differential
