// SPDX-License-Identifier: Apache-2.0
// The request path: plain Node-API functions over the transaction's number, one call for each step.
//
// All headers of a message come as one string whose pieces are separated by NUL; a step answers with one
// integer (transaction.hpp), and the details are fetched by the functions of report.cpp only when a bit says
// that there are any. No JavaScript object is made here. A call on a transaction that is gone answers kClosed
// and touches nothing.

#include "transaction.hpp"

#include <array>
#include <cstring>
#include <new>
#include <span>

#include "convert.hpp"
#include "errors.hpp"
#include "report.hpp"
#include "wait.hpp"

namespace seclua::binding {

namespace {

constexpr size_t max_arguments = 8;

// A call from JavaScript, its arguments read as far as every function here needs them.
struct Call {
    napi_env env;
    Environment *home = nullptr;
    std::array<napi_value, max_arguments> arguments{};
    int64_t number = -1;
    Transaction *transaction = nullptr;

    Call(napi_env environment, napi_callback_info info) : env(environment) {
        size_t count = max_arguments;
        void *data = nullptr;
        napi_get_cb_info(env, info, &count, arguments.data(), nullptr, &data);
        home = static_cast<Environment *>(data);
    }

    // Some transaction is in the middle of a step, and the exception is thrown.
    bool is_refused() const {
        if (!home->transactions.is_in_callback) return false;
        throw_error(env, "SECLUA_E_ORDER", "a transformation cannot use transactions: one is in the middle of a step");
        return true;
    }
};

// The first argument is a transaction's number.
Call call_on_transaction(napi_env env, napi_callback_info info) {
    Call call(env, info);
    if (!call.is_refused() && read_number(env, call.arguments[0], call.number)) {
        call.transaction = call.home->transactions.find(call.number);
    }
    return call;
}

napi_value answer(napi_env env, uint32_t bits) {
    napi_value out = nullptr;
    napi_create_uint32(env, bits, &out);
    return out;
}

uint32_t step_bits(seclua_step step) {
    switch (step) {
    case SECLUA_STEP_DONE: return 0;
    case SECLUA_STEP_SUSPENDED: return kSuspended;
    case SECLUA_STEP_ORDER: return kOutOfOrder;
    case SECLUA_STEP_FAILED: return kFailed;
    }
    return kFailed;
}

// What JavaScript has not been told of yet.
uint32_t news_bits(Transaction &transaction) {
    uint32_t bits = 0;
    const size_t events = seclua_txn_event_count(transaction.handle);
    if (events > transaction.told_events) {
        transaction.told_events = events;
        bits |= kNewMatches;
        if (seclua_txn_has_logged_event(transaction.handle)) bits |= kNewLogged;
    }
    const size_t records = seclua_txn_log_count(transaction.handle);
    if (records > transaction.told_records) {
        transaction.told_records = records;
        bits |= kNewRecords;
    }
    return bits;
}

// wants says whether the rest of a body is wanted, where that can be.
uint32_t bits_after(Transaction &transaction, seclua_step step, bool (*wants)(const seclua_txn *)) {
    seclua_verdict verdict{};
    seclua_txn_verdict(transaction.handle, &verdict);
    uint32_t bits = static_cast<uint32_t>(verdict.action);
    bits |= step_bits(step) | news_bits(transaction);
    if (wants != nullptr && wants(transaction.handle)) bits |= kWantsBody;
    if (step == SECLUA_STEP_SUSPENDED) transaction.wants_body = wants;
    if (verdict.pause_ms != 0) bits |= kPaused;
    seclua_changes changes;
    if (seclua_txn_changes(transaction.handle, &changes)) bits |= kChanges;
    return bits;
}

napi_value answer_step(const Call &call, seclua_step step, bool (*wants)(const seclua_txn *)) {
    return answer(call.env, bits_after(*call.transaction, step, wants));
}

// A head and, unless it brought one of the bits `stops`, the phase behind it: what a caller would ask for next. Negative: not.
napi_value answer_head(const Call &call, uint32_t bits, int64_t stops, seclua_step (*next)(seclua_txn *)) {
    if (stops < 0 || (bits & static_cast<uint64_t>(stops)) != 0) return answer(call.env, bits);
    const uint32_t told = bits & (kNewMatches | kNewLogged | kNewRecords);
    bits = bits_after(*call.transaction, next(call.transaction->handle), nullptr);
    return answer(call.env, bits | told | kWentOn);
}

// ---- headers ----

// Cuts a string at its NULs into exactly `count` pieces. False: there are more or fewer, because some value
// holds a NUL.
bool cut(seclua_slice text, size_t count, std::vector<seclua_slice> &pieces) {
    pieces.clear();
    for (;;) {
        const void *nul = text.len == 0 ? nullptr : std::memchr(text.ptr, 0, text.len);
        const auto *end = static_cast<const uint8_t *>(nul);
        const size_t length = end == nullptr ? text.len : static_cast<size_t>(end - text.ptr);
        pieces.push_back({text.ptr, length});
        if (end == nullptr) return pieces.size() == count;
        if (pieces.size() == count) return false;
        text = {text.ptr + length + 1, text.len - length - 1};
    }
}

std::span<const seclua_header> pair_up(std::span<const seclua_slice> pieces,
                                       std::vector<seclua_header> &headers) {
    headers.clear();
    for (size_t i = 0; i + 1 < pieces.size(); i += 2) headers.push_back({pieces[i], pieces[i + 1]});
    return headers;
}

// The pieces of a message: from one joined string with the number of pieces after it, or from an array of
// strings, which is slower and takes any byte.
bool read_pieces(const Call &call, napi_value joined, napi_value count, std::vector<seclua_slice> &pieces) {
    bool is_array = false;
    napi_is_array(call.env, joined, &is_array);
    if (!is_array) {
        seclua_slice text{};
        int64_t expected = 0;
        if (!read_number(call.env, count, expected)) return false;
        if (!read_bytes(call.env, joined, call.home->text, text)) return false;
        return cut(text, static_cast<size_t>(expected), pieces);
    }
    uint32_t length = 0;
    napi_get_array_length(call.env, joined, &length);
    std::vector<size_t> lengths;
    std::string all, one;
    for (uint32_t i = 0; i < length; i++) {
        napi_value element = nullptr;
        seclua_slice piece{};
        if (napi_get_element(call.env, joined, i, &element) != napi_ok) return false;
        if (!read_bytes(call.env, element, one, piece)) return false;
        all.append(reinterpret_cast<const char *>(piece.ptr), piece.len);
        lengths.push_back(piece.len);
    }
    call.home->text = std::move(all);
    pieces.clear();
    size_t at = 0;
    for (const size_t piece_length : lengths) {
        pieces.push_back(slice_of({call.home->text.data() + at, piece_length}));
        at += piece_length;
    }
    return true;
}

// Phase 1 of pieces that begin with the method, and perhaps phase 2.
napi_value judge_request(const Call &call, std::span<const seclua_slice> pieces, int64_t stops) {
    const auto headers = pair_up(pieces.subspan(3), call.home->headers);
    const seclua_request request{pieces[0], pieces[1], pieces[2], headers.data(), headers.size()};
    const seclua_step step = seclua_txn_request_headers(call.transaction->handle, &request);
    const uint32_t bits = bits_after(*call.transaction, step, seclua_txn_wants_request_body);
    return answer_head(call, bits, stops, seclua_txn_request_body);
}

// requestHeaders(number, pieces, count, stops): method, target, protocol, then names and values.
napi_value request_headers(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return answer(env, kClosed);
    std::vector<seclua_slice> &pieces = call.home->pieces;
    int64_t stops = 0;
    if (!read_pieces(call, call.arguments[1], call.arguments[2], pieces) || pieces.size() < 3 ||
        !read_number(env, call.arguments[3], stops)) {
        return answer(env, kMalformed);
    }
    return judge_request(call, pieces, stops);
}

// responseHeaders(number, pieces, count, stops, status): protocol, reason, then names and values.
napi_value response_headers(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return answer(env, kClosed);
    std::vector<seclua_slice> &pieces = call.home->pieces;
    int64_t stops = 0, status = 0;
    if (!read_pieces(call, call.arguments[1], call.arguments[2], pieces) || pieces.size() < 2 ||
        !read_number(env, call.arguments[3], stops) || !read_number(env, call.arguments[4], status)) {
        return answer(env, kMalformed);
    }
    const auto headers = pair_up(std::span(pieces).subspan(2), call.home->headers);
    const seclua_response response{static_cast<uint16_t>(status), pieces[0], headers.data(), headers.size(),
                                   pieces[1]};
    const seclua_step step = seclua_txn_response_headers(call.transaction->handle, &response);
    const uint32_t bits = bits_after(*call.transaction, step, seclua_txn_wants_response_body);
    return answer_head(call, bits, stops, seclua_txn_response_body);
}

// ---- the other steps ----

// writeRequestBody(number, chunk), writeResponseBody(number, chunk)
template <seclua_step (*write)(seclua_txn *, seclua_slice), bool (*wants)(const seclua_txn *)>
napi_value write_body(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return answer(env, kClosed);
    seclua_slice chunk{};
    if (!read_chunk(env, call.arguments[1], chunk)) return answer(env, kMalformed);
    const seclua_step step = write(call.transaction->handle, chunk);
    return answer_step(call, step, wants);
}

// requestBody(number), responseBody(number), logging(number)
template <seclua_step (*run)(seclua_txn *)> napi_value end_of_step(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return answer(env, kClosed);
    return answer_step(call, run(call.transaction->handle), nullptr);
}

// resume(number, status, reason, members, output, exitStatus): goes on with the step that was suspended.
napi_value resume(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return answer(env, kClosed);
    Answer given;
    if (!given.read(env, &call.arguments[1])) return answer(env, kMalformed);
    const seclua_step step = seclua_txn_resume(call.transaction->handle, &given.get());
    return answer_step(call, step, call.transaction->wants_body);
}

// cancel(number): what is waited for is given up, and with it the phase.
napi_value cancel(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction != nullptr) seclua_txn_cancel(call.transaction->handle);
    return nullptr;
}

// ---- beginning and end ----

// A text that need not be given.
bool read_optional(napi_env env, napi_value value, std::string &text, seclua_slice &out) {
    napi_valuetype type = napi_undefined;
    if (value == nullptr || napi_typeof(env, value, &type) != napi_ok) return false;
    return type == napi_undefined || read_bytes(env, value, text, out);
}

// Begins a transaction by the entrance to its engine. False: it was not begun, and the exception is thrown.
bool begin_by(Call &call, napi_value entrance, const seclua_connection &connection) {
    void *data = nullptr;
    std::shared_ptr<Engine> engine;
    if (napi_get_value_external(call.env, entrance, &data) == napi_ok) {
        engine = static_cast<std::weak_ptr<Engine> *>(data)->lock();
    }
    if (engine == nullptr) {
        throw_error(call.env, "SECLUA_E_CLOSED", "this Waf is closed");
        return false;
    }
    seclua_txn *handle = seclua_txn_new(engine->handle, &connection);
    if (handle == nullptr) {
        throw_error(call.env, "SECLUA_E_MEMORY", "there is no memory for a transaction");
        return false;
    }
    call.number = call.home->transactions.add(handle, std::move(engine));
    call.transaction = call.home->transactions.find(call.number);
    return true;
}

bool read_ports(const Call &call, napi_value client, napi_value server, seclua_connection &connection) {
    int64_t client_port = 0, server_port = 0;
    if (!read_number(call.env, client, client_port) || !read_number(call.env, server, server_port)) return false;
    connection.client_port = static_cast<uint16_t>(client_port);
    connection.server_port = static_cast<uint16_t>(server_port);
    return true;
}

napi_value refuse_connection(napi_env env) {
    return throw_error(env, "SECLUA_E_ARGUMENT", "a connection is two addresses and two ports");
}

// begin(entrance, clientAddress, clientPort, serverAddress, serverPort, id?, serverName?, remoteUser?): the new
// transaction's number.
napi_value begin(napi_env env, napi_callback_info info) {
    Call call(env, info);
    if (call.is_refused()) return nullptr;
    auto &[client_text, server_text, id_text, name_text, user_text] = call.home->texts;
    seclua_connection connection{};
    if (!read_bytes(env, call.arguments[1], client_text, connection.client_address) ||
        !read_bytes(env, call.arguments[3], server_text, connection.server_address) ||
        !read_ports(call, call.arguments[2], call.arguments[4], connection)) {
        return refuse_connection(env);
    }
    if (!read_optional(env, call.arguments[5], id_text, connection.id) ||
        !read_optional(env, call.arguments[6], name_text, connection.server_name) ||
        !read_optional(env, call.arguments[7], user_text, connection.remote_user)) {
        return throw_error(env, "SECLUA_E_ARGUMENT", "id, serverName and remoteUser are strings");
    }
    if (!begin_by(call, call.arguments[0], connection)) return nullptr;
    return number_to_js(env, static_cast<double>(call.number));
}

// open(entrance, pieces, count, stops, clientPort, serverPort): begins a transaction and takes its first step in one call.
// The pieces: both addresses, then as for requestHeaders. Answers as that does; the number is in the news. Malformed: not begun.
napi_value open(napi_env env, napi_callback_info info) {
    Call call(env, info);
    if (call.is_refused()) return nullptr;
    std::vector<seclua_slice> &pieces = call.home->pieces;
    int64_t stops = 0;
    seclua_connection connection{};
    if (!read_ports(call, call.arguments[4], call.arguments[5], connection)) return refuse_connection(env);
    if (!read_pieces(call, call.arguments[1], call.arguments[2], pieces) || pieces.size() < 5 ||
        !read_number(env, call.arguments[3], stops)) {
        return answer(env, kMalformed);
    }
    connection.client_address = pieces[0];
    connection.server_address = pieces[1];
    if (!begin_by(call, call.arguments[0], connection)) return nullptr;
    *call.home->news = static_cast<double>(call.number);
    return judge_request(call, std::span(pieces).subspan(2), stops);
}

// addPathParameter(number, name, value)
napi_value add_path_parameter(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return throw_error(env, "SECLUA_E_CLOSED", "this transaction is closed");
    std::string name_text, value_text;
    seclua_slice name{}, value{};
    if (!read_bytes(env, call.arguments[1], name_text, name) || !read_bytes(env, call.arguments[2], value_text, value)) {
        return throw_error(env, "SECLUA_E_ARGUMENT", "a path parameter is a name and a value");
    }
    seclua_txn_add_path_parameter(call.transaction->handle, name, value);
    return nullptr;
}

// addServerError(number, line)
napi_value add_server_error(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return throw_error(env, "SECLUA_E_CLOSED", "this transaction is closed");
    std::string text;
    seclua_slice line{};
    if (!read_bytes(env, call.arguments[1], text, line)) {
        return throw_error(env, "SECLUA_E_ARGUMENT", "a line of the error log is a string");
    }
    seclua_txn_add_server_error(call.transaction->handle, line);
    return nullptr;
}

// finish(number, keeps): phase 5 and, unless that brought one of the bits `keeps`, free.
napi_value finish(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    int64_t keeps = 0;
    if (call.transaction == nullptr || !read_number(env, call.arguments[1], keeps)) return answer(env, kClosed);
    const seclua_step step = seclua_txn_logging(call.transaction->handle);
    const uint32_t bits = bits_after(*call.transaction, step, nullptr);
    if ((bits & static_cast<uint64_t>(keeps)) == 0) call.home->transactions.remove(call.number);
    return answer(env, bits);
}

// free(number). Runs phase 5 if it is still to come; a second call does nothing.
napi_value free_transaction(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction != nullptr) call.home->transactions.remove(call.number);
    return nullptr;
}

