// SPDX-License-Identifier: Apache-2.0
#include "pattern.hpp"

#include <bitset>
#include <cctype>

namespace acceleration {

namespace {

using Bytes = std::bitset<256>;
constexpr unsigned unbounded = ~0u;
constexpr size_t sample_bytes_max = 400;

struct Node {
    enum Kind { nothing, line_end, bytes, sequence, choice, group, reference };
    Kind kind = nothing;
    Bytes set;                // bytes
    std::vector<Node> parts;  // sequence, choice; group: one
    unsigned number = 0;      // group, reference
    unsigned least = 1, most = 1;
    bool is_optional_text = false;  // a look-around: its text may or may not stand there
};

Bytes class_of(char letter) {
    Bytes set;
    for (unsigned b = 0; b < 256; b++) {
        const int c = static_cast<int>(b);
        bool is_in = false;
        switch (letter) {
            case 'd':
            case 'D': is_in = std::isdigit(c) != 0; break;
            case 'w':
            case 'W': is_in = std::isalnum(c) != 0 || c == '_'; break;
            case 's':
            case 'S': is_in = std::isspace(c) != 0; break;
            case 'h':
            case 'H': is_in = c == ' ' || c == '\t' || c == 0xa0; break;
            case 'v':
            case 'V':
            case 'R': is_in = c >= 10 && c <= 13; break;
            default: is_in = c != '\n';
        }
        set.set(b, is_in != (std::isupper(letter) != 0 && letter != 'N' && letter != 'R'));
    }
    return set;
}

class Parser {
   public:
    explicit Parser(const std::string &pattern) : pattern_(pattern) {}
    Node run() {
        Node node = choice();
        while (at_ < pattern_.size()) {  // a stray bracket
            at_++;
            choice();
        }
        return node;
    }

   private:
    bool more() const { return at_ < pattern_.size(); }
    char peek(size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }
    bool accept(const char *text) {
        if (pattern_.compare(at_, std::char_traits<char>::length(text), text) != 0) return false;
        at_ += std::char_traits<char>::length(text);
        return true;
    }
    void skip_past(char end) {
        while (more() && pattern_[at_] != end) at_++;
        if (more()) at_++;
    }

    Node choice() {
        Node node;
        node.kind = Node::choice;
        if (++depth_ > 60) return node;
        do node.parts.push_back(sequence());
        while (accept("|"));
        depth_--;
        return node;
    }

    Node sequence() {
        Node node;
        node.kind = Node::sequence;
        while (more() && peek() != '|' && peek() != ')') {
            Node part = atom();
            quantify(part);
            node.parts.push_back(std::move(part));
        }
        return node;
    }

    void quantify(Node &part) {
        if (accept("?"))
            part.least = 0;
        else if (accept("*"))
            part.least = 0, part.most = unbounded;
        else if (accept("+"))
            part.most = unbounded;
        else if (peek() == '{' && (std::isdigit(peek(1)) || peek(1) == ',')) {
            at_++;
            part.least = number();
            part.most = part.least;
            if (accept(",")) part.most = std::isdigit(peek()) ? number() : unbounded;
            skip_past('}');
        } else
            return;
        if (peek() == '?' || peek() == '+') at_++;
    }

    unsigned number() {
        unsigned value = 0;
        while (std::isdigit(peek()) && value < 1000)
            value = value * 10 + static_cast<unsigned>(pattern_[at_++] - '0');
        return value;
    }

    static Node of(const Bytes &set) {
        Node node;
        node.kind = Node::bytes;
        node.set = set;
        return node;
    }
    static Node of(char byte) { return of(Bytes().set(static_cast<uint8_t>(byte))); }

    Node atom() {
        const char c = pattern_[at_++];
        switch (c) {
            case '(': return group();
            case '[': return bracket();
            case '.': return of(class_of('N'));
            case '^':
            case '$': {
                Node node;
                node.kind = Node::line_end;
                return node;
            }
            case '\\': return escape();
            default: return of(c);
        }
    }

