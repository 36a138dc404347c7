// SPDX-License-Identifier: Apache-2.0
// `id:1,t:none,msg:'it''s',setvar:tx.a=%{tx.b}`: an action list into names and unquoted values.
#include "seclang/lexer.hpp"
#include "seclang/rule_parts.hpp"

#include "base/slice.h"

namespace seclua {

namespace {

bool same_word(std::string_view text, const char *word) {
    return sl_slice_equal_fold(sl_slice_of(text.data(), text.size()), sl_slice_z(word));
}

class ActionListParser {
  public:
    ActionListParser(const MappedText &list, ActionList &out, Diagnostics &diagnostics)
        : list_(list), text_(list.view()), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        for (at_ = skip_blanks(text_, 0); at_ < text_.size(); at_ = skip_blanks(text_, at_ + 1)) {
            if (text_[at_] == ',') {
                diagnostics_.add(Code::W_IGNORED, list_.at(at_), "an action is missing before the comma");
                continue;
            }
            parse_action();
            at_ = skip_blanks(text_, at_);
            if (at_ < text_.size() && text_[at_] != ',') {
                fail(Code::E_SYNTAX, at_, "expected , between actions");
                at_ = next_comma(at_);
            }
        }
        return ok_;
    }

  private:
    void fail(Code code, size_t at, std::string message, std::string hint = {}) {
        ok_ = false;
        diagnostics_.add(code, list_.at(at, next_comma(at) - at), std::move(message), std::move(hint));
    }

    size_t next_comma(size_t from) const { return std::min(text_.find(',', from), text_.size()); }

    // Leaves at_ behind the action: at the comma, the end, or text that does not belong there.
    void parse_action() {
        const size_t start = at_;
        while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ':' && !is_blank(text_[at_])) at_++;
        ActionItem &item = out_.emplace_back();
        item.name = list_.text(start, at_);
        const size_t colon = skip_blanks(text_, at_);
        if (at_ == start) {
            fail(Code::E_SYNTAX, start, "an action name is missing before the colon");
        }
        if (colon == text_.size() || text_[colon] != ':') {
            return;
        }
        at_ = colon + 1;
        if (at_ < text_.size() && text_[at_] == '\'') {
            parse_quoted(item);
        } else {
            parse_bare(item);
        }
    }

    void parse_quoted(ActionItem &item) {
        const size_t open = at_;
        const size_t closing = no_quote_ ? std::string_view::npos : find_closing_quote(text_, open + 1, '\'');
        if (closing == std::string_view::npos) {
            // Read on at the next comma: the id and the chain of the rule are worth having.
            no_quote_ = true;
            fail(Code::E_UNTERMINATED, open, "unterminated quoted string",
                 "a ' is missing; within the value it is written \\'");
            at_ = next_comma(open);
            item.value = list_.text(open + 1, at_);
            return;
        }
        item.value = list_.text(open + 1, closing, unescape_quoted(text_.substr(open + 1, closing - open - 1)));
        at_ = closing + 1;
    }

    void parse_bare(ActionItem &item) {
        at_ = skip_blanks(text_, at_);
        const size_t start = at_;
        const bool is_ctl = same_word(item.name.value, "ctl");
        while (at_ < text_.size() && text_[at_] != ',') {
            at_ = behind_macro(at_);
            if (is_ctl) at_ = behind_selector(start, at_);
            at_++;
        }
        at_ = std::min(at_, text_.size());
        size_t end = at_;
        while (end > start && is_blank(text_[end - 1])) end--;
        item.value = list_.text(start, end);
    }

    // At `%{…}`: its closing brace, so that a comma in a key does not end the value. Else the index as it is.
    size_t behind_macro(size_t at) {
        if (no_brace_ || text_[at] != '%' || at + 1 >= text_.size() || text_[at + 1] != '{') {
            return at;
        }
        const size_t brace = text_.find('}', at);
        no_brace_ = brace == std::string_view::npos;
        return no_brace_ ? at : brace;
    }

    // At the slash of `COLLECTION:/…/` in ctl:ruleRemoveTarget…: the closing slash. XML takes XPath, which
    // just begins so.
    size_t behind_selector(size_t value, size_t at) {
        if (text_[at] != '/' || at < value + 4 || (text_[at - 1] != ':' && text_[at - 1] != '.')) {
            return at;
        }
        if (same_word(text_.substr(at - 4, 3), "xml") && (at == value + 4 || !sl_ascii_is_alnum(byte(at - 5)))) {
            return at;
        }
        const size_t end = regex_ends_.find(text_, at);
        return end == std::string_view::npos ? at : end;
    }

    uint8_t byte(size_t at) const { return static_cast<uint8_t>(text_[at]); }

    const MappedText &list_;
    std::string_view text_;
    ActionList &out_;
    Diagnostics &diagnostics_;
    RegexEnds regex_ends_;
    size_t at_ = 0;
    bool ok_ = true;
    bool no_quote_ = false; // no closing quote from here on: do not look for it again
    bool no_brace_ = false;
};

} // namespace

bool parse_action_list(const MappedText &list, ActionList &out, Diagnostics &diagnostics) {
    return ActionListParser(list, out, diagnostics).run();
}

} // namespace seclua
