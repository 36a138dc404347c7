// SPDX-License-Identifier: Apache-2.0
// What can be said of rules before there is a request (design.md, section 4).
//
// A rule set decides much from variables of TX that it has set itself: paranoia levels, defaults, limits. This walks the
// units of each phase with what is known of TX at each of them. A unit that cannot match, or that nothing leads to, is left
// out of the folded program; one that must match runs its actions without being asked. What a unit that may match could
// write, or any script, is forgotten after it. Jumps only lead forward, so that one walk sees every way to a unit.
//
// What is known where a phase begins is a guess from the walk through the phases before. The guesses that something was
// settled with are the facts of the folded program: the evaluator looks whether they hold, and else runs the whole program.
//
// Units that must match and do no more than give variables of TX known values make up batches: their events and the last value
// of each variable are made here, and a request takes them over as they are.
#include "compile/compiler.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "actions/assignment.h"
#include "run/members.h"
#include "ruleset/event.h"
#include "variables/variable.h"

namespace seclua {

namespace {

using Keys = std::set<std::string>;

// A variable of TX as it is at some unit.
struct Known {
    bool is_set = false;
    std::string name, value;
    Keys guesses; // where the phase begins, that this stands on

    bool is_same(const Known &other) const { return is_set == other.is_set && name == other.name && value == other.value; }
};

std::string folded(sl_slice text) {
    std::string out = to_string(text);
    for (char &c : out) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
    return out;
}

// What the engine sets itself, now or later: captures, and its reports of failures.
bool is_the_engines(const std::string &key) {
    return (key.size() == 1 && sl_ascii_is_digit(static_cast<uint8_t>(key[0]))) || key == "collection_error" || key.rfind("msc_", 0) == 0;
}

class State {
  public:
    // Of nothing but what is written in keys_.
    static State nothing_known() { return State(false); }
    // TX is empty.
    static State empty() { return State(true); }

    std::optional<Known> find(const std::string &key) const {
        if (is_the_engines(key)) return std::nullopt;
        if (const auto found = keys_.find(key); found != keys_.end()) return found->second;
        if (!rest_is_unset_ || std::any_of(wild_.begin(), wild_.end(), [&](const std::string &start) { return key.rfind(start, 0) == 0; })) {
            return std::nullopt;
        }
        Known unset;
        unset.guesses = {key};
        return unset;
    }
    void set(const std::string &key, std::optional<Known> known) { keys_[key] = std::move(known); }
    void forget(const std::string &key) { keys_[key] = std::nullopt; }
    void forget_all() { *this = nothing_known(); }
    // Those whose names start with this.
    void forget_from(const std::string &start) {
        for (auto at = keys_.lower_bound(start); at != keys_.end() && at->first.rfind(start, 0) == 0; ++at) at->second.reset();
        wild_.insert(start);
    }

    void merge(const State &other) {
        for (const auto &[key, known] : other.keys_) keys_.emplace(key, find(key));
        for (auto &[key, known] : keys_) {
            const std::optional<Known> theirs = other.find(key);
            if (known && theirs && known->is_same(*theirs)) {
                known->guesses.insert(theirs->guesses.begin(), theirs->guesses.end());
            } else {
                known.reset();
            }
        }
        rest_is_unset_ = rest_is_unset_ && other.rest_is_unset_;
        wild_.insert(other.wild_.begin(), other.wild_.end());
    }

    // The same, as a guess of what the next phase finds.
    State guessed() const {
        State out(rest_is_unset_);
        out.wild_ = wild_;
        for (const auto &[key, known] : keys_) {
            out.keys_[key] = known;
            if (known) out.keys_[key]->guesses = {key};
        }
        return out;
    }