    Node group() {
        Node node;
        node.kind = Node::group;
        if (accept("*")) {
            skip_past(')');
            return {};
        }
        if (accept("?")) {
            if (accept("#")) {
                skip_past(')');
                return {};
            }
            if (accept("=") || accept("!") || accept("<=") || accept("<!"))
                node.is_optional_text = true;
            else if (accept("P<") || accept("<"))
                node.number = ++groups_, skip_past('>');
            else if (accept("'"))
                node.number = ++groups_, skip_past('\'');
            else if (accept("("))
                skip_past(')');  // a condition
            else if (!accept("|") && !accept(">")) {
                while (more() && peek() != ':' && peek() != ')') at_++;  // flags, recursion
                if (peek() == ':') at_++;
            }
        } else {
            node.number = ++groups_;
        }
        node.parts.push_back(choice());
        accept(")");
        return node;
    }

    Node escape() {
        if (!more()) return {};
        const char c = pattern_[at_++];
        Node node;
        switch (c) {
            case 'n': return of('\n');
            case 'r': return of('\r');
            case 't': return of('\t');
            case 'f': return of('\f');
            case 'a': return of('\a');
            case 'e': return of('\x1b');
            case 'x': return of(static_cast<char>(hex()));
            case '0': return of(static_cast<char>(octal()));
            case 'd':
            case 'D':
            case 'w':
            case 'W':
            case 's':
            case 'S':
            case 'h':
            case 'H':
            case 'v':
            case 'V':
            case 'R':
            case 'N': return of(class_of(c));
            case 'b':
            case 'B':
            case 'A':
            case 'z':
            case 'Z':
            case 'G':
            case 'K':
            case 'E': return {};
            case 'Q':
                node.kind = Node::sequence;
                while (more() && !accept("\\E")) node.parts.push_back(of(pattern_[at_++]));
                return node;
            case 'g':
            case 'k':
                node.kind = Node::reference;
                accept("{");
                node.number = number();
                accept("}");
                return node;
            default:
                if (!std::isdigit(c)) return of(c);
                node.kind = Node::reference;
                node.number = static_cast<unsigned>(c - '0');
                return node;
        }
    }

    unsigned hex() {
        const bool is_braced = accept("{");
        unsigned value = 0;
        for (int i = 0; std::isxdigit(peek()) && (is_braced || i < 2); i++) {
            const char c = pattern_[at_++];
            value = value * 16 + static_cast<unsigned>(std::isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
        }
        if (is_braced) skip_past('}');
        return value & 0xff;
    }
    unsigned octal() {
        unsigned value = 0;
        for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; i++)
            value = value * 8 + static_cast<unsigned>(pattern_[at_++] - '0');
        return value & 0xff;
    }

    Node bracket() {
        Bytes set;
        const bool is_negated = accept("^");
        bool is_first = true;
        while (more() && (peek() != ']' || is_first)) {
            is_first = false;
            Bytes member = in_bracket();
            if (peek() == '-' && peek(1) != ']' && member.count() == 1) {
                at_++;
                const Bytes last = in_bracket();
                for (unsigned b = first_of(member); b <= first_of(last); b++) member.set(b);
            }
            set |= member;
        }
        if (more()) at_++;
        return of(is_negated ? ~set : set);
    }
    Bytes in_bracket() {
        if (!more()) return {};
        if (peek() == '[' && peek(1) == ':') {
            at_ += 2;
            const bool is_negated = accept("^");
            Bytes set;
            for (unsigned b = 0; b < 128; b++)
                set.set(b, is_named(pattern_.substr(at_), static_cast<int>(b)) != is_negated);
            skip_past(']');
            return set;
        }
        const char c = pattern_[at_++];
        if (c != '\\') return Bytes().set(static_cast<uint8_t>(c));
        if (accept("b")) return Bytes().set(8);
        const Node node = escape();
        return node.kind == Node::bytes ? node.set : Bytes();
    }
    static bool is_named(const std::string &rest, int c) {
        if (rest.starts_with("alpha")) return std::isalpha(c) != 0;
        if (rest.starts_with("digit")) return std::isdigit(c) != 0;
        if (rest.starts_with("alnum")) return std::isalnum(c) != 0;
        if (rest.starts_with("space")) return std::isspace(c) != 0;
        if (rest.starts_with("punct")) return std::ispunct(c) != 0;
        return std::isprint(c) != 0;
    }
    static unsigned first_of(const Bytes &set) {
        for (unsigned b = 0; b < 256; b++) {
            if (set.test(b)) return b;
        }
        return 255;
    }

    const std::string &pattern_;
    size_t at_ = 0;
    unsigned groups_ = 0;
    int depth_ = 0;
};

class Sampler {
   public:
    explicit Sampler(Random &random) : random_(random), captured_(32) {}
    std::string run(const Node &node) {
        add(node);
        return text_;
    }

