// SPDX-License-Identifier: Apache-2.0
// The engine alone, without Node, over a packed corpus: microseconds of CPU per request.
//
//   engine_bench CORPUS.bin MAIN.conf [passes] [2|5] [list|csv]
//
// Takes the corpus and prints the one line of JSON that the shared bench kit expects, so that rounds.mjs can set this driver
// beside those of other engines. 2: phases 1 and 2, no logging; 5: with the paired response and logging. A request that was
// stopped gets no further phase but logging. Nothing is kept from one request to the next.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "corpus.hpp"
#include "seclua.h"

namespace {

using corpus::Corpus;
using corpus::Headers;
using corpus::Request;
using corpus::Response;

seclua_slice slice(const std::string &text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

double clock_us(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

long rss_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        long kib = 0;
        if (std::sscanf(line.c_str(), "VmRSS: %ld", &kib) == 1) return kib;
    }
    return 0;
}

bool is_stopped(const seclua_txn *txn) {
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    return verdict.action != SECLUA_PASS;
}

struct Prepared { // header arrays in the engine's form, made once
    std::vector<seclua_header> headers;
    explicit Prepared(const Headers &from) {
        for (const auto &[name, value] : from) headers.push_back({slice(name), slice(value)});
    }
};

bool run(seclua_engine *engine, const Request &q, const Prepared &q_headers, const Response *s, const Prepared *s_headers,
         std::string *ids) {
    static const std::string server = "127.0.0.1";
    const seclua_connection connection = {slice(q.client), slice(server), static_cast<uint16_t>(q.port), 443, {}};
    seclua_txn *txn = seclua_txn_new(engine, &connection);
    const seclua_request request = {slice(q.method), slice(q.uri), slice(q.protocol), q_headers.headers.data(),
                                    q_headers.headers.size()};
    seclua_txn_request_headers(txn, &request);
    if (!is_stopped(txn)) {
        seclua_txn_write_request_body(txn, slice(q.body));
        seclua_txn_request_body(txn);
    }
    if (s != nullptr && !is_stopped(txn)) {
        const seclua_response response = {static_cast<uint16_t>(s->status), slice(s->protocol), s_headers->headers.data(),
                                          s_headers->headers.size()};
        seclua_txn_response_headers(txn, &response);
        if (!is_stopped(txn)) {
            seclua_txn_write_response_body(txn, slice(s->body));
            seclua_txn_response_body(txn);
        }
    }
    if (s != nullptr) seclua_txn_logging(txn);
    if (ids != nullptr) {
        for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
            const seclua_event *event = seclua_txn_event(txn, i);
            if (event->log) *ids += " " + std::to_string(event->rule_id);
        }
    }
    const bool stopped = is_stopped(txn);
    seclua_txn_free(txn);
    return stopped;
}

double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())))];
}

