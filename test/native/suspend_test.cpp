// SPDX-License-Identifier: Apache-2.0
// Suspension: transactions that leave at every point where a rule could wait, many of them in turns on one engine, must
// end as those that never leave, down to the last line of the debug log; and one that is given up at any of these
// points must leave nothing behind.
//
//     test_suspend_test [CORPUS.bin MAIN.conf]     a packed corpus of requests (bench/corpus.hpp) and its rules
//
// Without arguments: the shipped rules and the requests below.
#include <cstdio>
#include <cstdlib>

#include "../../bench/corpus.hpp"
#include "outside.hpp"

namespace {

size_t failures = 0;

void expect(bool condition, const std::string &what) {
    if (condition) return;
    failures++;
    std::printf("failed: %s\n", what.c_str());
}

std::string text_of(seclua_slice bytes) {
    return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}
seclua_slice slice(const std::string &text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// ---- requests ----

struct Exchange {
    std::string method = "GET", uri = "/", protocol = "HTTP/1.1", client = "192.0.2.1", body;
    std::vector<std::pair<std::string, std::string>> headers;
    unsigned status = 200;
    std::string response_type = "text/html", response_body = "<p>hello</p>";
};

// Each with a plain response.
std::vector<Exchange> exchanges_of(const char *path) {
    std::vector<Exchange> list;
    for (const corpus::Request &from : corpus::Corpus(path).requests) {
        Exchange to;
        to.method = from.method;
        to.uri = from.uri;
        to.protocol = from.protocol;
        to.client = from.client;
        to.headers = from.headers;
        to.body = from.body;
        list.push_back(to);
    }
    return list;
}

std::vector<Exchange> own_exchanges() {
    const std::pair<std::string, std::string> host{"Host", "shop.example"}, agent{"User-Agent", "Mozilla/5.0"},
        form{"Content-Type", "application/x-www-form-urlencoded"}, json{"Content-Type", "application/json"};
    std::vector<Exchange> list(8);
    list[0].headers = list[1].headers = list[2].headers = list[3].headers = list[4].headers = {host, agent};
    list[1].uri = "/search?q=%27%20OR%201=1%20--%20&page=2&sort=%3Cscript%3Ealert(1)%3C/script%3E";
    list[2].uri = "/../../etc/passwd?file=..%2f..%2fetc%2fpasswd";
    list[3].headers.emplace_back("Cookie", "a=1; b=${jndi:ldap://x}; c=%00");
    list[4].response_body = "Warning: mysql_query(): You have an error in your SQL syntax";
    list[5].method = list[6].method = list[7].method = "POST";
    list[5].headers = {host, agent, form};
    list[5].body = "name=x&comment=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&id=1%20union%20select%20null";
    list[6].headers = {host, agent, json};
    list[6].body = R"({"user":"a","roles":["x","; cat /etc/shadow"],"n":{"a":1}})";
    list[7].headers = {host, json};
    list[7].body = "{broken";
    return list;
}

// Rules of every kind that is left in another way: multiMatch, chains, captures, macros per value, scripts,
// collections, ctl, several matches with several actions, jumps.
const char *const own_rules = R"rules(
SecAction "id:900001,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.hits=+1,setvar:tx.seen=%{ip.hits}"
SecRule ARGS|REQUEST_HEADERS "@rx (\w)(\w)?" \
    "id:900002,phase:2,pass,log,capture,t:none,t:lowercase,multiMatch,setvar:tx.n=+1,setvar:tx.last=%{tx.1}%{MATCHED_VAR_NAME}"
SecRule ARGS "@contains a" "id:900003,phase:2,pass,log,chain,setvar:tx.first=+1,ctl:ruleRemoveTargetById=900005;ARGS:id"
    SecRule MATCHED_VARS "!@streq %{tx.last}" "t:none,t:urlDecodeUni,setvar:tx.second=+%{tx.n},setvar:ip.chains=+1"
SecRule ARGS "@rx ." "id:900004,phase:2,pass,log,multiMatch,t:none,t:urlDecodeUni,t:htmlEntityDecode,t:lowercase,\
    t:removeWhitespace,setvar:tx.stages=+1,skipAfter:END"
SecAction "id:900006,phase:2,pass,log"
SecMarker END
SecRule ARGS "@rx ." "id:900005,phase:2,pass,log,msg:'%{MATCHED_VAR_NAME} %{tx.n}'"
SecRule IP:HITS "@ge 1" "id:900007,phase:3,pass,log,setvar:ip.late=+1,expirevar:ip.late=60"
SecRule RESPONSE_BODY "@rx SQL (syntax)" "id:900008,phase:4,pass,log,capture,setvar:tx.leak=%{tx.1}"
SecAction "id:900009,phase:5,pass,nolog,setvar:ip.logged=+1,setvar:tx.end=%{ip.logged}"
)rules";

// ---- one transaction, point by point ----

class Run {
   public:
    Run(seclua_engine *engine, outside::World &world, const Exchange &exchange, size_t serial)
        : world_(world), exchange_(exchange), id_("transaction-" + std::to_string(serial)) {
        static const std::string server = "192.0.2.80";
        const seclua_connection connection{slice(exchange.client), slice(server), 40000, 80, slice(id_)};
        txn_ = seclua_txn_new(engine, &connection);
        if (txn_ == nullptr) throw std::runtime_error("no memory for a transaction");
    }
    ~Run() { seclua_txn_free(txn_); }
    Run(const Run &) = delete;
    Run &operator=(const Run &) = delete;