  private:
    explicit State(bool rest_is_unset) : rest_is_unset_(rest_is_unset) {}
    std::map<std::string, std::optional<Known>> keys_;
    bool rest_is_unset_;
    Keys wild_; // but of those that start like this nothing is known, if not in keys_
};

const sl_variable *tx() {
    static const sl_variable *const row = sl_variable_find(SL_LIT("TX"));
    return row;
}

bool is_named(const char *name, std::initializer_list<std::string_view> names) {
    for (const std::string_view one : names) {
        if (one == name) return true;
    }
    return false;
}

// ---- what a unit does to TX ----

std::optional<Known> value_of(const sl_macro *macro, const State &state) {
    Known out;
    if (macro->is_literal) {
        out.value = to_string(macro->source);
        return out;
    }
    for (size_t i = 0; i < macro->count; i++) {
        const sl_macro_part &part = macro->parts[i];
        if (part.variable == nullptr) {
            out.value += to_string(part.text);
            continue;
        }
        if (part.variable != tx() || !part.has_key) return std::nullopt;
        const std::optional<Known> known = state.find(folded(part.text));
        if (!known) return std::nullopt;
        out.value += known->value;
        out.guesses.insert(known->guesses.begin(), known->guesses.end());
    }
    return out;
}

void assign(const sl_assignment &assignment, State &state, bool is_certain) {
    if (!assignment.is_tx) return;
    if (!assignment.key->is_literal) {
        const sl_macro_part &first = assignment.key->parts[0];
        return state.forget_from(first.variable == nullptr ? folded(first.text) : std::string());
    }
    const std::string key = folded(assignment.key->source);
    const std::optional<Known> before = state.find(key);
    std::optional<Known> after;
    if (assignment.is_unset) {
        after = Known{};
    } else if (assignment.sign == 0 && assignment.value != nullptr) {
        after = value_of(assignment.value, state);
    }
    if (!is_certain || !before || !after) return state.forget(key);
    if (!assignment.is_unset) {
        after->is_set = true;
        after->name = before->is_set ? before->name : to_string(assignment.key->source);
    }
    after->guesses.insert(before->guesses.begin(), before->guesses.end()); // the name is as it was
    state.set(key, after);
}

void act(const sl_action &action, State &state, bool is_certain) {
    if (is_named(action.row->name, {"setvar"})) {
        assign(*static_cast<const sl_assignment *>(action.prepared), state, is_certain);
        return;
    }
    const bool leaves_tx_alone =
        action.row->is_sanitising || is_named(action.row->name, {"ctl", "setenv", "initcol", "setsid", "setuid", "setrsc", "expirevar",
                                                                 "deprecatevar", "append", "prepend"});
    if (!leaves_tx_alone) state.forget_all();
}

bool runs_script(const sl_rule &link) {
    return link.kind == SL_RULE_SCRIPT || (link.op != nullptr && is_named(link.op->name, {"inspectFile"}));
}

void run(const sl_rule &starter, State &state, bool is_certain) {
    for (const sl_rule *link = &starter; link != nullptr; link = link->next) {
        if (runs_script(*link)) state.forget_all();
        for (size_t i = 0; i < link->action_count; i++) act(link->actions[i], state, is_certain);
    }
}

// ---- whether a unit matches ----

enum class Verdict { asked, never, always };

struct Settled {
    Verdict verdict = Verdict::asked;
    sl_certainty certainty{};
    Keys guesses;
};

// One variable of TX, or whether there is one of this name, against a number.
bool is_comparison(const sl_rule &rule) {
    if (rule.kind != SL_RULE_OPERATOR || rule.op == nullptr || !is_named(rule.op->name, {"eq", "ge", "gt", "le", "lt"})) return false;
    if (rule.operand.macro != nullptr || rule.is_multi_match || rule.has_capture || rule.pipeline->step_count != 0) return false;
    if (rule.target_count != 1 || rule.exclusion_count != 0) return false;
    return rule.targets[0].variable == tx() && rule.targets[0].selector == SL_SELECT_KEY;
}

Settled settle(const sl_rule &starter, const State &state, sl_arena *arena) {
    Settled out;
    if (starter.kind == SL_RULE_UNCONDITIONAL && starter.next == nullptr) {
        out.verdict = Verdict::always;
        return out;
    }
    if (!is_comparison(starter)) return out;
    const sl_target &target = starter.targets[0];
    const std::optional<Known> known = state.find(folded(target.key));
    if (!known) return out;
    out.guesses = known->guesses;
    out.verdict = Verdict::never;
    if (!known->is_set && !target.is_count) return out;
    const std::string value = target.is_count ? (known->is_set ? "1" : "0") : known->value;
    const sl_call call{};
    sl_match match{};
    const bool holds = starter.op->match(&call, &starter.operand, slice(value), &match) == SL_YES;
    if (holds == starter.is_negated) return out;
    if (starter.next != nullptr) { // the rest of the chain has to be asked
        return Settled{};
    }
    out.verdict = Verdict::always;
    out.certainty.key = sl_arena_copy(arena, slice(known->name));
    out.certainty.value = sl_arena_copy(arena, slice(value));
    return out;
}

// ---- batches ----

// A variable of TX with the value that it is given.
struct Preset {
    sl_slice key; // as written
    uint32_t key_hash;
    sl_slice value;
};

// What a certain unit leaves behind, when nothing of it depends on the request.
struct Quiet {
    std::vector<Preset> presets; // in order
    Keys guesses;
};

bool is_constant(const sl_macro *macro) { return macro == nullptr || macro->is_literal; }

// Its event can be made at load: no log line, no verdict, no macro.
bool has_constant_event(const sl_rule &starter) {
    return !starter.log && !starter.audit && starter.disruptive == SL_ACT_PASS && is_constant(starter.message) &&
           is_constant(starter.data) && std::all_of(starter.tags, starter.tags + starter.tag_count, is_constant);
}

std::optional<Quiet> quiet(const sl_rule &starter, State state, sl_arena *arena) {
    if (!has_constant_event(starter)) return std::nullopt;
    Quiet out;
    for (size_t i = 0; i < starter.action_count; i++) {
        if (!is_named(starter.actions[i].row->name, {"setvar"})) return std::nullopt;
        const auto &assignment = *static_cast<const sl_assignment *>(starter.actions[i].prepared);
        if (!assignment.is_tx || assignment.is_unset || assignment.sign != 0 || !assignment.key->is_literal) return std::nullopt;
        if (is_the_engines(folded(assignment.key->source))) return std::nullopt;
        Known known;
        known.value = "1"; // what setvar:tx.name says
        if (assignment.value != nullptr) {
            const std::optional<Known> value = value_of(assignment.value, state);
            if (!value) return std::nullopt;
            known = *value;
        }
        out.guesses.insert(known.guesses.begin(), known.guesses.end());
        out.presets.push_back({assignment.key->source, sl_hash_fold(assignment.key->source), sl_arena_copy(arena, slice(known.value))});
        assign(assignment, state, true);
    }
    return out;
}

// As the evaluator would leave it (run/event.c).
seclua_event *event_of(const sl_rule &starter, const sl_certainty &known, sl_arena *arena) {
    auto *event = SL_NEW(arena, seclua_event);
    sl_event_describe(event, &starter);
    if (starter.message != nullptr) event->message = starter.message->source;
    if (starter.data != nullptr) event->data = starter.data->source;
    if (starter.tag_count != 0) {
        auto *tags = SL_NEW_ARRAY(arena, sl_slice, starter.tag_count);
        std::transform(starter.tags, starter.tags + starter.tag_count, tags, [](const sl_macro *tag) { return tag->source; });
        event->tags = tags;
        event->tag_count = starter.tag_count;
    }
    if (starter.kind != SL_RULE_OPERATOR) return event;
    sl_event_describe_operator(event, &starter);
    event->parameter = starter.operand.text;
    const sl_target &target = starter.targets[0];
    const std::string member = std::string(target.variable->name) + ":" + to_string(known.key);
    event->variable_name = target.is_count ? target.written : sl_arena_copy(arena, slice(member));
    event->value = known.value;
    auto *variable = SL_NEW(arena, seclua_matched_variable);
    variable->name = event->variable_name;
    variable->value = event->value;
    event->variables = variable;
    event->variable_count = 1;
    return event;
}

class BatchBuilder {
  public:
    explicit BatchBuilder(sl_arena *arena) : arena_(arena) {}

