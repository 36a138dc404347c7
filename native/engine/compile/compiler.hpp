// SPDX-License-Identifier: Apache-2.0
// From tree to image: names become rows, lists become arrays, chains and jumps become indexes. Load side; allocates, may throw
// std::bad_alloc, and stays inside seclua_load.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "actions/action.h"
#include "bodies/xml.h"
#include "operators/rx.h"
#include "prefilter/builder.hpp"
#include "ruleset/ruleset.h"
#include "seclang/parser.hpp"
#include "seclang/source.hpp"

namespace seclua {

inline sl_slice slice(const std::string &text) { return sl_slice_of(text.data(), text.size()); }
inline std::string to_string(sl_slice text) { return {reinterpret_cast<const char *>(text.ptr), text.len}; }

// One SecRule, SecAction or SecRuleScript with what updates add to it.
struct Link {
    const Statement *statement = nullptr;
    const RuleStatement *rule = nullptr;
    std::vector<const ActionList *> updates;     // SecRuleUpdateActionById, in order
    std::vector<const TargetItem *> more;        // targets and exclusions added by SecRuleUpdateTarget*
    std::vector<const TargetItem *> replaced;    // targets taken out by the third argument
    sl_rule *image = nullptr;
    sl_draft draft{};
};

// A rule or chain; or a marker. Units keep the order of the configuration.
struct Unit {
    bool is_marker = false;
    std::string label;
    std::vector<Link> links;
    uint64_t id = 0;
    bool has_id = false;
    unsigned phase = 2;
    std::vector<std::string> tags;
    std::string message;
    const DefaultActionStatement *defaults = nullptr; // in force for its phase where it stands
    bool removed = false;
    bool is_left_out = false; // of the folded program of its phase
    uint32_t ordinal = 0;
    const Statement *at() const { return links.front().statement; }
};

// A selection of rules whose bits are filled in when all rules are known.
struct Selection {
    SelectBy by;
    std::string text;
    Position at;
    sl_rule_set_bits *bits;
};

// What stands for files that rules name: by the name as it is written.
using NamedData = std::map<std::string, std::string>;

class Compiler {
  public:
    Compiler(sl_ruleset *rules, const Tree &tree, Sources &sources, const NamedData &data, const std::string &cwd,
             Diagnostics &diagnostics);
    // start: where errors of options are said to be
    void run(const Position &start);

  private:
    // own_transformations.cpp
    void add_own_transformations(const Position &at);
    // collections.cpp: what initcol opens beside the collections of the language
    void name_own_collections();
    // flow.cpp: statements to units, jumps
    void build_units();
    void read_identity(Unit &unit);
    void check_chain_link(const RuleStatement &link);
    void note_default_action(const Statement &statement, const DefaultActionStatement &defaults);
    void resolve_jumps();
    // exclusions.cpp: load-time removals and updates, selections
    void apply_removals_and_updates();
    std::vector<Unit *> select(SelectBy by, const std::string &text, const Position &at, bool is_ctl);
    void fill_selections();
    // rules.cpp: one link
    void compile_link(Unit &unit, size_t index);
    void compile_operator(Unit &unit, Link &link);
    void apply_actions(Unit &unit, Link &link, const ActionList &list, unsigned place);
    void settle_disruptive(Unit &unit, Link &link);
    // targets.cpp
    bool compile_target(const TargetItem &item, const Link *link, sl_target &out);
    void compile_targets(Unit &unit, Link &link);
    const sl_xpath *xpath(const std::string &expression, const Link *link, const Position &at, bool &failed);
    // pipelines.cpp
    const sl_pipeline *pipeline(const sl_transformation *const *steps, size_t count);
    // candidates.cpp: the candidate index
    void index_link(Link &link, bool has_views);
    void walk_patterns();
    struct Filters {
        int32_t ids[3] = {-1, -1, -1}; // as in sl_rule
        sl_classes_pair classes = {sl_class_any, sl_class_any};
    };
    struct Pattern {
        std::vector<LiteralSet> needs; // until there are filters
        std::optional<std::vector<uint64_t>> plain; // the same of plain values
        std::optional<Filters> filters;
    };
    Filters make_filters(std::vector<LiteralSet> sets);
    void find_filters(sl_rule &rule);
    void add_plain(Filters &filters, std::vector<uint64_t> literals);
    void number_question(sl_rule &rule);
    void forget_filters();
    int32_t view(const sl_target &target, const sl_pipeline *pipeline);
    static bool is_decided_by_texts(const sl_rule &rule);
    // scanners.cpp: who scans which texts
    void note_scanned(int32_t view, const sl_rule &link);
    void make_scanners();
    // blocks.cpp: what a starter needs of the views, by stretches of a phase
    void make_blocks(sl_program &program);
    sl_block make_block(const sl_program &program, size_t first, size_t count);
    // fold.cpp: what can be said of units before there is a request
    void fold_phases();
    void note_left_out();
    // freezing
    sl_program make_program(unsigned phase);
    void freeze();
    void describe();