    seclua_txn *get() const { return txn_; }
    bool is_done() const { return step_ == 5 && state_ != SECLUA_STEP_SUSPENDED; }

    // To the next point or the end of a step.
    void go_on() {
        if (state_ == SECLUA_STEP_SUSPENDED) {
            expect_out_of_order();
            state_ = world_.answer(txn_);
        } else {
            state_ = take(step_++);
        }
        if (state_ == SECLUA_STEP_SUSPENDED) points++;
        expect(state_ != SECLUA_STEP_FAILED && state_ != SECLUA_STEP_ORDER, "a step of " + id_ + " fails");
    }

    size_t points = 0;

   private:
    seclua_step take(int step) {
        switch (step) {
            case 0: {
                std::vector<seclua_header> headers;
                for (const auto &[name, value] : exchange_.headers) headers.push_back({slice(name), slice(value)});
                const seclua_request request{slice(exchange_.method), slice(exchange_.uri), slice(exchange_.protocol),
                                             headers.data(), headers.size()};
                return seclua_txn_request_headers(txn_, &request);
            }
            case 1:
                seclua_txn_write_request_body(txn_, slice(exchange_.body));
                return seclua_txn_request_body(txn_);
            case 2: {
                static const std::string name = "Content-Type";
                const seclua_header type{slice(name), slice(exchange_.response_type)};
                const seclua_response response{static_cast<uint16_t>(exchange_.status), slice(exchange_.protocol),
                                               &type, 1};
                return seclua_txn_response_headers(txn_, &response);
            }
            case 3:
                seclua_txn_write_response_body(txn_, slice(exchange_.response_body));
                return seclua_txn_response_body(txn_);
            default:
                return seclua_txn_logging(txn_);
        }
    }

    // While it waits, nothing but the answer moves it; what is known of it can be asked all the same.
    void expect_out_of_order() {
        static const std::string byte = "x", name = "REQUEST_METHOD";
        expect(seclua_txn_request_body(txn_) == SECLUA_STEP_ORDER, "the body comes while something is waited for");
        expect(seclua_txn_write_request_body(txn_, slice(byte)) == SECLUA_STEP_ORDER, "a chunk comes while waiting");
        expect(seclua_txn_logging(txn_) == SECLUA_STEP_ORDER, "logging comes while something is waited for");
        expect(seclua_txn_variable(
                   txn_, slice(name), [](void *, seclua_slice, seclua_slice) {}, nullptr),
               "the method is known");
    }

