// SPDX-License-Identifier: Apache-2.0
// What rules ask of the outside world, and what they make of the answers: @rbl, programs, a store elsewhere. The world
// is played by the test: it sees each question as text and answers it.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#ifndef _WIN32
#include <unistd.h>
#endif

#include "seclua.h"

namespace {

namespace fs = std::filesystem;

size_t checks = 0, failures = 0;

void same(const std::string &wanted, const std::string &got, const std::string &what) {
    checks++;
    if (wanted == got) return;
    failures++;
    std::printf("failed: %s\n  wanted: %s\n  got:    %s\n", what.c_str(), wanted.c_str(), got.c_str());
}

std::string text_of(seclua_slice bytes) {
    return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}
seclua_slice slice(const std::string &text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// ---- the world ----

struct Reply {
    seclua_answer_status status = SECLUA_ANSWERED;
    std::string reason, output;
    std::vector<std::string> members;  // record, name, value, …
    bool is_found = false;
    int exit_status = 0;
};

using World = std::function<Reply(const std::string &question)>;

std::string question_of(const seclua_wait &wait) {
    std::string text;
    switch (wait.kind) {
        case SECLUA_WAIT_NONE:
            return "nothing";
        case SECLUA_WAIT_DNS:
            return "dns " + text_of(wait.of.dns_name);
        case SECLUA_WAIT_LOAD:
            return "load " + text_of(wait.of.load.space) + '/' + text_of(wait.of.load.collection) + '/' +
                   text_of(wait.of.load.key);
        case SECLUA_WAIT_PROGRAM:
            text = "run";
            for (size_t i = 0; i < wait.of.program.argument_count; i++)
                text += ' ' + text_of(wait.of.program.arguments[i]);
            text += " with";
            for (size_t i = 0; i < wait.of.program.environment_count; i++) {
                const seclua_header &variable = wait.of.program.environment[i];
                if (text_of(variable.name) != "PATH")
                    text += ' ' + text_of(variable.name) + '=' + text_of(variable.value);
            }
            return text;
        case SECLUA_WAIT_APPLY:
            break;
    }
    static const char *const kinds[] = {"set", "add", "unset", "expire", "deprecate"};
    for (size_t r = 0; r < wait.of.apply.count; r++) {
        const seclua_record_change &record = wait.of.apply.records[r];
        text += (r == 0 ? "apply " : " and ") + text_of(record.record.collection) + '/' + text_of(record.record.key) +
                " for " + std::to_string(record.ttl_seconds) + ':';
        for (size_t i = 0; i < record.change_count; i++) {
            const seclua_change &change = record.changes[i];
            text += std::string(" ") + kinds[change.kind] + ' ' + text_of(change.name);
            const bool is_clock = text_of(change.name).ends_with("_time");
            if (change.kind == SECLUA_CHANGE_SET && !is_clock) text += '=' + text_of(change.value);
            if (change.kind == SECLUA_CHANGE_ADD) text += '+' + std::to_string(change.delta);
            if (change.kind == SECLUA_CHANGE_DEPRECATE) {
                text += ' ' + std::to_string(change.amount) + '/' + std::to_string(change.period_seconds);
            }
        }
    }
    return text;
}

seclua_step answer(seclua_txn *txn, const World &world) {
    const Reply reply = world(question_of(*seclua_txn_wait(txn)));
    std::vector<seclua_member> members;
    for (size_t i = 0; i + 2 < reply.members.size(); i += 3) {
        members.push_back({std::stoul(reply.members[i]), slice(reply.members[i + 1]), slice(reply.members[i + 2])});
    }
    const seclua_answer answer{reply.status,   slice(reply.reason), members.data(),   members.size(),
                               reply.is_found, slice(reply.output), reply.exit_status};
    return seclua_txn_resume(txn, &answer);
}

// ---- rule sets ----

using Rules = std::unique_ptr<seclua_ruleset, void (*)(seclua_ruleset *)>;

struct Options {
    bool allow_any = false;
    std::vector<std::string> allow;
    bool deny_when_busy = false, has_remote_store = false;
    seclua_commit commit = SECLUA_COMMIT_TRANSACTION;
};

Rules load(const std::string &text, const Options &given, std::string *errors = nullptr) {
    seclua_options options;
    seclua_options_init(&options);
    const std::string cwd = fs::current_path().string(), name = "rules";
    std::vector<seclua_slice> allowed;
    for (const std::string &path : given.allow) allowed.push_back(slice(path));
    options.cwd = slice(cwd);
    options.engine = SECLUA_ENGINE_ON;
    options.allow_exec_any = given.allow_any;
    options.allow_exec = allowed.data();
    options.allow_exec_count = allowed.size();
    options.deny_when_busy = given.deny_when_busy;
    options.has_remote_store = given.has_remote_store;
    options.commit = given.commit;
    const seclua_source source{true, slice(name), slice(text)};
    seclua_diagnostics *found = seclua_diagnostics_new();
    Rules rules(seclua_load(&source, 1, &options, found), seclua_ruleset_release);
    std::string said;
    for (size_t i = 0; i < seclua_diagnostics_count(found); i++) {
        seclua_diagnostic one{};
        seclua_diagnostics_get(found, i, &one);
        said += std::string(said.empty() ? "" : "; ") + one.code + ": " + text_of(one.message);
    }
    seclua_diagnostics_free(found);
    if (errors != nullptr)
        *errors = said;
    else if (!rules)
        std::printf("%s\n", said.c_str());
    return rules;
}

bool can_wait(const Rules &rules) {
    seclua_ruleset_info info{};
    seclua_ruleset_describe(rules.get(), &info);
    return info.can_wait;
}

// ---- one request ----

struct Judged {
    std::string questions, verdict, matched, match_text, log, tx;
};

seclua_step request_headers(seclua_txn *txn, const std::string &uri) {
    const std::string method = "GET", protocol = "HTTP/1.1", host = "Host", name = "shop.example";
    const seclua_header header{slice(host), slice(name)};
    const seclua_request request{slice(method), slice(uri), slice(protocol), &header, 1};
    return seclua_txn_request_headers(txn, &request);
}

Judged judge(const Rules &rules, const std::string &uri, const World &world, const std::string &client = "192.0.2.1") {
    seclua_store *store = seclua_store_remote_new();
    seclua_engine *engine = seclua_engine_new(rules.get(), store);
    const std::string server = "192.0.2.80", id = "one";
    const seclua_connection connection{slice(client), slice(server), 40000, 80, slice(id)};
    seclua_txn *txn = seclua_txn_new(engine, &connection);
    Judged judged;
    const World ask = [&](const std::string &question) {
        judged.questions += (judged.questions.empty() ? "" : "; ") + question;
        return world(question);
    };
    const auto finish = [&](seclua_step step) {
        while (step == SECLUA_STEP_SUSPENDED) step = answer(txn, ask);
        if (step != SECLUA_STEP_DONE) judged.questions += " step answered " + std::to_string(step);
    };
    finish(request_headers(txn, uri));
    finish(seclua_txn_request_body(txn));
    finish(seclua_txn_logging(txn));
    seclua_verdict verdict{};
    seclua_txn_verdict(txn, &verdict);
    judged.verdict = verdict.action == SECLUA_PASS ? "pass" : std::to_string(verdict.status);
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        judged.matched += (i == 0 ? "" : " ") + std::to_string(seclua_txn_event(txn, i)->rule_id);
        judged.match_text = text_of(seclua_txn_event(txn, i)->match_text);
    }
    for (size_t i = 0; i < seclua_txn_log_count(txn); i++) {
        judged.log += (i == 0 ? "" : "; ") + text_of(seclua_txn_log(txn, i)->message);
    }
    const std::string tx = "TX";
    seclua_txn_variable(
        txn, slice(tx),
        [](void *context, seclua_slice name, seclua_slice value) {
            *static_cast<std::string *>(context) += text_of(name) + '=' + text_of(value) + ' ';
        },
        &judged.tx);
    seclua_txn_free(txn);
    seclua_engine_free(engine);
    seclua_store_release(store);
    return judged;
}

World always(const Reply &reply) {
    return [reply](const std::string &) { return reply; };
}

Reply addresses(const std::vector<std::string> &list) {
    Reply reply;
    for (const std::string &address : list) reply.members.insert(reply.members.end(), {"0", "", address});
    return reply;
}

// ---- @rbl ----

std::string asked_for(const std::string &zone, const std::string &value) {
    const Rules rules =
        load("SecHttpBlKey abcdefghijkl\nSecRule ARGS:a \"@rbl " + zone + "\" \"id:1,phase:1,pass\"", {});
    return judge(rules, "/?a=" + value, always({})).questions;
}

void questions_of_rbl() {
    const std::string label(63, 'a'), long_name = label + '.' + label + '.' + label + '.' + label;
    const struct {
        const char *value, *asked;
    } rows[] = {
        {"192.0.2.7", "dns 7.2.0.192.list.example"},
        {"::ffff:192.0.2.7", "dns 7.2.0.192.list.example"},
        {"2001:db8::1", "dns 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.example"},
        {"evil.example", "dns evil.example.list.example"},
        {"evil.example.", "dns evil.example.list.example"},
        {"a_b-c.9", "dns a_b-c.9.list.example"},
        {"", ""},
        {"evil..example", ""},
        {".example", ""},
        {"evil%20example", ""},
        {"evil%00.example", ""},
        {"evil/example", ""},
        {"%c3%a9.example", ""},
    };
    for (const auto &row : rows) same(row.asked, asked_for("list.example", row.value), row.value);
    same("", asked_for("list.example", long_name), "a name that is too long with the zone behind it");
    same("", asked_for("list.example", label + "a.example"), "a label that is too long");
    same("dns 7.2.0.192.list.example", asked_for("list.example.", "192.0.2.7"), "a zone with the root's dot");
    same("dns abcdefghijkl.7.2.0.192.dnsbl.httpbl.org", asked_for("dnsbl.httpbl.org", "192.0.2.7"),
         "the key of the http:BL");
    std::string said;
    load("SecRule ARGS \"@rbl not a zone\" \"id:1,phase:1,deny\"", {}, &said);
    same("SECLUA_E_OPERATOR_PARAM: @rbl takes the name of a DNS zone", said, "a zone that is none");
    const Rules keyless = load("SecRule REMOTE_ADDR \"@rbl dnsbl.httpbl.org\" \"id:1,phase:1,deny\"", {}, &said);
    same("SECLUA_W_UNREACHABLE: @rbl never matches here: the http:BL asks for an access key", said, "no key");
    same("", judge(keyless, "/", always({})).questions, "without a key nobody is asked");
    same("no", can_wait(keyless) ? "yes" : "no", "a list that is never asked is not waited for");
}

Judged looked_up(const std::string &zone, const Reply &reply, const char *rule = "deny,capture") {
    const Rules rules = load(
        "SecHttpBlKey abcdefghijkl\nSecRule REMOTE_ADDR \"@rbl " + zone + "\" \"id:1,phase:1,log," + rule + "\"", {});
    same("yes", can_wait(rules) ? "yes" : "no", "@rbl may have to wait");
    return judge(rules, "/", always(reply));
}

void answers_of_rbl() {
    const struct {
        const char *zone, *address, *meaning;
    } rows[] = {
        {"list.example", "127.0.0.2", ""},
        {"multi.uribl.com", "127.0.0.2", " (black)"},
        {"multi.uribl.com", "127.0.0.4", " (grey)"},
        {"multi.uribl.com", "127.0.0.8", " (red)"},
        {"multi.uribl.com", "127.0.0.14", " (black, grey, red)"},
        {"multi.uribl.com", "127.0.0.255", " (the list does not answer this resolver)"},
        {"multi.uribl.com", "127.0.0.1", " (white)"},
        {"zen.spamhaus.org", "127.0.0.3", " (static UBE sources)"},
        {"zen.spamhaus.org", "127.0.0.4", " (illegal 3rd party exploits)"},
        {"zen.spamhaus.org", "127.0.0.11", " (delivers unauthenticated SMTP)"},
        {"zen.spamhaus.org", "127.0.0.9", " (no information)"},
        {"dnsbl.httpbl.org", "127.3.40.5",
         " (suspicious comment spammer: 3 days since its last activity, threat score 40)"},
        {"dnsbl.httpbl.org", "127.0.0.0", " (search engine: 0 days since its last activity, threat score 0)"},
    };
    for (const auto &row : rows) {
        const Judged judged = looked_up(row.zone, addresses({row.address}));
        const std::string text = std::string("RBL lookup of 1.2.0.192.") + row.zone + " succeeded" + row.meaning;
        same("403", judged.verdict, std::string("verdict for ") + row.address + " of " + row.zone);
        same(text, judged.match_text, "what stands in the log");
        same("TX:httpbl_msg=" + text + " TX:0=" + text + ' ', judged.tx, "captures");
    }
    same("pass", looked_up("list.example", addresses({})).verdict, "an address that is not listed");
    same("", looked_up("list.example", addresses({"127.0.0.2"}), "deny").tx, "nothing is captured without capture");
    same("pass", looked_up("dnsbl.httpbl.org", addresses({"10.0.0.1"})).verdict, "an answer that means nothing");
    const Judged failed =
        looked_up("list.example", {.status = SECLUA_ANSWER_LATE, .reason = "no answer within 500 ms"});
    same("pass", failed.verdict, "no answer");
    same("(Rule: 1) @rbl could not answer at REMOTE_ADDR: no answer within 500 ms", failed.log, "no answer is logged");
    const Rules negated = load("SecRule REMOTE_ADDR \"!@rbl list.example\" \"id:1,phase:1,deny\"", {});
    same("403", judge(negated, "/", always(addresses({}))).verdict, "not listed, negated");
    same("pass", judge(negated, "/", always({.status = SECLUA_ANSWER_FAILED})).verdict,
         "no answer is never turned into a match");
    const Rules strict =
        load("SecInterceptOnError On\nSecRule REMOTE_ADDR \"@rbl list.example\" \"id:1,phase:1,deny\"", {});
    same("500", judge(strict, "/", always({.status = SECLUA_ANSWER_FAILED})).verdict, "SecInterceptOnError");
}

// ---- programs ----

// A folder with a program, a file that is none, and a link that leads out of another folder.
struct Folder {
    Folder()
        : path(fs::canonical(fs::temp_directory_path()) /
               ("seclua-wait-" + std::to_string(std::hash<std::string>{}(__TIME__)))) {
        fs::remove_all(path);
        fs::create_directories(path / "bin");
        fs::create_directories(path / "other");
        std::ofstream(path / "bin" / "scan") << "#!/bin/sh\necho 1\n";
        std::ofstream(path / "plain") << "no program\n";
        fs::permissions(path / "bin" / "scan", fs::perms::owner_all);
        fs::permissions(path / "plain", fs::perms::owner_read);
        fs::create_symlink(path / "bin" / "scan", path / "other" / "link");
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::string operator/(const char *name) const { return (path / name).string(); }
    fs::path path;
};

std::string said_of(const std::string &program, const Options &options) {
    std::string said;
    load("SecRule ARGS \"@inspectFile " + program + "\" \"id:1,phase:1,deny\"", options, &said);
    std::string exec_said;
    load("SecAction \"id:1,phase:1,pass,exec:" + program + "\"", options, &exec_said);
    same(said, exec_said, "exec and @inspectFile say the same of " + program);
    return said;
}

void programs_that_may_run(const Folder &folder) {
    const std::string scan = folder / "bin/scan", plain = folder / "plain", link = folder / "other/link";
    const auto error = [](const std::string &path, const char *why) {
        return "SECLUA_E_PROGRAM: \"" + path + "\" " + why;
    };
    same(error(scan, "is a program, and no program may be run"), said_of(scan, {}), "nothing is allowed");
    same("", said_of(scan, {.allow_any = true}), "anything is allowed");
    same("", said_of(scan, {.allow = {scan}}), "this one is allowed");
    same("", said_of(scan, {.allow = {folder / "bin"}}), "its folder is allowed");
    same("", said_of(scan, {.allow = {folder / "bin/"}}), "its folder is allowed, with a slash");
    same("", said_of(link, {.allow = {folder / "bin"}}), "a link to it is allowed");
    const char *const denied = "is a program that allowExec does not allow";
    same(error(scan, denied), said_of(scan, {.allow = {folder / "other"}}), "another folder is allowed");
    same(error(link, denied), said_of(link, {.allow = {folder / "other"}}), "a link out of the folder that is allowed");
    same(error(scan, denied), said_of(scan, {.allow = {folder / "bin/sca"}}), "the beginning of its name is allowed");
    same(error(folder / "none", "is a program that is not there"), said_of(folder / "none", {.allow_any = true}),
         "missing");
#ifndef _WIN32
    if (geteuid() != 0)  // root may do anything but run a file that nobody may run
#endif
        same(error(plain, "is no program: it may not be executed"), said_of(plain, {.allow_any = true}),
             "not executable");
    std::string said;
    load("SecRule ARGS \"@inspectFile missing.lua\" \"id:1,phase:1,deny\"", {.allow_any = true}, &said);
    same("SECLUA_E_SCRIPT", said.substr(0, 15), "a script is never a program");
}

void what_programs_get(const Folder &folder) {
    const std::string scan = folder / "bin/scan";
    const std::string environment =
        " with REMOTE_ADDR=192.0.2.1 REQUEST_METHOD=GET REQUEST_URI=/?a=x y;id "
        "SERVER_NAME=shop.example UNIQUE_ID=one";
    const Rules rules = load("SecAction \"id:1,phase:1,pass,setenv:LEVEL=high,setenv:UNIQUE_ID=two,exec:" + scan +
                                 "\"\n" + "SecRule ARGS:a \"@inspectFile " + scan + "\" \"id:2,phase:1,pass\"",
                             {.allow_any = true});
    same("run " + scan + environment.substr(0, environment.size() - 3) + "two LEVEL=high; run " + scan + " x y;id" +
             environment.substr(0, environment.size() - 3) + "two LEVEL=high",
         judge(rules, "/?a=x%20y;id", always({.output = "1"})).questions, "arguments and environment");
    same("1", judge(rules, "/?a=a%00b", always({.output = "0"})).matched,
         "a zero byte is never cut off: no run, no match");
}

Judged inspected(const std::string &program, const Reply &reply) {
    const Rules rules =
        load("SecRule ARGS \"@inspectFile " + program + "\" \"id:1,phase:1,deny,log\"", {.allow_any = true});
    return judge(rules, "/?a=b", always(reply));
}

void answers_of_programs(const Folder &folder) {
    const std::string scan = folder / "bin/scan", failed = "(Rule: 1) @inspectFile could not answer at ARGS:a: ";
    same("pass", inspected(scan, {.output = "1 clean\n"}).verdict, "1 is clean");
    same("403", inspected(scan, {.output = "0 a virus\n"}).verdict, "0 is a match");
    same("0 a virus\n", inspected(scan, {.output = "0 a virus\n"}).match_text, "the output stands in the log");
    same("403", inspected(scan, {.output = "x"}).verdict, "anything else is a match");
    same("403", inspected(scan, {.output = "0", .exit_status = 3}).verdict,
         "what was written counts, whatever the status");
    same(std::string(200, 'v'), inspected(scan, {.output = std::string(4096, 'v')}).match_text, "the text is cut");
    same(failed + "the program wrote nothing", inspected(scan, {}).log, "silence");
    same(failed + "the program ended with status 3", inspected(scan, {.exit_status = 3}).log, "silence and a status");
    same(failed + "the program was ended by a signal", inspected(scan, {.exit_status = -1}).log,
         "silence and a signal");
    const Judged late = inspected(scan, {.status = SECLUA_ANSWER_LATE, .reason = "no answer within 10000 ms"});
    same("pass " + failed + "no answer within 10000 ms", late.verdict + ' ' + late.log, "a program that hangs");
    const Rules exec =
        load("SecAction \"id:1,phase:1,pass,log,exec:" + scan + ",setvar:tx.after=1\"", {.allow_any = true});
    const auto executed = [&](const Reply &reply) { return judge(exec, "/", always(reply)); };
    same("", executed({.output = "0"}).log, "what exec writes is ignored");
    same("TX:after=1 ", executed({.output = "0"}).tx, "the actions after it are run");
    same("exec: " + scan + ": it ended with status 7", executed({.exit_status = 7}).log, "a failure is logged");
    same("exec: " + scan + ": it was ended by a signal", executed({.exit_status = -1}).log, "a signal is logged");
    const Judged missing = executed({.status = SECLUA_ANSWER_FAILED, .reason = "spawn ENOENT"});
    same("exec: " + scan + ": spawn ENOENT 1 TX:after=1 ", missing.log + ' ' + missing.matched + ' ' + missing.tx,
         "a program that is gone");
}

// ---- when too many wait ----

void busy() {
    const std::string text = "SecRule REMOTE_ADDR \"@rbl list.example\" \"id:1,phase:1,deny\"";
    const World refuse = always({.status = SECLUA_ANSWER_REFUSED, .reason = "too many transactions wait already"});
    same("pass", judge(load(text, {}), "/", refuse).verdict, "busy: as no answer");
    same("503", judge(load(text, {.deny_when_busy = true}), "/", refuse).verdict, "busy: denied");
}

// ---- a store elsewhere ----

void remote_store() {
    const std::string open =
        "SecWebAppId shop\nSecAction \"id:1,phase:1,pass,initcol:ip=%{REMOTE_ADDR},"
        "setsid:s1,setvar:ip.n=+2,setvar:session.name=x,setvar:tx.new=%{ip.is_new}\"\n";
    const std::string limit = "SecRule IP:N \"@gt 40\" \"id:2,phase:2,deny,setvar:tx.seen=%{ip.n}\"";
    const auto world = [](const std::string &question) {
        if (question.starts_with("load shop/session")) return Reply{};
        if (question.starts_with("load")) {
            return Reply{.members = {"0", "n", "39", "0", "create_time", "5", "0", "timeout", "60"}, .is_found = true};
        }
        return Reply{.members = {"0", "n", "43", "0", "update_counter", "1"}};
    };
    const std::string loads = "load /ip/192.0.2.1; load shop/session/s1";
    const std::string changes =
        "apply ip/192.0.2.1 for 60: add n+2 add update_counter+1 set last_update_time and session/s1 for "
        "3600: set name=x set create_time add update_counter+1 set last_update_time";
    const Judged late = judge(load(open + limit, {.has_remote_store = true}), "/", world);
    same(loads + "; " + changes, late.questions, "commit transaction: one batch after phase 5");
    same("403 TX:new= TX:seen=41 ", late.verdict + ' ' + late.tx, "rules see the record and their own changes");
    const Judged phase =
        judge(load(open + limit, {.has_remote_store = true, .commit = SECLUA_COMMIT_PHASE}), "/", world);
    same(loads + "; " + changes, phase.questions, "commit phase: one batch after phase 1");
    same("403 TX:new= TX:seen=43 ", phase.verdict + ' ' + phase.tx, "rules see the store's sum");
    const Judged now =
        judge(load(open + limit, {.has_remote_store = true, .commit = SECLUA_COMMIT_IMMEDIATE}), "/", world);
    same(loads +
             "; apply ip/192.0.2.1 for 60: add n+2 add update_counter+1 set last_update_time; apply session/s1 for "
             "3600: set "
             "name=x set create_time add update_counter+1 set last_update_time",
         now.questions, "commit immediate: with each action");
    same("403 TX:new= TX:seen=43 ", now.verdict + ' ' + now.tx, "rules see the store's sum at once");
    const Rules rules = load(open + limit, {.has_remote_store = true});
    const Judged down = judge(rules, "/", always({.status = SECLUA_ANSWER_FAILED, .reason = "connection refused"}));
    same("pass", down.verdict, "a store that is down");
    same("the store of persistent collections does not answer (ip): connection refused",
         down.log.substr(0, down.log.find(';')), "what is logged then");
    same("yes", can_wait(rules) ? "yes" : "no", "a store elsewhere is waited for");
    same("no", can_wait(load(open, {})) ? "yes" : "no", "a store in this process is not");
}

}  // namespace

int main() {
    const Folder folder;
    questions_of_rbl();
    answers_of_rbl();
    programs_that_may_run(folder);
    what_programs_get(folder);
    answers_of_programs(folder);
    busy();
    remote_store();
    std::printf("%zu checks, %zu failures\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