// ---- what happened ----

// id(number), verdict(number), matches(number, from), records(number, from), variable(number, name),
// audit(number)
template <napi_value (*report)(napi_env, seclua_txn *, Environment &, napi_value)>
napi_value ask(napi_env env, napi_callback_info info) {
    const Call call = call_on_transaction(env, info);
    if (call.transaction == nullptr) return throw_error(env, "SECLUA_E_CLOSED", "this transaction is closed");
    return report(env, call.transaction->handle, *call.home, call.arguments[1]);
}

constexpr napi_callback write_request =
    write_body<seclua_txn_write_request_body, seclua_txn_wants_request_body>;
constexpr napi_callback write_response =
    write_body<seclua_txn_write_response_body, seclua_txn_wants_response_body>;

struct Function {
    const char *name;
    napi_callback callback;
};

constexpr Function functions[] = {
    {"begin", begin},
    {"open", open},
    {"requestHeaders", request_headers},
    {"writeRequestBody", write_request},
    {"requestBody", end_of_step<seclua_txn_request_body>},
    {"responseHeaders", response_headers},
    {"writeResponseBody", write_response},
    {"responseBody", end_of_step<seclua_txn_response_body>},
    {"logging", end_of_step<seclua_txn_logging>},
    {"wait", ask<report_wait>},
    {"resume", resume},
    {"cancel", cancel},
    {"finish", finish},
    {"free", free_transaction},
    {"id", ask<report_id>},
    {"verdict", ask<report_verdict>},
    {"matches", ask<report_matches>},
    {"records", ask<report_records>},
    {"variable", ask<report_variable>},
    {"audit", ask<report_audit>},
    {"auditLine", ask<report_audit_line>},
    {"changes", ask<report_changes>},
    {"env", ask<report_env>},
    {"addPathParameter", add_path_parameter},
    {"addServerError", add_server_error},
};