    outside::World &world_;
    const Exchange &exchange_;
    std::string id_;
    seclua_txn *txn_;
    int step_ = 0;
    seclua_step state_ = SECLUA_STEP_DONE;
};

// ---- what came of it ----

// Time is what two runs need not share.
bool is_volatile(const std::string &line) {
    for (const char *word : {"DURATION", "TIME", " us, ", "sampling_rnd100"}) {
        if (line.find(word) != std::string::npos) return true;
    }
    return false;
}

std::vector<std::string> print_of(seclua_txn *txn) {
    std::vector<std::string> lines;
    seclua_verdict verdict{};
    seclua_txn_verdict(txn, &verdict);
    lines.push_back("verdict " + std::to_string(verdict.action) + ' ' + std::to_string(verdict.status) + ' ' +
                    std::to_string(verdict.rule_id) + ' ' + text_of(verdict.message));
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        std::string line = "event " + text_of(seclua_txn_event_line(txn, i)) + ' ' + text_of(event->data);
        for (size_t v = 0; v < event->variable_count; v++) {
            line += ' ' + text_of(event->variables[v].name) + '=' + text_of(event->variables[v].value);
        }
        lines.push_back(line);
    }
    const auto add = [](void *context, seclua_slice name, seclua_slice value) {
        static_cast<std::vector<std::string> *>(context)->push_back(text_of(name) + '=' + text_of(value));
    };
    for (const char *name : {"TX", "IP", "HIGHEST_SEVERITY", "MATCHED_VARS"}) {
        seclua_txn_variable(txn, slice(name), add, &lines);
    }
    for (size_t i = 0; i < seclua_txn_log_count(txn); i++) {
        lines.push_back("log " + text_of(seclua_txn_log(txn, i)->message));
    }
    std::erase_if(lines, is_volatile);
    return lines;
}

void compare(const std::vector<std::string> &plain, const std::vector<std::string> &left, size_t serial) {
    for (size_t i = 0; i < plain.size() && i < left.size(); i++) {
        if (plain[i] == left[i]) continue;
        expect(false, "request " + std::to_string(serial) + " differs\n  never left: " + plain[i].substr(0, 300) +
                          "\n  left:       " + left[i].substr(0, 300));
        return;
    }
    expect(plain.size() == left.size(), "request " + std::to_string(serial) + ": " + std::to_string(plain.size()) +
                                            " lines without leaving, " + std::to_string(left.size()) + " with");
}

// ---- the three ways ----

using Prints = std::vector<std::vector<std::string>>;

struct Engine {
    Engine(seclua_ruleset *rules, seclua_store *store) : handle(seclua_engine_new(rules, store)) {
        if (handle == nullptr) throw std::runtime_error("no memory for an engine");
    }
    ~Engine() { seclua_engine_free(handle); }
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;
    seclua_engine *handle;
};

// Without a store, so that the order in which transactions end cannot matter.
Prints run_plain(seclua_ruleset *rules, const std::vector<Exchange> &exchanges) {
    outside::World world;
    const Engine engine(rules, nullptr);
    Prints prints;
    for (size_t i = 0; i < exchanges.size(); i++) {
        Run run(engine.handle, world, exchanges[i], i);
        while (!run.is_done()) run.go_on();
        expect(run.points == 0, "a run that never leaves has waited");
        prints.push_back(print_of(run.get()));
    }
    return prints;
}

