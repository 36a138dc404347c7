// SPDX-License-Identifier: Apache-2.0
// Batches of pairs, each in a process; a batch that crashes is taken up behind the pair that it was at.
#include "batches.hpp"

#include "check.hpp"
#include "engines.hpp"
#include "generate.hpp"

#include <algorithm>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace differential {

namespace {

struct Batch {
    pid_t process = 0;
    std::uint64_t next = 0, end = 0;
};

void start_batch(World &world, Batch &batch, std::size_t number) {
    auto &slot = world.slots[number];
    slot.index = batch.next;
    batch.process = fork();
    if (batch.process != 0) return;
    std::ofstream report(report_path(world, number), std::ios::app | std::ios::binary);
    for (; slot.index < batch.end; slot.index++) {
        alarm(pair_seconds);
        check_pair(world, slot, report, slot.index);
    }
    report.close();
    _exit(0);
}

}  // namespace

std::vector<Crash> run_batches(World &world) {
    std::vector<Batch> batches(world.options.jobs);
    std::vector<Crash> crashes;
    auto next = world.options.start;
    const auto end = world.options.start + world.options.count;
    const auto give = [&](std::size_t number) {
        auto &batch = batches[number];
        if (batch.next >= batch.end) {
            if (next >= end) return false;
            batch.next = next;
            batch.end = next = std::min<std::uint64_t>(end, next + world.options.batch);
        }
        start_batch(world, batch, number);
        return true;
    };
    std::size_t running = 0;
    for (std::size_t i = 0; i < batches.size(); i++) running += give(i) ? 1 : 0;
    while (running > 0) {
        int status = 0;
        const auto process = wait(&status);
        for (std::size_t i = 0; i < batches.size(); i++) {
            if (batches[i].process != process) continue;
            batches[i].next = batches[i].end;
            if (WIFSIGNALED(status)) {
                crashes.push_back({world.slots[i].index, WTERMSIG(status)});
                batches[i].next = world.slots[i].index + 1;
                batches[i].end = std::max(batches[i].end, batches[i].next);
            } else if (WEXITSTATUS(status) != 0) {
                throw std::runtime_error("a batch failed at pair " + std::to_string(world.slots[i].index));
            }
            if (!give(i)) running--;
        }
    }
    return crashes;
}

bool is_our_crash(World &world, const Crash &crash) {
    const auto process = fork();
    if (process == 0) {
        alarm(pair_seconds);
        run_ours(generate(world.grammar, world.combinations, world.options.seed, crash.index).pair);
        _exit(0);
    }
    int status = 0;
    waitpid(process, &status, 0);
    return !WIFEXITED(status);
}

}  // namespace differential
