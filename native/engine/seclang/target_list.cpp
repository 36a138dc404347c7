// SPDX-License-Identifier: Apache-2.0
// `REQUEST_COOKIES|!REQUEST_COOKIES:/^_ga/|ARGS:'a b'|&TX:1|XML:/*`: a variable list into its items.
#include "seclang/lexer.hpp"
#include "seclang/parser.hpp"
#include "seclang/rule_parts.hpp"

#include "base/slice.h"

namespace seclua {

namespace {

bool is_separator(char c) { return c == '|' || c == ','; }

bool is_xml(std::string_view name) { return sl_slice_equal_fold(sl_slice_of(name.data(), name.size()), SL_LIT("xml")); }

// XPath without quotes ends at `|` or a blank; a comma inside its brackets is its own.
size_t find_xpath_end(std::string_view text, size_t at) {
    size_t depth = 0;
    for (; at < text.size() && text[at] != '|' && !is_blank(text[at]); at++) {
        const char c = text[at];
        if (c == '(' || c == '[') depth++;
        if ((c == ')' || c == ']') && depth > 0) depth--;
        if (c == ',' && depth == 0) break;
    }
    return at;
}

size_t find_bare_end(std::string_view text, size_t at) {
    while (at < text.size() && !is_separator(text[at]) && !is_blank(text[at])) at++;
    return at;
}

class TargetListParser {
  public:
    TargetListParser(const MappedText &list, std::vector<TargetItem> &out, Diagnostics &diagnostics)
        : list_(list), text_(list.view()), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        for (;;) {
            at_ = skip_blanks(text_, at_);
            parse_item();
            at_ = skip_blanks(text_, at_);
            if (at_ == text_.size()) {
                return ok_;
            }
            if (is_separator(text_[at_])) {
                at_++;
                continue;
            }
            fail(Code::E_SYNTAX, at_, find_bare_end(text_, at_) - at_, "expected | or , between variables");
            at_ = find_bare_end(text_, at_);
            if (at_ < text_.size() && is_separator(text_[at_])) at_++;
        }
    }

  private:
    void fail(Code code, size_t at, size_t length, std::string message, std::string hint = {}) {
        ok_ = false;
        diagnostics_.add(code, list_.at(at, length), std::move(message), std::move(hint));
    }

    void parse_item() {
        TargetItem item;
        const size_t start = at_;
        if (at_ < text_.size() && (text_[at_] == '!' || text_[at_] == '&')) {
            item.excluded = text_[at_] == '!';
            item.counted = text_[at_] == '&';
            at_++;
        }
        const size_t name = at_;
        while (at_ < text_.size() && !is_separator(text_[at_]) && !is_blank(text_[at_]) && text_[at_] != ':' &&
               text_[at_] != '.') {
            at_++;
        }
        if (at_ == name) {
            fail(Code::E_SYNTAX, start, 1, "a variable name is missing");
            at_ = find_bare_end(text_, at_);
            return;
        }
        item.name = list_.text(name, at_);
        if (at_ < text_.size() && (text_[at_] == ':' || text_[at_] == '.')) {
            at_++;
            parse_selector(item);
        }
        out_.push_back(std::move(item));
    }

    void parse_selector(TargetItem &item) {
        const size_t start = at_;
        if (at_ < text_.size() && text_[at_] == '\'') {
            parse_quoted(item);
            return;
        }
        size_t regex_end = std::string_view::npos;
        if (is_xml(item.name.value)) {
            at_ = find_xpath_end(text_, at_);
        } else if (at_ < text_.size() && text_[at_] == '/') {
            regex_end = regex_ends_.find(text_, at_);
        }
        if (regex_end != std::string_view::npos) {
            item.selector_kind = SelectorKind::regex;
            item.selector = list_.text(start + 1, regex_end);
            at_ = regex_end + 1;
        } else {
            if (!is_xml(item.name.value)) at_ = find_bare_end(text_, at_);
            if (at_ == start) {
                diagnostics_.add(Code::W_DEPRECATED, item.name.at, "an empty selector means the whole collection",
                                 "write " + item.name.value);
                return;
            }
            item.selector_kind = SelectorKind::key;
            item.selector = list_.text(start, at_);
        }
        item.raw_selector = text_.substr(start, at_ - start);
    }

    void parse_quoted(TargetItem &item) {
        const size_t open = at_;
        const size_t closing = find_closing_quote(text_, open + 1, '\'');
        if (closing == std::string_view::npos) {
            fail(Code::E_UNTERMINATED, open, text_.size() - open, "unterminated quoted string",
                 "a ' is missing; within the selector it is written \\'");
        }
        const size_t end = std::min(closing, text_.size());
        const std::string_view inner = text_.substr(open + 1, end - open - 1);
        at_ = std::min(end + 1, text_.size());
        item.selector_quoted = true;
        item.raw_selector = unescape_quoted(inner);
        if (inner.empty()) {
            diagnostics_.add(Code::W_DEPRECATED, item.name.at, "an empty selector means the whole collection",
                             "write " + item.name.value);
            return;
        }
        if (inner.size() > 2 && inner.front() == '/' && inner.back() == '/' && !is_xml(item.name.value)) {
            item.selector_kind = SelectorKind::regex;
            item.selector = list_.text(open + 2, end - 1, unescape_quoted(inner.substr(1, inner.size() - 2)));
            return;
        }
        item.selector_kind = SelectorKind::key;
        item.selector = list_.text(open + 1, end, item.raw_selector);
    }

    const MappedText &list_;
    std::string_view text_;
    std::vector<TargetItem> &out_;
    Diagnostics &diagnostics_;
    RegexEnds regex_ends_;
    size_t at_ = 0;
    bool ok_ = true;
};

} // namespace

size_t RegexEnds::find(std::string_view text, size_t open) {
    // The specification says "the last unescaped /" that is followed so; taken by the letter that would make
    // one regular expression of `ARGS:/a/|ARGS:/b/`. The first one allows `|`, `,` and further slashes within
    // it just as well.
    if (none_from_ <= open + 2) {
        return std::string_view::npos;
    }
    for (size_t i = open + 1; i < text.size(); i++) {
        if (text[i] == '\\') {
            i++;
        } else if (text[i] == '/' && i > open + 1 &&
                   (i + 1 == text.size() || is_separator(text[i + 1]) || is_blank(text[i + 1]))) {
            return i;
        }
    }
    none_from_ = open + 2;
    return std::string_view::npos;
}

std::string unescape_quoted(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\'' || text[i + 1] == '\\')) i++;
        plain += text[i];
    }
    return plain;
}

bool parse_target_list(const MappedText &list, std::vector<TargetItem> &out, Diagnostics &diagnostics) {
    return TargetListParser(list, out, diagnostics).run();
}

bool parse_targets(const Text &list, std::vector<TargetItem> &out, Diagnostics &diagnostics) {
    return parse_target_list(MappedText(list), out, diagnostics);
}

} // namespace seclua
