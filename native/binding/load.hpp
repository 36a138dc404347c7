// SPDX-License-Identifier: Apache-2.0
// One load: what was asked for, copied out of JavaScript so that any thread can do it, and what came of it.
#ifndef SECLUA_BINDING_LOAD_HPP
#define SECLUA_BINDING_LOAD_HPP

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <napi.h>

#include "environment.hpp"
#include "seclua.h"

namespace seclua::binding {

class Load {
public:
    // sources: [{ isText, name, text }]; options: the record that lib/options.ts makes, all of it checked
    // there.
    Load(const Napi::Array &sources, const Napi::Object &options);

    // Compiles. Touches no JavaScript.
    void run();
    // { rules: box or null, diagnostics, and the facts about the rule set }. To be called once, after run.
    Napi::Value result(Napi::Env env);

private:
    struct Source {
        bool is_text;
        std::string name, text;
        bool is_data;
    };
    struct FreeDiagnostics {
        void operator()(seclua_diagnostics *diagnostics) const { seclua_diagnostics_free(diagnostics); }
    };

    void read_collections(const Napi::Object &collections);
    void read_lua(const Napi::Object &lua);
    void read_transformations(const Napi::Array &list);

    std::vector<Source> sources_;
    std::string cwd_;
    std::vector<std::string> allow_exec_, require_names_;
    std::vector<std::pair<std::string, std::string>> transformations_; // name, script
    seclua_options options_{}; // its slices are filled in by run, when nothing moves any more
    std::unique_ptr<seclua_diagnostics, FreeDiagnostics> diagnostics_;
    std::shared_ptr<Rules> rules_;
};

} // namespace seclua::binding

#endif
