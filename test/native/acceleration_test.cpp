// SPDX-License-Identifier: Apache-2.0
// Everything with acceleration and without: the same verdict, matches, captures and variables for every rule
// set and message.
//
//     test_acceleration_test [--seed N] [--start N] [--count N] [--jobs N]
//     test_acceleration_test --seed N --only INDEX       one pair, shrunk and shown
//
// An index stands for a rule set and a message. Blocks of indices share a rule set and its engines, so that
// what an engine keeps between transactions is under test, too. Rule sets are the CRS at all paranoia levels,
// the rules that ship, those of test/cases and of the conformance sets, and random ones. Without
// SECLUA_SHARED (by default ../shared) the CRS and the conformance sets are left out. Exit status 1: a
// difference, a crash or a hang.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>

#include "../acceleration/compose.hpp"
#include "../acceleration/processes.hpp"
#include "../acceleration/random_rules.hpp"
#include "../acceleration/shrink.hpp"
#include "../differential/generate.hpp"

namespace {

using namespace acceleration;
namespace fs = std::filesystem;

constexpr uint64_t block_size = 64;
constexpr uint64_t random_size =
    16;  // of a set of random rules: their number finds more than that of messages
constexpr unsigned pair_seconds = 60;
constexpr size_t jobs_max = 64;

struct Command {
    uint64_t seed = 20261124, start = 0, count = 6000;
    size_t jobs = 1;
    bool is_single = false;
};

// Of one process; added up at the end.
struct Counts {
    uint64_t index;  // under way
    uint64_t pairs, with_matches, limited, changing, differences, sets, refused;
};

// Which rules of the large sets have matched, by id: the CRS has six digits.
constexpr uint64_t ids_max = 1000000;

constexpr const char *kinds[] = {"CRS and shipped rules", "random rules", "generated rules",
                                 "cases and conformance sets"};
constexpr size_t kind_count = sizeof kinds / sizeof kinds[0];

struct World {
    Command command;
    std::string folder;
    differential::Grammar grammar;
    differential::Combinations combinations;
    Sources sources;
    Composer composer;
    std::vector<std::unique_ptr<Sides>> large;
    std::vector<std::vector<Question>> large_questions;
    Counts (*counts)[kind_count];
    uint8_t *matched;

    World(const Command &given, const std::string &shared, const std::string &scratch)
        : command(given),
          folder(scratch),
          grammar(differential::make_grammar(scratch)),
          combinations(grammar),
          sources(read_sources(SECLUA_SOURCE_DIR, shared, scratch)),
          composer(grammar, sources),
          counts(static_cast<Counts (*)[kind_count]>(shared_bytes(jobs_max * kind_count * sizeof(Counts)))),
          matched(static_cast<uint8_t *>(shared_bytes(ids_max))) {
        differential::write_files(scratch);
    }

