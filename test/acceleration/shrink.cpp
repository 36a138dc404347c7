// SPDX-License-Identifier: Apache-2.0
// Greedy, largest pieces first. Rules are taken away in halves, quarters and so on: a load of a large set
// takes long.
#include "shrink.hpp"

#include <functional>

namespace acceleration {

namespace {

constexpr size_t loads_max = 400;
constexpr size_t runs_max = 4000;

class Shrinker {
   public:
    Shrinker(Config config, Message message) : config_(std::move(config)), message_(std::move(message)) {
        sides_ = std::make_unique<Sides>(config_);
    }

    std::optional<Shrunk> run() {
        if (!keeps(*sides_, message_)) return {};
        rules();
        do {
            changed_ = false;
            exchange();
        } while (changed_ && runs_ < runs_max);
        sides_->renew();
        return Shrunk{config_, message_, judge_both(*sides_, message_).difference};
    }

   private:
    bool keeps(Sides &sides, const Message &message) {
        if (!sides.accelerated.is_loaded() || !sides.plain.is_loaded() || runs_++ >= runs_max) return false;
        sides.renew();
        return judge_both(sides, message).outcome == Outcome::different;
    }

    void rules() {
        std::vector<std::string> lines = lines_of(config_.text);
        size_t loads = 0;
        for (size_t step = lines.size() / 2; step > 0; step /= 2) {
            for (size_t at = 0; at + step <= lines.size() && loads < loads_max;) {
                std::vector<std::string> fewer = lines;
                fewer.erase(fewer.begin() + static_cast<long>(at),
                            fewer.begin() + static_cast<long>(at + step));
                Config candidate = config_;
                candidate.text = joined(fewer);
                auto sides = std::make_unique<Sides>(candidate);
                loads++;
                if (!keeps(*sides, message_)) {
                    at += step;
                    continue;
                }
                lines = std::move(fewer);
                config_ = std::move(candidate);
                sides_ = std::move(sides);
            }
        }
    }

    bool attempt(const std::function<void(Message &)> &change) {
        Message candidate = message_;
        change(candidate);
        if (!keeps(*sides_, candidate)) return false;
        message_ = std::move(candidate);
        changed_ = true;
        return true;
    }

    template <typename Text>
    void shorten(const Text &text) {
        for (size_t step = text(message_).size(); step > 0; step /= 2) {
            for (size_t at = 0; at + step <= text(message_).size();) {
                if (!attempt([&](Message &message) { text(message).erase(at, step); })) at += step;
            }
        }
    }
    template <typename List>
    void shorten_fields(const List &list) {
        for (size_t i = list(message_).size(); i-- > 0;) {
            attempt(
                [&](Message &message) { list(message).erase(list(message).begin() + static_cast<long>(i)); });
        }
        for (size_t i = 0; i < list(message_).size(); i++) {
            shorten([&](Message &message) -> std::string & { return list(message)[i].second; });
        }
    }

    void exchange() {
        if (message_.has_response) attempt([](Message &message) { message.has_response = false; });
        shorten_fields([](Message & message) -> auto & { return message.headers; });
        shorten([](Message &message) -> std::string & { return message.target; });
        shorten([](Message &message) -> std::string & { return message.body; });
        if (!message_.has_response) return;
        shorten_fields([](Message & message) -> auto & { return message.response_headers; });
        shorten([](Message &message) -> std::string & { return message.response_body; });
    }

    Config config_;
    Message message_;
    std::unique_ptr<Sides> sides_;
    size_t runs_ = 0;
    bool changed_ = false;
};

}  // namespace

std::optional<Shrunk> shrink(const Config &config, const Message &message) {
    return Shrinker(config, message).run();
}

}  // namespace acceleration