struct NamedBit { // or another number
    const char *name;
    uint32_t value;
};

constexpr NamedBit named_bits[] = {
    {"actionMask", kActionMask}, {"newMatches", kNewMatches}, {"newLogged", kNewLogged}, {"newRecords", kNewRecords},
    {"wantsBody", kWantsBody},   {"outOfOrder", kOutOfOrder}, {"failed", kFailed},       {"suspended", kSuspended},
    {"closed", kClosed},         {"malformed", kMalformed},   {"paused", kPaused},       {"changes", kChanges},
    {"wentOn", kWentOn},
};

constexpr NamedBit answer_statuses[] = {
    {"answered", SECLUA_ANSWERED},
    {"failed", SECLUA_ANSWER_FAILED},
    {"late", SECLUA_ANSWER_LATE},
    {"refused", SECLUA_ANSWER_REFUSED},
};

// news: what a call says besides its answer, in memory that both sides see. Now: the number of the transaction that `open` began.
void export_news(napi_env env, napi_value exports, Environment *home) {
    void *data = nullptr;
    napi_value buffer = nullptr, news = nullptr;
    napi_ref kept = nullptr; // as long as the environment: the memory is JavaScript's
    napi_create_arraybuffer(env, sizeof(double), &data, &buffer);
    napi_create_typedarray(env, napi_float64_array, 1, buffer, 0, &news);
    napi_create_reference(env, news, 1, &kept);
    home->news = static_cast<double *>(data);
    set(env, exports, "news", news);
}

} // namespace

void export_transaction(napi_env env, napi_value exports, Environment *home) {
    export_news(env, exports, home);
    for (const Function &function : functions) {
        napi_value callable = nullptr;
        napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, home, &callable);
        set(env, exports, function.name, callable);
    }
    napi_value bits = nullptr;
    napi_create_object(env, &bits);
    for (const NamedBit &bit : named_bits) set(env, bits, bit.name, number_to_js(env, bit.value));
    set(env, exports, "bits", bits);
    napi_value answers = nullptr;
    napi_create_object(env, &answers);
    for (const NamedBit &status : answer_statuses) set(env, answers, status.name, number_to_js(env, status.value));
    set(env, exports, "answers", answers);
}

} // namespace seclua::binding
