// SPDX-License-Identifier: Apache-2.0
// A rule set as text with the options of its load, and what its rules ask for: the generator of messages aims
// at that.
#pragma once

#include "message.hpp"
#include "seclua.h"

#include <string>
#include <vector>

namespace acceleration {

struct Options {
    bool lines = false;  // rx_multiline
    bool v3_defaults = false, request_body_always = false, phrase_syntax_v2 = false, log_every_match = false;
    seclua_engine_mode engine = SECLUA_ENGINE_FROM_RULES;
    seclua_commit commit = SECLUA_COMMIT_TRANSACTION;
};

struct Config {
    std::string title;
    std::string folder;  // where relative names start
    std::string text;
    Options options;
    std::vector<Message> messages;  // that came with the rules
};

// What one rule or link asks.
struct Question {
    std::vector<std::string> targets;  // as written, without the excluded ones
    std::string op, parameter;
    std::vector<std::string> transformations;
};

// Logical lines: continuations are joined.
std::vector<std::string> lines_of(const std::string &text);
std::string joined(const std::vector<std::string> &lines);
// As it stands between quotation marks.
std::string in_quotes(const std::string &text);
// Read off the text, so that any rule set can be aimed at; what is not understood is left out.
std::vector<Question> questions_of(const std::string &text);

}  // namespace acceleration