   private:
    void add(const Node &node) {
        unsigned times = node.least;
        const unsigned most = node.most == unbounded ? node.least + 4 : node.most;
        if (most > node.least) {  // "{3,1}" is no pattern, but somebody may ask for its texts
            if (random_.percent(50)) times += static_cast<unsigned>(random_.below(most - node.least + 1));
        }
        for (unsigned i = 0; i < times && text_.size() < sample_bytes_max; i++) once(node);
    }
    void once(const Node &node) {
        const size_t start = text_.size();
        switch (node.kind) {
            case Node::bytes: byte(node.set); break;
            case Node::sequence:
                for (const Node &part : node.parts) add(part);
                break;
            case Node::choice:
                if (!node.parts.empty()) add(random_.of(node.parts));
                break;
            case Node::group:
                if (node.is_optional_text && random_.percent(50)) break;
                add(node.parts[0]);
                if (node.number < captured_.size()) captured_[node.number] = text_.substr(start);
                break;
            case Node::reference:
                if (node.number < captured_.size()) text_ += captured_[node.number];
                break;
            case Node::line_end:  // where ^ and $ match at lines
                if (random_.percent(15)) text_ += '\n';
                break;
            case Node::nothing: break;
        }
    }
    void byte(const Bytes &set) {
        std::vector<char> plain, all;
        for (unsigned b = 0; b < 256; b++) {
            if (!set.test(b)) continue;
            all.push_back(static_cast<char>(b));
            if (b > 32 && b < 127) plain.push_back(static_cast<char>(b));
        }
        if (!plain.empty() && random_.percent(85))
            text_ += random_.of(plain);
        else if (!all.empty())
            text_ += random_.of(all);
    }

    Random &random_;
    std::string text_;
    std::vector<std::string> captured_;
};

// ---- patterns at random ----

class Writer {
   public:
    explicit Writer(Random &random) : random_(random) {}
    std::string run() {
        static const std::vector<std::string> starts = {"",      "",     "",           "",
                                                        "(?i)",  "(?s)", "(?m)",       "(?im)",
                                                        "(?x) ", "(?U)", "(*ANYCRLF)", "(*NO_START_OPT)",
                                                        "(?i)^", "^",    "(?-i)"};
        return random_.of(starts) + choice(0);
    }