    // what prepare functions call back (prepare_host.cpp)
    void begin_argument(const Position &at, bool in_text);
    static void report(void *context, const char *code, const char *message, const char *hint, size_t offset, size_t length);
    static void report_file(void *context, const char *code, const char *message, const char *hint, sl_slice file, sl_slice content,
                            uint32_t line);
    static bool read_file(void *context, sl_slice name, sl_slice *path, sl_slice *content);
    static bool find_program(void *context, sl_slice name, sl_slice *path);
    static const sl_macro *macro(void *context, sl_slice text, size_t offset);
    static bool targets(void *context, sl_slice text, size_t offset, const sl_target **out, size_t *count);
    static const sl_starts *starts(void *context, sl_slice pattern, bool lines);
    static const sl_rule_set_bits *select_later(void *context, char by, sl_slice text, size_t offset);
    Position place(size_t offset, size_t length) const;

    sl_slice keep(const std::string &text) { return sl_arena_copy(&rules_->arena, slice(text)); }

    sl_ruleset *rules_;
    const Tree &tree_;
    Sources &sources_;
    const NamedData &data_;
    const std::string &cwd_;
    Diagnostics &diagnostics_;
    sl_prepare prepare_{};
    std::unique_ptr<sl_scratch, void (*)(sl_scratch *)> scratch_; // for patterns that select rules
    Position argument_; // the argument at hand, for reports of prepare functions
    const Link *link_ = nullptr;

    std::deque<Unit> units_; // addresses stay
    const DefaultActionStatement *defaults_[SL_PHASES] = {};
    std::unordered_map<uint64_t, const Statement *> ids_;
    std::vector<Unit *> starters_; // not removed, by ordinal
    std::vector<Selection> selections_;
    std::map<std::vector<const sl_transformation *>, const sl_pipeline *> pipelines_;
    std::vector<const sl_pipeline *> pipeline_order_;
    std::unordered_map<const sl_transformation *, unsigned> transformation_numbers_;
    PrefilterBuilder prefilter_;
    using ViewKey = std::tuple<const sl_variable *, uint8_t, std::string, const void *, uint16_t>; // … selector, pipeline
    std::map<ViewKey, int32_t> view_of_;
    std::map<std::string, Pattern> patterns_; // of @rx
    using QuestionKey = std::tuple<const sl_operator *, const sl_rule *, bool, std::string>; // … its own, negated, argument
    std::map<QuestionKey, sl_rule *> question_of_; // the first link that asks it
    std::vector<sl_target_view> views_;
    std::map<int32_t, std::set<int>> looked_for_; // by view: filters of the links that look at it, or at what is made of it
    std::vector<sl_program *> folded_;
    std::vector<uint32_t> selection_views_; // by target of views_: how many of them
    std::map<std::string, const sl_xpath *> xpaths_;
    std::map<std::string, std::pair<std::string, const SourceFile *>> files_;
};

} // namespace seclua