    // Before the processes part, so that they share the memory.
    void load_large() {
        for (const Config &config : sources.large) {
            large.push_back(std::make_unique<Sides>(config));
            if (!large.back()->accelerated.is_loaded() || !large.back()->plain.is_loaded()) {
                throw std::runtime_error(config.title + " does not load:\n" +
                                         large.back()->accelerated.diagnostics());
            }
            std::vector<Question> questions = questions_of(config.text);
            if (questions.empty())
                questions = {{{"ARGS"}, "rx", "(?:union.*select|<script|\\.\\./|;cat)", {}}};
            large_questions.push_back(std::move(questions));
        }
    }
};

// A rule set of one block.
struct Block {
    size_t kind = 0;
    const Config *config = nullptr;
    Sides *sides = nullptr;
    std::vector<Question> questions;
    Config own_config;
    std::unique_ptr<Sides> own_sides;
};

Config generated(World &world, uint64_t block) {
    const auto made = differential::generate(world.grammar, world.combinations, world.command.seed, block);
    Config config;
    config.title = "generated rules";
    config.folder = world.folder;
    config.text = differential::rules_text(made.pair);
    config.options.v3_defaults = config.options.lines = config.options.request_body_always = true;
    config.options.commit = SECLUA_COMMIT_IMMEDIATE;
    config.messages.push_back(flattened(made.pair));
    return config;
}

// What the block of an index is about, by turns.
uint64_t turn_of(uint64_t index) { return index / block_size % 16; }
bool is_random(uint64_t index) { return turn_of(index) >= 7 && turn_of(index) < 12; }
uint64_t size_at(uint64_t index) { return is_random(index) ? random_size : block_size; }

Block make_block(World &world, uint64_t first) {
    Block block;
    Random random(world.command.seed ^ 0xb10c, first);
    const uint64_t number = first / block_size;
    const uint64_t turn = turn_of(first);
    if (turn < 7) {
        const size_t which = (number / 16 * 7 + turn) % world.large.size();
        block.config = &world.sources.large[which];
        block.sides = world.large[which].get();
        block.questions = world.large_questions[which];
        block.sides->renew();
        return block;
    }
    if (is_random(first)) {
        block.kind = 1;
        block.own_config = random_config(world.grammar, world.sources, world.folder, random);
    } else if (turn == 12) {
        block.kind = 2;
        block.own_config = generated(world, number);
    } else {
        block.kind = 3;
        block.own_config = random.of(world.sources.small);
    }
    block.questions = questions_of(block.own_config.text);
    block.own_sides = std::make_unique<Sides>(block.own_config);
    block.config = &block.own_config;
    block.sides = block.own_sides.get();
    return block;
}

Message message_of(World &world, const Block &block, uint64_t index) {
    Random random(world.command.seed, index);
    return world.composer.compose(random, *block.config, block.questions);
}

void print(const Shrunk &shrunk) {
    std::printf("  accelerated: %s\n  plain:       %s\n  rules:\n", shrunk.difference.accelerated.c_str(),
                shrunk.difference.plain.c_str());
    for (const std::string &line : lines_of(shrunk.config.text)) std::printf("    %s\n", line.c_str());
    const Options &options = shrunk.config.options;
    std::printf(
        "  options: rxMultiline %d, v3Defaults %d, requestBodyAlways %d, phraseSyntax v2 %d, logEveryMatch "
        "%d, engine %d\n",
        options.lines, options.v3_defaults, options.request_body_always, options.phrase_syntax_v2,
        options.log_every_match, static_cast<int>(options.engine));
    std::printf("  message:\n%s", shown(shrunk.message).c_str());
}

// Counters of microseconds: a run with acceleration is faster, as it should be, every time.
bool reads_stopwatch(const Config &config) {
    return config.text.find("DURATION") != std::string::npos || config.text.find("PERF_") != std::string::npos;
}

// The rules ask for the clock or the like: the same pairs again end otherwise, or two runs without
// acceleration differ.
bool is_changing(World &world, uint64_t begin, uint64_t index) {
    if (reads_stopwatch(*make_block(world, begin).config)) return true;
    Block again = make_block(world, begin);
    again.sides->renew();
    Outcome last = Outcome::equal;
    for (uint64_t i = begin; i <= index; i++) {
        last = judge_both(*again.sides, message_of(world, again, i)).outcome;
        if (last != Outcome::equal) again.sides->renew();
    }
    if (last != Outcome::different) return true;
    const Message message = message_of(world, again, index);
    Side first(*again.config, false), second(*again.config, false);
    return first_difference(first.judge(message), second.judge(message)).has_value();
}

void report(World &world, const Block &block, uint64_t begin, uint64_t index, const Message &message,
            const Difference &seen, Counts &counts) {
    if (is_changing(world, begin, index)) {
        counts.changing++;
        return;
    }
    counts.differences++;
    std::printf("pair %llu (--seed %llu --only %llu) differs in %s; %s\n",
                static_cast<unsigned long long>(index), static_cast<unsigned long long>(world.command.seed),
                static_cast<unsigned long long>(index), seen.name.c_str(), block.config->title.c_str());
    if (counts.differences > 1 && !world.command.is_single) return;  // shrinking takes long
    watch(0);
    if (const auto shrunk = shrink(*block.config, message)) {
        print(*shrunk);
    } else {
        std::printf(
            "  not alone: only after the pairs from %llu on (--start %llu --count %llu)\n  accelerated: %s\n "
            " plain:       "
            "%s\n%s",
            static_cast<unsigned long long>(begin), static_cast<unsigned long long>(begin),
            static_cast<unsigned long long>(index - begin + 1), seen.accelerated.c_str(), seen.plain.c_str(),
            shown(message).c_str());
    }
    std::fflush(stdout);
}

// begin: where the block begins; first: the first index that is wanted of it.
void judge_block(World &world, size_t job, uint64_t begin, uint64_t first, uint64_t last) {
    watch(pair_seconds);
    Block block = make_block(world, begin);
    Counts &counts = world.counts[job][block.kind];
    counts.index = first;
    counts.sets++;
    const bool is_loaded = block.sides->plain.is_loaded();
    if (is_loaded != block.sides->accelerated.is_loaded() ||
        block.sides->plain.diagnostics() != block.sides->accelerated.diagnostics()) {
        counts.differences++;
        std::printf("block of pair %llu: the loads differ\n  accelerated: %s\n  plain: %s\n%s\n",
                    static_cast<unsigned long long>(first), block.sides->accelerated.diagnostics().c_str(),
                    block.sides->plain.diagnostics().c_str(), block.config->text.c_str());
    }
    if (!is_loaded || !block.sides->accelerated.is_loaded()) {
        counts.refused++;
        return;
    }
    for (uint64_t index = first; index < last; index++) {
        counts.index = index;
        watch(pair_seconds);
        const Message message = message_of(world, block, index);
        const Judged judged = judge_both(*block.sides, message);
        counts.pairs++;
        counts.with_matches += !judged.matched.empty();
        for (const uint64_t id : judged.matched) {
            if (block.kind == 0 && id < ids_max) world.matched[id] = 1;
        }
        if (judged.outcome == Outcome::equal) continue;
        if (judged.outcome == Outcome::limited)
            counts.limited++;
        else
            report(world, block, begin, index, message, judged.difference, counts);
        block.sides->renew();  // what differs once may go on to differ in what is kept
    }
}

void judge_share(World &world, size_t job) {
    const Command &command = world.command;
    const uint64_t end = command.start + command.count;
    for (uint64_t begin = command.start / block_size * block_size; begin < end; begin += size_at(begin)) {
        const uint64_t last = begin + size_at(begin);
        if (begin / block_size % command.jobs != job || last <= command.start) continue;
        judge_block(world, job, begin, std::max(command.start, begin), std::min(end, last));
    }
    watch(0);
}

int summary(World &world, bool has_crashed) {
    Counts all = {};
    for (size_t kind = 0; kind < kind_count; kind++) {
        Counts sum = {};
        for (size_t job = 0; job < world.command.jobs; job++) {
            const Counts &one = world.counts[job][kind];
            sum.pairs += one.pairs;
            sum.with_matches += one.with_matches;
            sum.limited += one.limited;
            sum.changing += one.changing;
            sum.differences += one.differences;
            sum.sets += one.sets;
            sum.refused += one.refused;
        }
        std::printf(
            "%-27s %8llu pairs, %llu with matches, on %llu loads of rule sets (%llu refused by both); %llu "
            "at a match "
            "limit, %llu that change by themselves\n",
            kinds[kind], static_cast<unsigned long long>(sum.pairs),
            static_cast<unsigned long long>(sum.with_matches), static_cast<unsigned long long>(sum.sets),
            static_cast<unsigned long long>(sum.refused), static_cast<unsigned long long>(sum.limited),
            static_cast<unsigned long long>(sum.changing));
        all.pairs += sum.pairs;
        all.differences += sum.differences;
        all.with_matches += sum.with_matches;
    }
    std::printf("%lld rules of the CRS and of those that ship have matched\n",
                static_cast<long long>(std::count(world.matched, world.matched + ids_max, 1)));
    std::printf("seed %llu: %llu pairs, %llu differences\n",
                static_cast<unsigned long long>(world.command.seed),
                static_cast<unsigned long long>(all.pairs), static_cast<unsigned long long>(all.differences));
    return all.differences != 0 || has_crashed || all.with_matches == 0 ? 1 : 0;
}

int run(const Command &command, const std::string &scratch) {
    const char *given = std::getenv("SECLUA_SHARED");
    World world(command, given != nullptr ? given : SECLUA_SOURCE_DIR "/../shared", scratch);
    if (!world.sources.has_shared)
        std::printf("no shared data: the CRS and the conformance sets are left out\n");
    world.load_large();
    bool has_crashed = false;
    run_processes(
        command.jobs, [&](size_t job) { judge_share(world, job); },
        [&](size_t job, const std::string &how) {
            uint64_t index = 0;
            for (size_t kind = 0; kind < kind_count; kind++)
                index = std::max(index, world.counts[job][kind].index);
            std::printf("pair %llu %s (--seed %llu --only %llu)\n", static_cast<unsigned long long>(index),
                        how.c_str(), static_cast<unsigned long long>(command.seed),
                        static_cast<unsigned long long>(index));
            has_crashed = true;
        });
    return summary(world, has_crashed);
}

Command read_command(int count, char **words) {
    Command command;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string key = words[i];
        const uint64_t number = std::strtoull(words[i + 1], nullptr, 10);
        if (key == "--seed")
            command.seed = number;
        else if (key == "--start")
            command.start = number;
        else if (key == "--count")
            command.count = number;
        else if (key == "--jobs")
            command.jobs = std::clamp<uint64_t>(number, 1, jobs_max);
        else if (key == "--only")
            command.start = number, command.count = 1, command.is_single = true;
        else
            throw std::runtime_error("unknown option " + key);
    }
    return command;
}

}  // namespace

int main(int count, char **words) {
    const fs::path scratch =
        fs::temp_directory_path() / ("seclua-acceleration-" + std::to_string(std::random_device{}()));
    int status = 2;
    try {
        fs::create_directories(scratch);
        status = run(read_command(count, words), scratch.string());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "acceleration: %s\n", error.what());
    }
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
    return status;
}