    void add(const sl_rule &starter, const Quiet &quiet, const sl_certainty &known) {
        seclua_event *event = event_of(starter, known, arena_);
        events_.push_back(event);
        for (const Preset &preset : quiet.presets) set(preset);
        if (starter.severity >= 0) highest_severity_ = std::min<int>(highest_severity_, starter.severity);
        if (starter.kind == SL_RULE_OPERATOR) last_match_ = event;
    }

    const sl_batch *build(uint32_t next) const {
        auto *events = SL_NEW_ARRAY(arena_, seclua_event *, events_.size());
        std::copy(events_.begin(), events_.end(), events);
        sl_members presets{};
        for (const Preset &preset : presets_) sl_members_add_hashed(&presets, arena_, preset.key, preset.key_hash, preset.value);
        auto *out = SL_NEW(arena_, sl_batch);
        out->unit_count = events_.size();
        out->next = next;
        out->events = events;
        out->presets = sl_members_as_presets(&presets, arena_);
        out->highest_severity = highest_severity_;
        if (last_match_ != nullptr) {
            out->has_match = true;
            out->matched_name = last_match_->variable_name;
            out->matched_value = last_match_->value;
        }
        return out;
    }

  private:
    // A variable keeps the name under which it was first set.
    void set(const Preset &preset) {
        const auto known = std::find_if(presets_.begin(), presets_.end(), [&](const Preset &other) {
            return other.key_hash == preset.key_hash && sl_slice_equal_fold(other.key, preset.key);
        });
        if (known == presets_.end()) {
            presets_.push_back(preset);
        } else {
            known->value = preset.value;
        }
    }

