// SPDX-License-Identifier: Apache-2.0
// The words that both engines know, with samples: what the generator chooses from, and what coverage counts.
//
// A word is left out only when no comparison is possible: it needs a network, a clock, another program or a
// library that the peer was built without. Those are listed in grammar.cpp with the reason.
#pragma once

#include <string>
#include <vector>

namespace differential {

struct Operator {
    std::string name;
    std::vector<std::string> parameters;
    std::vector<std::string> values;  // bytes that are near to a match
};

// How bytes are written so that the transformation turns them into the given ones again.
enum class Writing { plain, base64, hex, percent, html, js, css, sql_hex };

struct Transformation {
    std::string name;
    Writing writing;
    std::vector<std::string> values;  // bytes that it changes
};

// Where a request or a response carries what a variable shows.
enum class Place {
    nowhere,
    query,
    query_name,
    path,
    header,
    header_name,
    cookie,
    cookie_name,
    body,
    body_name,
    multipart,
    file,
    json,
    xml,
    raw_body,
    authorization,
    response_header,
    response_body,
    tx,
    persistent
};

struct Variable {
    std::string name;
    Place place;
    int first_phase;
    std::vector<std::string> selectors;  // none: a scalar
};

struct Action {
    std::string name;  // as coverage counts it: ctl options count one by one
    std::vector<std::string> samples;
    bool is_disruptive = false;
    bool is_for_starters = false;
};

struct Grammar {
    std::vector<Operator> operators;
    std::vector<Transformation> transformations;
    std::vector<Variable> variables;
    std::vector<Action> actions;
};

// folder: where the files that operators name are; see write_files.
Grammar make_grammar(const std::string &folder);
void write_files(const std::string &folder);

}  // namespace differential