seclua_ruleset *load(const char *path, uint64_t value_cache_bytes) {
    seclua_options options;
    seclua_options_init(&options);
    options.value_cache_bytes_max = value_cache_bytes;
    const std::string cwd = ".";
    options.cwd = slice(cwd);
    const std::string name = path;
    const seclua_source source = {false, slice(name), {}};
    seclua_diagnostics *diagnostics = seclua_diagnostics_new();
    seclua_ruleset *rules = seclua_load(&source, 1, &options, diagnostics);
    for (size_t i = 0; rules == nullptr && i < seclua_diagnostics_count(diagnostics); i++) {
        seclua_diagnostic d;
        seclua_diagnostics_get(diagnostics, i, &d);
        std::fprintf(stderr, "%.*s:%u:%u: %s %.*s\n", static_cast<int>(d.file.len), d.file.ptr, d.line, d.column, d.code,
                     static_cast<int>(d.message.len), d.message.ptr);
    }
    seclua_diagnostics_free(diagnostics);
    return rules;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s CORPUS.bin MAIN.conf [passes] [2|5] [list|csv|times] [BYTES of value cache]\n", argv[0]);
        return 2;
    }
    const int passes = argc > 3 ? std::atoi(argv[3]) : 20;
    const bool with_response = argc > 4 && std::atoi(argv[4]) == 5;
    const std::string what = argc > 5 ? argv[5] : "";
    const uint64_t value_cache_bytes = argc > 6 ? std::strtoull(argv[6], nullptr, 10) : 0; // the same requests again and again must not flatter
    const Corpus corpus(argv[1]);
    const long rss_before = rss_kib();
    const double load_start = clock_us(CLOCK_MONOTONIC);
    seclua_ruleset *rules = load(argv[2], value_cache_bytes);
    if (rules == nullptr) return 1;
    seclua_engine *engine = seclua_engine_new(rules, nullptr);
    const double load_ms = (clock_us(CLOCK_MONOTONIC) - load_start) / 1e3;
    const long rss_loaded = rss_kib();

    const size_t count = corpus.requests.size();
    std::vector<Prepared> requests, responses;
    for (const Request &r : corpus.requests) requests.emplace_back(r.headers);
    for (const Response &r : corpus.responses) responses.emplace_back(r.headers);
    const auto judge = [&](size_t i, std::string *ids) {
        const size_t j = i % corpus.responses.size();
        return run(engine, corpus.requests[i], requests[i], with_response ? &corpus.responses[j] : nullptr, &responses[j], ids);
    };

    if (what == "list") {
        int stopped[2] = {0, 0}, total[2] = {0, 0}, benign_matches = 0;
        for (size_t i = 0; i < count; i++) {
            const Request &q = corpus.requests[i];
            std::string ids;
            const bool is_stop = judge(i, &ids);
            total[q.is_attack]++;
            stopped[q.is_attack] += is_stop;
            benign_matches += !q.is_attack && !ids.empty();
            if (is_stop || !ids.empty() || q.is_attack) {
                std::printf("%3zu %s %s %-6s %.60s :%s\n", i, q.is_attack ? "ATTACK" : "benign", is_stop ? "STOP" : "pass",
                            q.method.c_str(), q.uri.c_str(), ids.c_str());
            }
        }
        std::printf("benign: %d, stopped %d, with any logged match %d; attacks: %d, stopped %d\n", total[0], stopped[0],
                    benign_matches, total[1], stopped[1]);
        seclua_engine_free(engine);
        seclua_ruleset_release(rules);
        return 0;
    }

    for (size_t i = 0; i < count; i++) judge(i, nullptr); // warm-up
    std::vector<std::vector<double>> samples(static_cast<size_t>(passes), std::vector<double>(count));
    int stopped = 0;
    double wall = 0;
    for (auto &row : samples) {
        stopped = 0;
        const double pass_start = clock_us(CLOCK_MONOTONIC);
        for (size_t i = 0; i < count; i++) {
            const double start = clock_us(CLOCK_PROCESS_CPUTIME_ID);
            stopped += judge(i, nullptr);
            row[i] = clock_us(CLOCK_PROCESS_CPUTIME_ID) - start;
        }
        wall += clock_us(CLOCK_MONOTONIC) - pass_start;
    }

    std::vector<double> all, means, medians(count);
    double floor = 0, mean_of_medians = 0;
    for (const auto &row : samples) {
        double sum = 0;
        for (const double sample : row) {
            all.push_back(sample);
            sum += sample;
        }
        means.push_back(sum / static_cast<double>(count));
    }
    for (size_t i = 0; i < count; i++) {
        std::vector<double> column;
        for (const auto &row : samples) column.push_back(row[i]);
        medians[i] = quantile(column, 0.5);
        floor += *std::min_element(column.begin(), column.end()) / static_cast<double>(count);
        mean_of_medians += medians[i] / static_cast<double>(count);
    }
    std::printf("{\"engine\":\"seclua %s\",\"mode\":\"%s\",\"passes\":%d,\"requests\":%zu,\"stopped\":%d,\"median_us\":%.1f,"
                "\"p99_us\":%.1f,\"mean_us\":%.1f,\"mean_of_medians_us\":%.1f,\"floor_us\":%.1f,\"p99_of_medians_us\":%.1f,"
                "\"wall_us\":%.1f,\"load_ms\":%.0f,\"rss_load_mib\":%.1f,\"rss_end_mib\":%.1f}\n",
                seclua_version(), with_response ? "phases 1-5" : "phases 1-2", passes, count, stopped, quantile(all, 0.5),
                quantile(all, 0.99), quantile(means, 0.5), mean_of_medians, floor, quantile(medians, 0.99),
                wall / (static_cast<double>(passes) * static_cast<double>(count)), load_ms,
                static_cast<double>(rss_loaded - rss_before) / 1024, static_cast<double>(rss_kib() - rss_before) / 1024);
    if (what == "csv") {
        for (size_t i = 0; i < count; i++) {
            std::printf("%zu,%d,%zu,%.1f\n", i, corpus.requests[i].is_attack, corpus.requests[i].body.size(), medians[i]);
        }
    }
    seclua_engine_free(engine);
    seclua_ruleset_release(rules);
    return 0;
}