    sl_arena *arena_;
    std::vector<seclua_event *> events_;
    std::vector<Preset> presets_;
    int highest_severity_ = 255;
    const seclua_event *last_match_ = nullptr;
};

// ---- a phase ----

class Folder {
  public:
    Folder(const sl_program &whole, sl_arena *arena, State start) : whole_(whole), arena_(arena), start_(std::move(start)) {}

    // What is known after the phase.
    State walk() {
        std::vector<std::optional<State>> arriving(whole_.count + 1);
        std::optional<State> state = start_;
        for (uint32_t unit = 0; unit < whole_.count; unit++) {
            arrive(state, arriving[unit]);
            if (state) pass(unit, state, arriving[whole_.jumps[unit]]);
        }
        arrive(state, arriving[whole_.count]);
        return state ? *state : State::nothing_known();
    }

    bool is_worth_it() const { return settled_any_; }

    sl_program *program() const {
        const size_t count = kept_.size();
        auto *out = SL_NEW(arena_, sl_program);
        auto *units = SL_NEW_ARRAY(arena_, const sl_rule *, count + 1);
        auto *jumps = SL_NEW_ARRAY(arena_, uint32_t, count + 1);
        auto *origins = SL_NEW_ARRAY(arena_, uint32_t, count + 1);
        auto *certain = SL_NEW_ARRAY(arena_, sl_certainty, count + 1);
        for (size_t i = 0; i < count; i++) {
            units[i] = whole_.units[kept_[i].origin];
            origins[i] = kept_[i].origin;
            jumps[i] = place_of(whole_.jumps[kept_[i].origin]);
            certain[i] = kept_[i].certainty;
        }
        origins[count] = static_cast<uint32_t>(whole_.count);
        out->units = units;
        out->count = count;
        out->jumps = jumps;
        out->origins = origins;
        out->certain = certain;
        out->batches = batches(*out);
        out->facts = facts(out->fact_count);
        return out;
    }

  private:
    struct Kept {
        uint32_t origin;
        sl_certainty certainty;
        std::optional<Quiet> quiet;
    };

