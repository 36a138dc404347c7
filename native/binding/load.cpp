// SPDX-License-Identifier: Apache-2.0
// Options and sources from JavaScript to the engine's structs, and the compiled rule set back.
//
// An option that JavaScript leaves undefined keeps the engine's default: no default stands here.

#include "load.hpp"

#include <new>

#include "convert.hpp"
#include "errors.hpp"

namespace seclua::binding {

namespace {

void read_flag(const Napi::Object &from, const char *name, bool &out) {
    const Napi::Value value = from.Get(name);
    if (value.IsBoolean()) out = value.As<Napi::Boolean>().Value();
}

template <class Number>
void read_count(const Napi::Object &from, const char *name, Number &out) {
    const Napi::Value value = from.Get(name);
    if (value.IsNumber()) out = static_cast<Number>(value.As<Napi::Number>().DoubleValue());
}

// A switch that is true, false or a list of names. A list is the switch turned on for these alone.
void read_switch(const Napi::Object &from, const char *name, bool &any, std::vector<std::string> &names) {
    const Napi::Value value = from.Get(name);
    if (value.IsBoolean()) any = value.As<Napi::Boolean>().Value();
    if (!value.IsArray()) return;
    const auto list = value.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) names.push_back(list.Get(i).ToString().Utf8Value());
}

// A text, or bytes as they are.
std::string bytes_of(const Napi::Value &value) {
    if (!value.IsTypedArray()) return value.ToString().Utf8Value();
    const auto array = value.As<Napi::Uint8Array>();
    return {reinterpret_cast<const char *>(array.Data()), array.ByteLength()};
}

std::vector<seclua_slice> slices_of(const std::vector<std::string> &texts) {
    std::vector<seclua_slice> slices;
    for (const std::string &text : texts) slices.push_back(slice_of(text));
    return slices;
}

} // namespace

Load::Load(const Napi::Array &sources, const Napi::Object &options) {
    for (uint32_t i = 0; i < sources.Length(); i++) {
        const auto source = sources.Get(i).As<Napi::Object>();
        sources_.push_back({source.Get("isText").ToBoolean().Value(),
                            source.Get("name").ToString().Utf8Value(),
                            bytes_of(source.Get("text")), source.Get("isData").ToBoolean().Value()});
    }
    seclua_options_init(&options_);
    cwd_ = options.Get("cwd").ToString().Utf8Value();
    options_.engine = static_cast<seclua_engine_mode>(options.Get("engine").ToNumber().Int32Value());
    options_.commit = static_cast<seclua_commit>(options.Get("commit").ToNumber().Int32Value());
    read_switch(options, "allowExec", options_.allow_exec_any, allow_exec_);
    read_flag(options, "v3Defaults", options_.v3_defaults);
    read_flag(options, "rxMultiline", options_.rx_multiline);
    read_flag(options, "requestBodyAlways", options_.request_body_always);
    read_flag(options, "execPerMatch", options_.exec_per_match);
    read_flag(options, "logEveryMatch", options_.log_every_match);
    read_flag(options, "phraseSyntaxV2", options_.phrase_syntax_v2);
    read_count(options, "auditBodyLimit", options_.audit_body_limit_bytes);
    read_flag(options, "auditBinaryBase64", options_.audit_binary_base64);
    read_flag(options, "auditMaskDefaults", options_.audit_mask_defaults);
    read_flag(options, "auditLeaveMessages", options_.audit_leave_messages);
    read_flag(options, "auditWouldBeStatus", options_.audit_would_be_status);
    read_flag(options, "auditEscapeBody", options_.audit_escape_body);
    read_flag(options, "auditHashSha256", options_.audit_hash_sha256);
    read_count(options, "logLineBytes", options_.log_line_bytes_max);
    read_flag(options, "debugRelevantOnly", options_.debug_relevant_only);
    read_flag(options, "strict", options_.strict);
    read_flag(options, "failOpen", options_.fail_open);
    options_.log_format = static_cast<seclua_log_format>(options.Get("logFormat").ToNumber().Int32Value());
    read_flag(options, "base64url", options_.base64_url);
    read_flag(options, "rsubAlwaysMatches", options_.rsub_always_matches);
    read_flag(options, "unicodeMap20127", options_.unicode_map_20127);
    read_flag(options, "windowsNames", options_.windows_names);
    read_flag(options, "geoWithoutDatabase", options_.geo_without_database);
    read_flag(options, "noAcceleration", options_.no_acceleration);
    read_count(options, "valueCacheBytes", options_.value_cache_bytes_max);
    read_flag(options, "denyOnStoreError", options_.deny_on_store_error);
    read_flag(options, "denyWhenBusy", options_.deny_when_busy);
    read_flag(options, "hasRemoteStore", options_.has_remote_store);
    read_collections(options.Get("collections").As<Napi::Object>());
    read_lua(options.Get("lua").As<Napi::Object>());
    read_transformations(options.Get("transformations").As<Napi::Array>());
}

