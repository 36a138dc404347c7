// SPDX-License-Identifier: Apache-2.0
// What bench/lua_bench.c measures, in libmodsecurity: the same requests, the same configurations, the same lines.
//
//   libmodsecurity ROUNDS COUNT MAIN.conf…
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace {

double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string make_uri() {
    std::string uri = "/shop";
    for (int i = 0; i < 20; i++) {
        uri += (i == 0 ? "?a" : "&a") + std::to_string(i) + "=A+fairly+Ordinary+argument+value+number+" + std::to_string(i * 7919);
    }
    return uri;
}

void judge(modsecurity::ModSecurity &engine, modsecurity::RulesSet &rules, const std::string &uri) {
    modsecurity::Transaction transaction(&engine, &rules, nullptr);
    transaction.processConnection("192.0.2.7", 40000, "192.0.2.1", 80);
    transaction.processURI(uri.c_str(), "GET", "1.1");
    transaction.addRequestHeader("Host", "shop.example");
    transaction.addRequestHeader("Accept", "*/*");
    transaction.processRequestHeaders();
    transaction.processRequestBody();
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: libmodsecurity ROUNDS COUNT MAIN.conf...\n");
        return 2;
    }
    const int rounds = std::atoi(argv[1]), count = std::atoi(argv[2]);
    const std::string uri = make_uri();
    modsecurity::ModSecurity engine;
    engine.setServerLogCb([](void *, const void *) {});
    std::vector<std::unique_ptr<modsecurity::RulesSet>> rules;
    for (int c = 3; c < argc; c++) {
        rules.push_back(std::make_unique<modsecurity::RulesSet>());
        if (rules.back()->loadFromUri(argv[c]) < 0) {
            std::fprintf(stderr, "%s: %s\n", argv[c], rules.back()->getParserError().c_str());
            return 1;
        }
        for (int i = 0; i < count / 4; i++) judge(engine, *rules.back(), uri);
    }
    std::vector<std::vector<double>> samples(rules.size());
    for (int round = 0; round < rounds; round++) {
        for (size_t c = 0; c < rules.size(); c++) {
            const double started = cpu_ns();
            for (int i = 0; i < count; i++) judge(engine, *rules[c], uri);
            samples[c].push_back((cpu_ns() - started) / count);
        }
    }
    for (std::vector<double> &list : samples) {
        std::sort(list.begin(), list.end());
        std::printf("{\"median_ns\": %.1f, \"best_ns\": %.1f}\n", list[list.size() / 2], list.front());
    }
    return 0;
}
