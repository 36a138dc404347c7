// SPDX-License-Identifier: Apache-2.0
// The words of the language as the tables have them, for tools and the manual: no list of names stands anywhere else.
#include "actions/action.h"
#include "operators/families.h"
#include "seclang/diagnostics.hpp"
#include "seclang/directives.hpp"
#include "seclua.h"
#include "transformations/transformation.h"
#include "variables/variable.h"

namespace seclua {

namespace {

struct Listener {
    seclua_word_fn each;
    void *context;

    void say(const char *kind, const char *name, const char *support, const char *manual) const {
        const seclua_word word = {kind, name, support, manual};
        each(context, &word);
    }
};

constexpr char works[] = "works", warned[] = "warned", refused[] = "refused";

void say_directives(const Listener &listener) {
    static const char *const support[] = {works, "silent", warned, refused}; // in the order of Support
    for (const DirectiveRow *row = directive_rows(); row->name != nullptr; row++) {
        listener.say("directive", row->name, support[static_cast<size_t>(row->support)], row->manual);
    }
}

bool is_refused(const sl_operator *op) {
    for (const sl_operator *row = sl_operators_unsupported; row->name != nullptr; row++) {
        if (row == op) return true;
    }
    return false;
}

// One that never matches and does not say so by its name is there for old rule sets to load.
const char *support_of(const sl_operator *op) {
    const sl_operator *never = sl_operator_find(SL_LIT("noMatch"));
    if (is_refused(op)) return refused;
    return op != never && op->match == never->match ? warned : works;
}

} // namespace

} // namespace seclua

void seclua_vocabulary(seclua_word_fn each, void *context) {
    using namespace seclua;
    const Listener listener{each, context};
    say_directives(listener);
    for (size_t i = 0; const sl_variable *row = sl_variable_at(i); i++) {
        listener.say("variable", row->name, row->is_inert ? warned : works, row->manual);
    }
    for (size_t i = 0; const sl_operator *row = sl_operator_at(i); i++) {
        listener.say("operator", row->name, support_of(row), row->manual);
    }
    for (size_t i = 0; const sl_transformation *row = sl_transformation_at(i); i++) {
        listener.say("transformation", row->name, works, row->manual);
        if (row->alias != nullptr) listener.say("transformation", row->alias, works, row->manual);
    }
    for (size_t i = 0; const sl_action_row *row = sl_action_at(i); i++) {
        listener.say("action", row->name, works, row->manual);
    }
    for (size_t i = 0; const char *name = sl_ctl_option_at(i); i++) {
        listener.say("ctl", name, sl_ctl_option_is_inert(i) ? warned : works, "");
    }
#define SECLUA_CODE(name, severity, meaning) listener.say("code", "SECLUA_" #name, #severity, meaning);
#include "seclang/errors.def"
#undef SECLUA_CODE
}