    const sl_batch *const *batches(const sl_program &program) const {
        auto *out = SL_NEW_ARRAY(arena_, const sl_batch *, program.count + 1);
        for (size_t first = 0, end; first < program.count; first = end) {
            end = first + 1;
            if (!kept_[first].quiet) continue;
            while (end < program.count && kept_[end].quiet && program.jumps[end - 1] == end) end++;
            BatchBuilder batch(arena_);
            for (size_t i = first; i < end; i++) batch.add(*program.units[i], *kept_[i].quiet, kept_[i].certainty);
            out[first] = batch.build(program.jumps[end - 1]);
        }
        return out;
    }

    static void arrive(std::optional<State> &state, std::optional<State> &other) {
        if (!other) return;
        if (state) {
            state->merge(*other);
        } else {
            state.emplace(std::move(*other));
        }
        other.reset();
    }

    void pass(uint32_t unit, std::optional<State> &state, std::optional<State> &at_jump) {
        const sl_rule &starter = *whole_.units[unit];
        Settled settled = settle(starter, *state, arena_);
        guesses_.insert(settled.guesses.begin(), settled.guesses.end());
        if (settled.verdict == Verdict::never) {
            settled_any_ = true;
            return;
        }
        const bool is_certain = settled.verdict == Verdict::always;
        settled.certainty.is_certain = is_certain;
        settled_any_ = settled_any_ || (is_certain && starter.kind == SL_RULE_OPERATOR);
        kept_.push_back({unit, settled.certainty, is_certain ? quiet(starter, *state, arena_) : std::nullopt});
        if (kept_.back().quiet) guesses_.insert(kept_.back().quiet->guesses.begin(), kept_.back().quiet->guesses.end());
        run(starter, *state, is_certain);
        if (whole_.jumps[unit] == unit + 1) return;
        if (at_jump) {
            at_jump->merge(*state);
        } else {
            at_jump.emplace(*state);
        }
        if (is_certain) state.reset();
    }

    // In the folded program, of a unit of the whole one: the first that is left of it and those after it.
    uint32_t place_of(uint32_t origin) const {
        const auto at = std::lower_bound(kept_.begin(), kept_.end(), origin, [](const Kept &kept, uint32_t o) { return kept.origin < o; });
        return static_cast<uint32_t>(at - kept_.begin());
    }

    const sl_fact *facts(size_t &count) const {
        auto *out = SL_NEW_ARRAY(arena_, sl_fact, guesses_.size() + 1);
        for (const std::string &key : guesses_) {
            const std::optional<Known> known = start_.find(key);
            sl_fact &fact = out[count++];
            fact.key = sl_arena_copy(arena_, slice(key));
            fact.key_hash = sl_hash_fold(fact.key);
            fact.is_set = known->is_set;
            fact.name = sl_arena_copy(arena_, slice(known->name));
            fact.value = sl_arena_copy(arena_, slice(known->value));
        }
        return out;
    }

    const sl_program &whole_;
    sl_arena *arena_;
    State start_;
    std::vector<Kept> kept_;
    Keys guesses_;
    bool settled_any_ = false;
};

} // namespace

void Compiler::fold_phases() {
    State state = State::empty();
    for (sl_program &whole : rules_->phases) {
        Folder folder(whole, &rules_->arena, state.guessed());
        state = folder.walk();
        if (!folder.is_worth_it()) continue;
        folded_.push_back(folder.program());
        whole.folded = folded_.back();
    }
}

// Rules that only the whole program of their phase has, and so hardly ever run: paranoia levels above the configured one.
// They take part in no index.
void Compiler::note_left_out() {
    std::set<uint32_t> left;
    for (const sl_program &whole : rules_->phases) {
        const sl_program &program = whole.folded != nullptr ? *whole.folded : whole;
        for (size_t i = 0; i < program.count; i++) left.insert(program.units[i]->ordinal);
    }
    for (Unit *unit : starters_) unit->is_left_out = left.count(unit->ordinal) == 0;
}

} // namespace seclua
