// SPDX-License-Identifier: Apache-2.0
// The shrinker: greedy, largest pieces first, until a whole round takes nothing away.
//
// What is left is necessary for the difference, each piece of it: that is what makes a deviation's patterns
// trustworthy.
#include "compare.hpp"

#include <functional>
#include <utility>

namespace differential {

namespace {

constexpr std::size_t runs_max = 600;  // of both engines, for one shrink

// No server hands on a field value with blanks around it.
bool is_sendable(const Pair &pair) {
    for (const auto *headers : {&pair.request.headers, &pair.response.headers}) {
        for (const auto &[name, value] : *headers) {
            if (!value.empty() && (value.front() == ' ' || value.back() == ' ')) return false;
        }
    }
    return true;
}

class Shrinker {
  public:
    Shrinker(const Pair &pair, std::string kind, std::string key)
        : best_(pair), kind_(std::move(kind)), key_(std::move(key)) {}

    Pair run() {
        do {
            changed_ = false;
            units();
            rules();
            exchange();
        } while (changed_ && runs_ < runs_max);
        return best_;
    }

  private:
    bool keeps(const Pair &candidate) {
        if (runs_++ >= runs_max) return false;
        for (const auto &difference : run_both(candidate).differences) {
            if (difference.kind == kind_ && difference.key == key_) return true;
        }
        return false;
    }

    bool attempt(const std::function<void(Pair &)> &change) {
        auto candidate = best_;
        change(candidate);
        if (!is_sendable(candidate)) return false;
        if (!keeps(candidate)) return false;
        best_ = std::move(candidate);
        changed_ = true;
        return true;
    }

    // list: the vector in question of a given pair.
    template <typename List>
    void drop_each(const List &list, std::size_t first = 0) {
        for (auto i = list(best_).size(); i-- > first;) {
            attempt([&](Pair &pair) { list(pair).erase(list(pair).begin() + static_cast<long>(i)); });
        }
    }

    void units() {
        drop_each([](Pair &pair) -> auto & { return pair.units; }, setting_lines);
        for (std::size_t u = setting_lines; u < best_.units.size(); u++) {
            if (best_.units[u].links.size() < 2) continue;
            drop_each([u](Pair &pair) -> auto & { return pair.units[u].links; }, 1);
        }
    }

    void rules() {
        for (std::size_t u = setting_lines; u < best_.units.size(); u++) {
            for (std::size_t l = 0; l < best_.units[u].links.size(); l++) link(u, l);
        }
    }

    void link(std::size_t u, std::size_t l) {
        const auto of = [u, l](Pair &pair) -> Link & { return pair.units[u].links[l]; };
        drop_each([of](Pair &pair) -> auto & { return of(pair).actions; }, l == 0 ? 2 : 0);
        if (of(best_).targets.empty()) return;
        drop_each([of](Pair &pair) -> auto & { return of(pair).targets; }, 1);
        if (of(best_).targets.size() > 1)
            attempt([of](Pair &pair) { of(pair).targets.erase(of(pair).targets.begin()); });
        if (of(best_).negated) attempt([of](Pair &pair) { of(pair).negated = false; });
        if (of(best_).op != "unconditionalMatch") {
            attempt([of](Pair &pair) {
                of(pair).op = "unconditionalMatch";
                of(pair).parameter.clear();
                of(pair).negated = false;
            });
        }
        if (of(best_).targets != std::vector<std::string>{"REQUEST_METHOD"}) {
            attempt([of](Pair &pair) { of(pair).targets = {"REQUEST_METHOD"}; });
        }
    }

    void exchange() {
        if (best_.response.present) attempt([](Pair &pair) { pair.response = {}; });
        if (!best_.request.body.empty()) attempt([](Pair &pair) { pair.request.body.clear(); });
        drop_each([](Pair &pair) -> auto & { return pair.request.query; });
        drop_each([](Pair &pair) -> auto & { return pair.request.headers; });
        drop_each([](Pair &pair) -> auto & { return pair.request.body; });
        drop_each([](Pair &pair) -> auto & { return pair.response.headers; });
        if (best_.request.path != "/") attempt([](Pair &pair) { pair.request.path = "/"; });
        if (best_.request.method != "GET") attempt([](Pair &pair) { pair.request.method = "GET"; });
        shorten([](Pair &pair) -> auto & { return pair.request.path; }, 1);
        shorten([](Pair &pair) -> auto & { return pair.response.body; }, 0);
        for (std::size_t i = 0; i < best_.request.query.size(); i++) {
            shorten([i](Pair &pair) -> auto & { return pair.request.query[i]; }, 0);
        }
        for (std::size_t i = 0; i < best_.request.headers.size(); i++) {
            if (best_.request.headers[i].first == "Content-Type") continue;
            shorten([i](Pair &pair) -> auto & { return pair.request.headers[i].second; }, 0);
        }
        for (std::size_t i = 0; i < best_.response.headers.size(); i++) {
            shorten([i](Pair &pair) -> auto & { return pair.response.headers[i].second; }, 0);
        }
        // Bytes of a multipart body are its structure: taking them away leads to other differences.
        const bool is_multipart = !best_.request.body.empty() && best_.request.body[0].starts_with("--");
        for (std::size_t i = 0; i < best_.request.body.size() && !is_multipart; i++) {
            shorten([i](Pair &pair) -> auto & { return pair.request.body[i]; }, 0);
        }
    }

    template <typename Text>
    void shorten(const Text &text, std::size_t kept) {
        for (auto step = text(best_).size() / 2; step > 0; step /= 2) {
            for (auto at = kept; at + step <= text(best_).size();) {
                if (!attempt([&](Pair &pair) { text(pair).erase(at, step); })) at += step;
            }
        }
        if (text(best_).size() == 1 && kept == 0) attempt([&](Pair &pair) { text(pair).clear(); });
    }

    Pair best_;
    std::string kind_, key_;
    std::size_t runs_ = 0;
    bool changed_ = false;
};

}  // namespace

Pair shrink(const Pair &pair, const std::string &kind, const std::string &key) {
    return Shrinker(pair, kind, key).run();
}

}  // namespace differential