// Many at once, each going to its next point in turn.
size_t run_in_turns(seclua_ruleset *rules, const std::vector<Exchange> &exchanges, const Prints &plain) {
    constexpr size_t at_once = 16;
    outside::World world;
    const Engine engine(rules, nullptr);
    outside::probe(engine.handle);
    size_t points = 0;
    for (size_t first = 0; first < exchanges.size(); first += at_once) {
        std::vector<std::unique_ptr<Run>> runs;
        for (size_t i = first; i < exchanges.size() && i < first + at_once; i++) {
            runs.push_back(std::make_unique<Run>(engine.handle, world, exchanges[i], i));
        }
        for (bool is_any_left = true; is_any_left;) {
            is_any_left = false;
            for (const auto &run : runs) {
                if (run->is_done()) continue;
                run->go_on();
                is_any_left = true;
            }
        }
        for (size_t i = 0; i < runs.size(); i++) {
            compare(plain[first + i], print_of(runs[i]->get()), first + i);
            points += runs[i]->points;
        }
    }
    return points;
}

// Given up at each of its points.
size_t run_given_up(seclua_ruleset *rules, const Exchange &exchange, size_t stride) {
    outside::World world;
    const Engine engine(rules, world.remote());
    outside::probe(engine.handle);
    size_t ends = 0;
    for (size_t limit = 1;; limit += stride) {
        Run run(engine.handle, world, exchange, limit);
        while (!run.is_done() && run.points < limit) run.go_on();
        if (run.is_done()) return ends;
        ends++;  // the destructor frees it: it runs phase 5 and takes every answer there to be none
    }
}

seclua_ruleset *load(const std::string &file, const std::string &more) {
    seclua_options options;
    seclua_options_init(&options);
    const std::string cwd = SECLUA_SOURCE_DIR, name = "own rules";
    options.cwd = slice(cwd);
    options.has_remote_store = true;
    const seclua_source sources[] = {{false, slice(file), {nullptr, 0}}, {true, slice(name), slice(more)}};
    seclua_diagnostics *found = seclua_diagnostics_new();
    seclua_ruleset *rules = seclua_load(sources, 2, &options, found);
    for (size_t i = 0; i < seclua_diagnostics_count(found); i++) {
        seclua_diagnostic one{};
        seclua_diagnostics_get(found, i, &one);
        if (one.is_error) std::printf("%s:%u: %s\n", text_of(one.file).c_str(), one.line, text_of(one.message).c_str());
    }
    seclua_diagnostics_free(found);
    if (rules == nullptr) throw std::runtime_error("the rules do not load");
    return rules;
}

struct Sums {
    size_t points = 0, lines = 0, given_up = 0;
};

// With a trace every rule is looked at; without one only those that could match.
Sums check(const std::string &file, const std::string &debug_level, const std::vector<Exchange> &exchanges,
           size_t stride) {
    seclua_ruleset *rules =
        load(file, std::string(own_rules) + "SecResponseBodyAccess On\nSecDebugLogLevel " + debug_level + '\n');
    const Prints plain = run_plain(rules, exchanges);
    Sums sums;
    sums.points = run_in_turns(rules, exchanges, plain);
    for (size_t i = 0; i < exchanges.size() && i < 20; i++) sums.given_up += run_given_up(rules, exchanges[i], stride);
    for (const auto &print : plain) sums.lines += print.size();
    seclua_ruleset_release(rules);
    expect(sums.points > 100, "hardly anything was suspended");
    return sums;
}

} // namespace

int main(int argc, char **argv) {
    const bool is_corpus = argc == 3;
    const std::vector<Exchange> exchanges = is_corpus ? exchanges_of(argv[1]) : own_exchanges();
    const std::string file = is_corpus ? argv[2] : "rules/seclua.conf";
    for (const char *debug_level : {"9", "0"}) {
        const Sums sums = check(file, debug_level, exchanges, is_corpus ? 37 : 1);
        std::printf("%zu requests at debug level %s: %zu points left and resumed, %zu lines equal, %zu given up\n",
                    exchanges.size(), debug_level, sums.points, sums.lines, sums.given_up);
    }
    std::printf("%zu failures\n", failures);
    return failures == 0 ? 0 : 1;
}