   private:
    std::string choice(int depth) {
        std::string text = sequence(depth);
        const size_t more = random_.percent(35) ? 1 + random_.below(4) : 0;
        for (size_t i = 0; i < more; i++)
            text.append(1, '|').append(random_.percent(5) ? std::string() : sequence(depth));
        return text;
    }
    std::string sequence(int depth) {
        std::string text;
        const size_t count = 1 + random_.below(depth == 0 ? 5 : 3);
        for (size_t i = 0; i < count; i++) text += atom(depth) + quantifier();
        return text;
    }
    std::string quantifier() {
        static const std::vector<std::string> kinds = {
            "?",  "*",  "+",  "{2}", "{0,2}", "{1,3}", "{0}",    "{3,}", "??",     "*?",
            "+?", "*+", "?+", "++",  "{1}",   "{0,1}", "{2,2}?", "{,2}", "{ 1, 2}"};
        return random_.percent(28) ? random_.of(kinds) : std::string();
    }
    std::string atom(int depth) {
        const size_t kind = random_.below(20);
        if (kind < 7) return word();
        if (kind < 9) return letter();
        if (kind < 12) return bracket();
        if (kind < 15) return escape();
        if (kind < 19 && depth < 4) return group(depth + 1);
        static const std::vector<std::string> rest = {".",        "^",
                                                      "$",        "\\b",
                                                      ".*",       ".+",
                                                      "\\s*",     "[\\\\'\\\"]*",
                                                      "[\\s+]*",  "\\\\?",
                                                      "['\\\\]?", "(?:[\\\\'\\\"\\[\\]]+)?",
                                                      "\\$*",     "[\\x5c'\\\"]*"};
        return random_.of(rest);
    }
    std::string word() {
        static const std::vector<std::string> words = {
            "select",  "union",      "Script", "etc/passwd", "cat",     "\\.\\./", "<",         "on",
            "eval\\(", "ls",         "ab",     "a",          "KEY",     "=",       "\\xe9",     "0x",
            "http",    "://",        "wget",   "\\{",        "\\$",     "--",      "/\\*",      "k",
            "s",       "st",         "ss",     "\\x{41}b",   "a\\x62c", "\\142c",  "\\Qa.b\\E", "\\Q\\E",
            "x",       "sel\\x65ct", " ",      "%",          ";",       "\\|",     "\\n",       "a b",
            "#a",      "&&",         "i",      "I"};
        return random_.of(words);
    }
    std::string letter() { return std::string(1, "abcdeklsxzABKSZ019_"[random_.below(19)]); }
    std::string bracket() {
        static const std::vector<std::string> kinds = {
            "[abc]",       "[a-z]",         "[^a]",          "[A-Z0-9_]",      "[\\s\\x0b]", "[;|&]",
            "[[:alpha:]]", "[[:^digit:]x]", "[]a]",          "[^]a]",          "[a\\]b]",    "[\\d.]",
            "[\\w-]",      "[.-/]",         "[\\x00-\\x1f]", "[^\\x20-\\x7e]", "[kK]",       "[\\-a]",
            "[a-]",        "[\\\\x]",       "[=\\x3d]",      "[\\N]",          "[\\b]",      "[\\h]",
            "[\\Q^]\\E]",  "[[.a.]]",       "[\\x{41}-C]",   "[\\101b]",       "[k-m]",      "[[ab]]",
            "[[]",         "[\\/]",         "[\\e\\a]",      "[sS\\x{17f}]"};
        return random_.of(kinds);
    }
    std::string escape() {
        static const std::vector<std::string> kinds = {
            "\\d",     "\\s",  "\\w",   "\\W",  "\\D", "\\S", "\\h",   "\\R",      "\\N",     "\\v", "\\B",
            "\\A",     "\\z",  "\\Z",   "\\K",  "\\n", "\\t", "\\.",   "\\/",      "\\\\",    "\\1", "\\2",
            "\\g{1}",  "\\g1", "\\x61", "\\x6", "\\x", "\\0", "\\012", "\\o{101}", "\\cA",    "\\e", "\\pL",
            "\\p{Lu}", "\\X",  "\\G",   "\\-",  "\\@", "\\C", "\\H",   "\\V",      "\\g{-1}", "\\E", "\\10"};
        return random_.of(kinds);
    }
    std::string group(int depth) {
        static const std::vector<std::string> opens = {
            "(",          "(",        "(?:",      "(?:",        "(?:",    "(?i:",  "(?-i:",
            "(?>",        "(?=",      "(?!",      "(?<=",       "(?<!",   "(?<n>", "(?P<m>",
            "(?|",        "(?#",      "(?(1)",    "(?s:",       "(?x: ",  "(?^:",  "(?im-s:",
            "(?R)(",      "(?1)(",    "(?P>n)(",  "(*atomic:",  "(*pla:", "(?'q'", "(?i)(",
            "(*ACCEPT)(", "(*FAIL)(", "(*SKIP)(", "(*COMMIT)(", "(?C)(",  "(?n:",  "(?&n)("};
        const std::string open = random_.of(opens);
        if (open == "(?#") return "(?#select)";
        return open + choice(depth) + ")";
    }

    Random &random_;
};

}  // namespace

std::string sample_of(const std::string &pattern, Random &random) {
    std::string text = Sampler(random).run(Parser(pattern).run());
    if (!random.percent(30)) return text;
    for (char &c : text) {
        if (std::isalpha(static_cast<unsigned char>(c)) && random.percent(30)) c = static_cast<char>(c ^ 32);
    }
    return text;
}

std::string random_pattern(Random &random) { return Writer(random).run(); }

std::string mutated_pattern(std::string pattern, Random &random) {
    static const char pool[] = "?*+|()[]^$.\\abks01{}-";
    for (size_t left = 1 + random.below(3); left > 0 && !pattern.empty(); left--) {
        const size_t at = random.below(pattern.size());
        const size_t length = 1 + random.below(8);
        switch (random.below(5)) {
            case 0: pattern.erase(at, 1); break;
            case 1: pattern.insert(at, 1, pool[random.below(sizeof pool - 1)]); break;
            case 2: pattern[at] = pool[random.below(sizeof pool - 1)]; break;
            case 3: pattern.insert(random.below(pattern.size()), pattern.substr(at, length)); break;
            default: pattern.erase(at, length);
        }
    }
    return pattern;
}

}  // namespace acceleration