void Load::read_transformations(const Napi::Array &list) {
    for (uint32_t i = 0; i < list.Length(); i++) {
        const auto each = list.Get(i).As<Napi::Object>();
        transformations_.emplace_back(each.Get("name").ToString().Utf8Value(), each.Get("script").ToString().Utf8Value());
    }
}

void Load::read_collections(const Napi::Object &collections) {
    read_flag(collections, "scopeAll", options_.collections.scope_all);
    read_flag(collections, "deprecateOwnAge", options_.collections.deprecate_own_age);
    read_count(collections, "nameBytesMax", options_.collections.name_bytes_max);
    read_count(collections, "valueBytesMax", options_.collections.value_bytes_max);
    read_count(collections, "variablesMax", options_.collections.variables_max);
    read_count(collections, "openedMax", options_.collections.opened_max);
}

void Load::read_lua(const Napi::Object &lua) {
    read_count(lua, "maxInstructions", options_.lua.max_instructions);
    read_count(lua, "maxMemory", options_.lua.max_memory_bytes);
    read_count(lua, "timeout", options_.lua.timeout_ms);
    read_count(lua, "maxPatternSteps", options_.lua.max_pattern_steps);
    read_flag(lua, "matchOnError", options_.lua.match_on_error);
    read_flag(lua, "setvarV2", options_.lua.setvar_v2);
    read_flag(lua, "allowIo", options_.lua.allow_io);
    read_flag(lua, "allowOs", options_.lua.allow_os);
    read_flag(lua, "allowDebug", options_.lua.allow_debug);
    read_switch(lua, "allowRequire", options_.lua.allow_require, require_names_);
    if (!require_names_.empty()) options_.lua.allow_require = true;
}

void Load::run() {
    const std::vector<seclua_slice> programs = slices_of(allow_exec_);
    const std::vector<seclua_slice> modules = slices_of(require_names_);
    options_.cwd = slice_of(cwd_);
    options_.allow_exec = programs.data();
    options_.allow_exec_count = programs.size();
    options_.lua.require_names = modules.empty() ? nullptr : modules.data();
    options_.lua.require_name_count = modules.size();
    std::vector<seclua_own_transformation> transformations;
    for (const auto &[name, script] : transformations_) transformations.push_back({slice_of(name), slice_of(script)});
    options_.transformations = transformations.data();
    options_.transformation_count = transformations.size();
    std::vector<seclua_source> sources;
    for (const Source &source : sources_) {
        sources.push_back({source.is_text, slice_of(source.name), slice_of(source.text), source.is_data});
    }
    diagnostics_.reset(seclua_diagnostics_new());
    if (diagnostics_ == nullptr) throw std::bad_alloc();
    seclua_ruleset *rules = seclua_load(sources.data(), sources.size(), &options_, diagnostics_.get());
    if (rules != nullptr) rules_ = std::make_shared<Rules>(rules);
}

Napi::Value Load::result(Napi::Env env) {
    auto out = Napi::Object::New(env);
    out.Set("rules", env.Null());
    out.Set("diagnostics", Napi::Value(env, diagnostics_to_js(env, diagnostics_.get())));
    seclua_ruleset_info info{};
    if (rules_ != nullptr) {
        seclua_ruleset_describe(rules_->handle, &info);
        out.Set("rules", Napi::Value(env, box(env, rules_)));
    }
    out.Set("ruleCount", static_cast<double>(info.rule_count));
    out.Set("scriptCount", static_cast<double>(info.script_count));
    out.Set("canWait", info.can_wait);
    out.Set("inspectsResponse", info.inspects_response_headers || info.inspects_response_body);
    out.Set("wantsAudit", info.wants_audit);
    out.Set("auditAddress", Napi::Value(env, text_to_js(env, info.audit_address)));
    out.Set("auditFolder", Napi::Value(env, text_to_js(env, info.audit_folder)));
    const size_t place_count = seclua_diagnostics_place_count(diagnostics_.get());
    auto places = Napi::Array::New(env, place_count);
    for (uint32_t i = 0; i < place_count; i++) {
        places.Set(i, Napi::Value(env, text_to_js(env, seclua_diagnostics_place(diagnostics_.get(), i))));
    }
    out.Set("places", places);
    out.Set("store", Napi::Value(env, text_to_js(env, info.store)));
    return out;
}

} // namespace seclua::binding
