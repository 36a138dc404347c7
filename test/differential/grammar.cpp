// SPDX-License-Identifier: Apache-2.0
// The tables of the grammar.
//
// Left out. Operators: rbl (network), geoLookup and fuzzyHash (a data base, an optional library), noMatch,
// rsub, validateHash, gsbLookup (the peer's parser refuses them), validateNid and the Dataset forms (unknown
// to the peer). Variables: DURATION, TIME*, UNIQUE_ID, MODSEC_BUILD and PERF_* hold other values by nature;
// SCRIPT_*, WEBSERVER_ERROR_LOG, STREAM_* and the like are unknown to one side or empty by design; MSC_PCRE_*
// came with a later version of the peer. Actions: append, prepend, proxy, pause, deprecatevar and the
// sanitise family are refused by the peer; expirevar came with a later version, and 3.0.9 drops what follows
// it.
#include "grammar.hpp"

#include <fstream>

namespace differential {

namespace {

std::vector<Operator> operators(const std::string &folder) {
    return {
        {"rx",
         {"^b$", "(a)(b)?", "\\d+", "(?i)select\\s+(\\w+)", "^[a-z]+$", "a.b", "x*", "(\\w)(\\W)?", "^$",
          "%{tx.pattern}", "[^\\x20-\\x7e]", "(?:(a)|(b)|(c))x?"},
         {"b", "ab", "12", "SELECT  name", "abc", "a\nb", "", "x", "\xe9", "cx"}},
        {"rxGlobal", {"\\d", "(a)(b)?", "x*", "(\\w)="}, {"1a2b3", "aab", "ab", "k=v=w"}},
        {"pm",
         {"abc ab bcd", "Foo bar", "select union", "a", "0x1 &lt;"},
         {"xabcd", "xfOOx", "Union", "a", "A"}},
        {"pmFromFile", {folder + "/phrases.txt"}, {"two words", "evil", "xEVILx", "phrase"}},
        {"pmf", {folder + "/phrases.txt"}, {"two words", "evil"}},
        {"contains", {"ab", "b c", "%{tx.a}", "%{REQUEST_METHOD}"}, {"xaby", "ab", "a", "GET"}},
        {"containsWord",
         {"ab", "a b", "%{tx.a}"},
         {"x ab y", "ab", "-ab-", "xab ab", "xab", "1ab", "z a b z"}},
        {"streq", {"ab", "a", "1", "%{tx.a}", "%{ARGS.b}"}, {"ab", "AB", "a", "1", ""}},
        {"strmatch", {"ab", "b c", "%{tx.a}"}, {"xaby", "ab", "b c"}},
        {"within", {"GET POST", ",ab,abc,", "%{tx.list}"}, {"GET", "ab", "T P", "", "POST x"}},
        {"beginsWith", {"ab", "%{tx.a}", "/"}, {"abc", "ab", "xab", "/a"}},
        {"endsWith", {"ab", "%{tx.a}", ".php"}, {"xab", "ab", "abx", "/x.php"}},
        {"eq", {"5", "0", "1", "%{tx.score}", "-1"}, {"5", " 5", "5abc", "0", "abc", "", "-1", "+5", "5.9"}},
        {"ge", {"5", "0", "2", "%{tx.score}"}, {"5", "6", "4", "abc", "1e3"}},
        {"gt", {"5", "0", "1", "%{tx.score}"}, {"5", "6", "4", "\t7"}},
        {"le", {"5", "0", "1", "%{tx.score}"}, {"5", "6", "-4", "x"}},
        {"lt", {"5", "0", "3", "%{tx.score}"}, {"5", "-6", "4", "--4"}},
        {"ipMatch",
         {"10.0.0.0/8", "192.0.2.7", "192.0.2.0/24,10.1.2.3", "2001:db8::/32", "::1,127.0.0.1"},
         {"10.1.2.3", "192.0.2.7", "2001:db8::1", "::1", "11.0.0.1", "10.0.0.0/8"}},
        {"ipMatchFromFile",
         {folder + "/addresses.txt"},
         {"10.1.2.3", "192.0.2.7", "2001:db8::1", "172.16.0.1"}},
        {"ipMatchF", {folder + "/addresses.txt"}, {"10.1.2.3", "192.0.2.7"}},
        {"detectSQLi", {""}, {"1' or '1'='1", "1 union select 1,2", "hello world", "1;drop table x--", "a"}},
        {"detectXSS",
         {""},
         {"<script>alert(1)</script>", "<img src=x onerror=a>", "javascript:alert(1)", "a<b"}},
        {"validateByteRange",
         {"32-126", "10,13,32-126", "0-255", "97-122"},
         {"ab", "a\x01", "\xff", "a\nb", "AB"}},
        {"validateUrlEncoding", {""}, {"a%41", "a%4", "%zz", "%", "plain"}},
        {"validateUtf8Encoding",
         {""},
         {"abc", "\xc3\xa9", "\xc3", "\x80", "\xc0\xaf", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80",
          "\xe2\x82"}},
        {"unconditionalMatch", {""}, {"a", ""}},
        {"verifyCC",
         {"\\d{13,16}", "(\\d{4})-?\\d{4}-?\\d{4}-?\\d{4}"},
         {"4111111111111111", "4111-1111-1111-1111", "4111111111111112", "x 5500005555555559 y"}},
        {"verifySSN", {"\\d{3}-?\\d{2}-?\\d{4}"}, {"078-05-1120", "219099999", "123-45-6789", "000-12-3456"}},
        {"verifyCPF",
         {"([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", "\\d{11}"},
         {"529.982.247-25", "52998224725", "11111111111", "123.456.789-00"}},
        {"verifySVNR", {"\\d{4} ?\\d{6}"}, {"1237 010180", "1237010180", "7820280955", "1234567890"}},
        {"validateDTD", {folder + "/note.dtd"}, {"<note><to>a</to></note>", "<note><x/></note>"}},
        {"validateSchema", {folder + "/note.xsd"}, {"<note><to>a</to></note>", "<note><x/></note>"}},
        {"inspectFile", {folder + "/inspect.lua"}, {"evil", "good"}},
    };
}

std::vector<Transformation> transformations() {
    return {
        {"base64Decode", Writing::base64, {"VGVzdENhc2U=", "VGVzdABDYXNl", "VW", "===="}},
        {"base64DecodeExt", Writing::base64, {"VGVzd.ENhc2U=", "VGV zdE\nNhc2U", "V=", "P.HNj"}},
        {"base64Encode", Writing::plain, {"TestCase", "", "Te"}},
        {"cmdLine", Writing::plain, {"C^OMMAND /C DIR", "cmd,;/c dir", "a ( b )", "\"x\"'y'"}},
        {"compressWhitespace",
         Writing::plain,
         {"a  b", "\t\n a",
          "a\xa0\xa0"
          "b",
          "  "}},
        {"cssDecode", Writing::css, {"ja\\vascript", "j\\61 v", "\\ff1cx", "a\\", "\\4"}},
        {"escapeSeqDecode", Writing::js, {"\\x41\\102", "\\n\\t", "\\8", "\\x4", "a\\", "\\?\\'"}},
        {"hexDecode", Writing::hex, {"6162", "616", "zz", "4a4B"}},
        {"hexEncode", Writing::plain, {"ab", "\xff", ""}},
        {"htmlEntityDecode",
         Writing::html,
         {"&#x61;&#98;", "&lt;a&gt;", "&amp;&quot;&nbsp;", "&#97", "&x;", "&#;&"}},
        {"jsDecode", Writing::js, {"\\u0061\\x62", "\\141", "\\n", "\\uff1c", "\\", "\\400"}},
        {"length", Writing::plain, {"", "abc", "12345"}},
        {"lowercase",
         Writing::plain,
         {"ABc", "SELECT",
          "\xc0"
          "A"}},
        {"uppercase",
         Writing::plain,
         {"abC", "get",
          "\xe0"
          "a"}},
        {"md5", Writing::plain, {"", "abc"}},
        {"sha1", Writing::plain, {"", "abc"}},
        {"none", Writing::plain, {"a"}},
        {"normalizePath",
         Writing::plain,
         {"/a/../b", "./a//b/", "/../..", "a/./b/..", "/", "..", "a/../../b"}},
        {"normalizePathWin", Writing::plain, {"\\a\\..\\b", ".\\a\\\\b", "/a\\../b"}},
        {"normalisePath", Writing::plain, {"/a/../b"}},
        {"normalisePathWin", Writing::plain, {"\\a\\..\\b"}},
        {"parityEven7bit", Writing::plain, {"abc", "\xe1\x01"}},
        {"parityOdd7bit", Writing::plain, {"abc", "\xe1\x01"}},
        {"parityZero7bit", Writing::plain, {"abc", "\xe1\x81"}},
        {"removeComments", Writing::plain, {"a/*b*/c", "a<!-- x -->b", "a--b", "a#b", "/*open", "a/*"}},
        {"removeCommentsChar", Writing::plain, {"a/*b*/c", "a<!--x-->b", "a--b", "a#b"}},
        {"removeNulls", Writing::plain, {std::string("a\0b", 3)}},
        {"removeWhitespace", Writing::plain, {"a b\tc", "\xc2\xa0x", " "}},
        {"replaceComments", Writing::plain, {"a/*b*/c", "a/*b", "/*/x*/"}},
        {"replaceNulls", Writing::plain, {std::string("a\0b", 3)}},
        {"sqlHexDecode", Writing::sql_hex, {"0x6162", "0x616", "x0X61", "0xzz"}},
        {"trim", Writing::plain, {" a ", "\ta\n", "  "}},
        {"trimLeft", Writing::plain, {" a ", "\n\ta"}},
        {"trimRight", Writing::plain, {" a ", "a\r\n"}},
        {"urlDecode", Writing::percent, {"a%62+c", "%zz%4", "%", "%00"}},
        {"urlDecodeUni", Writing::percent, {"%u0061%62+", "%uff1c", "%uzzzz%4", "%u", "%u00e9"}},
        {"urlEncode", Writing::plain, {"a b/c", "\xe9", "*"}},
        {"utf8toUnicode",
         Writing::plain,
         {"\xc3\xa9",
          "a\xe2\x82\xac"
          "b",
          "\xc3", "\xf0\x9f\x98\x80",
          "\xff"
          "a"}},
    };
}

std::vector<Variable> variables() {
    const std::vector<std::string> names = {"", ":a", ":b", ":/^[ab]$/", ":A", ":/json/"};
    const std::vector<std::string> headers = {"", ":X-A", ":x-b", ":/^x-/"};
    const std::vector<std::string> files = {"", ":f", ":/f/"};
    const std::vector<std::string> tx = {":a", ":score", ":b", ":1", ":0", "", ":/^[ab]$/"};
    const std::vector<std::string> kept = {":n", ""};
    return {
        {"ARGS", Place::query, 1, names},
        {"ARGS_GET", Place::query, 1, names},
        {"ARGS_POST", Place::body, 2, names},
        {"ARGS_NAMES", Place::query_name, 1, names},
        {"ARGS_GET_NAMES", Place::query_name, 1, names},
        {"ARGS_POST_NAMES", Place::body_name, 2, names},
        {"ARGS_COMBINED_SIZE", Place::query, 1, {}},
        {"AUTH_TYPE", Place::authorization, 1, {}},
        {"REMOTE_USER", Place::authorization, 1, {}},
        {"ENV", Place::nowhere, 1, {":LANG", ":seen"}},
        {"FILES", Place::file, 2, files},
        {"FILES_NAMES", Place::file, 2, files},
        {"FILES_SIZES", Place::file, 2, files},
        {"FILES_COMBINED_SIZE", Place::file, 2, {}},
        {"FILES_TMPNAMES", Place::file, 2, files},
        {"FILES_TMP_CONTENT", Place::file, 2, files},
        {"FULL_REQUEST", Place::raw_body, 2, {}},
        {"FULL_REQUEST_LENGTH", Place::raw_body, 2, {}},
        {"GEO", Place::nowhere, 1, {":COUNTRY_CODE"}},
        {"GLOBAL", Place::persistent, 1, kept},
        {"IP", Place::persistent, 1, kept},
        {"RESOURCE", Place::persistent, 1, kept},
        {"SESSION", Place::persistent, 1, kept},
        {"USER", Place::persistent, 1, kept},
        {"SESSIONID", Place::nowhere, 1, {}},
        {"USERID", Place::nowhere, 1, {}},
        {"WEBAPPID", Place::nowhere, 1, {}},
        {"HIGHEST_SEVERITY", Place::nowhere, 1, {}},
        {"INBOUND_DATA_ERROR", Place::nowhere, 2, {}},
        {"MATCHED_VAR", Place::query, 1, {}},
        {"MATCHED_VAR_NAME", Place::query, 1, {}},
        {"MATCHED_VARS", Place::query, 1, {"", ":/a/"}},
        {"MATCHED_VARS_NAMES", Place::query, 1, {""}},
        {"MULTIPART_BOUNDARY_QUOTED", Place::multipart, 2, {}},
        {"MULTIPART_BOUNDARY_WHITESPACE", Place::multipart, 2, {}},
        {"MULTIPART_CRLF_LF_LINES", Place::multipart, 2, {}},
        {"MULTIPART_DATA_AFTER", Place::multipart, 2, {}},
        {"MULTIPART_DATA_BEFORE", Place::multipart, 2, {}},
        {"MULTIPART_FILE_LIMIT_EXCEEDED", Place::file, 2, {}},
        {"MULTIPART_HEADER_FOLDING", Place::multipart, 2, {}},
        {"MULTIPART_INVALID_HEADER_FOLDING", Place::multipart, 2, {}},
        {"MULTIPART_INVALID_PART", Place::multipart, 2, {}},
        {"MULTIPART_INVALID_QUOTING", Place::multipart, 2, {}},
        {"MULTIPART_LF_LINE", Place::multipart, 2, {}},
        {"MULTIPART_MISSING_SEMICOLON", Place::multipart, 2, {}},
        {"MULTIPART_STRICT_ERROR", Place::multipart, 2, {}},
        {"MULTIPART_UNMATCHED_BOUNDARY", Place::multipart, 2, {}},
        {"MULTIPART_FILENAME", Place::file, 2, {""}},
        {"MULTIPART_NAME", Place::multipart, 2, {""}},
        {"MULTIPART_PART_HEADERS", Place::multipart, 2, {"", ":a", ":f"}},
        {"OUTBOUND_DATA_ERROR", Place::nowhere, 4, {}},
        {"PATH_INFO", Place::path, 1, {}},
        {"QUERY_STRING", Place::query, 1, {}},
        {"REMOTE_ADDR", Place::nowhere, 1, {}},
        {"REMOTE_HOST", Place::nowhere, 1, {}},
        {"REMOTE_PORT", Place::nowhere, 1, {}},
        {"REQBODY_ERROR", Place::json, 2, {}},
        {"REQBODY_ERROR_MSG", Place::json, 2, {}},
        {"REQBODY_PROCESSOR", Place::body, 1, {}},
        {"REQBODY_PROCESSOR_ERROR", Place::xml, 2, {}},
        {"REQBODY_PROCESSOR_ERROR_MSG", Place::json, 2, {}},
        {"REQUEST_BASENAME", Place::path, 1, {}},
        {"REQUEST_BODY", Place::raw_body, 2, {}},
        {"REQUEST_BODY_LENGTH", Place::raw_body, 2, {}},
        {"REQUEST_COOKIES", Place::cookie, 1, names},
        {"REQUEST_COOKIES_NAMES", Place::cookie_name, 1, names},
        {"REQUEST_FILENAME", Place::path, 1, {}},
        {"REQUEST_HEADERS", Place::header, 1, headers},
        {"REQUEST_HEADERS_NAMES", Place::header_name, 1, headers},
        {"REQUEST_LINE", Place::query, 1, {}},
        {"REQUEST_METHOD", Place::nowhere, 1, {}},
        {"REQUEST_PROTOCOL", Place::nowhere, 1, {}},
        {"REQUEST_URI", Place::path, 1, {}},
        {"REQUEST_URI_RAW", Place::query, 1, {}},
        {"RESPONSE_BODY", Place::response_body, 4, {}},
        {"RESPONSE_CONTENT_LENGTH", Place::response_body, 4, {}},
        {"RESPONSE_CONTENT_TYPE", Place::response_body, 3, {}},
        {"RESPONSE_HEADERS", Place::response_header, 3, headers},
        {"RESPONSE_HEADERS_NAMES", Place::response_header, 3, headers},
        {"RESPONSE_PROTOCOL", Place::response_body, 3, {}},
        {"RESPONSE_STATUS", Place::response_body, 3, {}},
        {"STATUS_LINE", Place::response_body, 3, {}},
        {"RULE", Place::nowhere, 1, {":id", ":severity", ":msg"}},
        {"SERVER_ADDR", Place::nowhere, 1, {}},
        {"SERVER_NAME", Place::nowhere, 1, {}},
        {"SERVER_PORT", Place::nowhere, 1, {}},
        {"TX", Place::tx, 1, tx},
        {"URLENCODED_ERROR", Place::query, 1, {}},
        {"XML", Place::xml, 2, {":/*", "://@*", ":/note/to/text()", ""}},
    };
}

std::vector<Action> actions(const std::string &folder) {
    return {
        {"pass", {"pass"}, true, true},
        {"deny", {"deny", "deny,status:401"}, true, true},
        {"drop", {"drop"}, true, true},
        {"block", {"block", "block,status:418"}, true, true},
        {"allow", {"allow", "allow:phase", "allow:request"}, true, true},
        {"redirect",
         {"redirect:'http://x.test/%{MATCHED_VAR_NAME}'", "redirect:'/y',status:301"},
         true,
         true},
        {"status", {"deny,status:500", "drop,status:404", "deny,status:200"}, true, true},
        {"log", {"log"}},
        {"nolog", {"nolog"}},
        {"auditlog", {"auditlog"}},
        {"noauditlog", {"noauditlog"}},
        {"capture", {"capture"}},
        {"multiMatch", {"multiMatch"}},
        {"chain", {""}, false, true},
        {"skip", {"skip:1", "skip:2"}, false, true},
        {"skipAfter", {"skipAfter:END"}, false, true},
        {"msg", {"msg:'m %{MATCHED_VAR_NAME}'", "msg:'plain'", "msg:'%{tx.a} %{tx.0} %{RULE.id}'"}},
        {"logdata",
         {"logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'", "logdata:'%{tx.0}|%{tx.1}'", "logdata:'%{ARGS.a}'",
          "logdata:'%{tx.score} %{REQUEST_URI}'"}},
        {"severity", {"severity:2", "severity:'WARNING'", "severity:0"}},
        {"tag", {"tag:'tag-a'", "tag:'tag-b'"}},
        {"rev", {"rev:'2'"}},
        {"ver", {"ver:'v1'"}},
        {"maturity", {"maturity:'3'"}},
        {"accuracy", {"accuracy:'8'"}},
        {"setvar",
         {"setvar:tx.a=1", "setvar:tx.score=+1", "setvar:tx.score=-2", "setvar:!tx.a", "setvar:tx.b",
          "setvar:'tx.last=%{MATCHED_VAR}'", "setvar:'tx.b=%{tx.1}'", "setvar:'tx.score=+%{tx.step}'",
          "setvar:'tx.n_%{MATCHED_VAR_NAME}=x'", "setvar:'tx.c=%{tx.a}-%{tx.0}'",
          "setvar:'tx.b=%{MATCHED_VAR_NAME}'", "setvar:ip.n=+1", "setvar:global.n=5",
          "setvar:'tx.score=+%{MATCHED_VAR}'", "setvar:tx.score=-x", "setvar:'tx.b=+2x'",
          "setvar:'tx.B=%{tx.B}y'", "setvar:'tx.c=%{ARGS.a}%{REQUEST_HEADERS.x-a}%{REQBODY_PROCESSOR}'"}},
        {"setenv", {"setenv:seen=1", "setenv:'seen=%{tx.a}'"}},
        {"initcol", {"initcol:ip=%{REMOTE_ADDR}", "initcol:global=global", "initcol:resource=r"}},
        {"setsid", {"setsid:'s%{tx.a}'"}},
        {"setuid", {"setuid:u1"}},
        {"setrsc", {"setrsc:r1"}},
        {"xmlns", {"xmlns:n=http://x.test/n"}},
        {"exec", {"exec:" + folder + "/exec.lua"}},
        {"ctl:ruleEngine", {"ctl:ruleEngine=DetectionOnly", "ctl:ruleEngine=Off", "ctl:ruleEngine=On"}},
        {"ctl:ruleRemoveById",
         {"ctl:ruleRemoveById=1002", "ctl:ruleRemoveById=1002-1003", "ctl:ruleRemoveById=1001"}},
        {"ctl:ruleRemoveByTag", {"ctl:ruleRemoveByTag=tag-a", "ctl:ruleRemoveByTag=tag-b"}},
        {"ctl:ruleRemoveTargetById",
         {"ctl:ruleRemoveTargetById=1002;ARGS:a", "ctl:ruleRemoveTargetById=1002;ARGS",
          "ctl:ruleRemoveTargetById=1002;REQUEST_HEADERS:X-A"}},
        {"ctl:ruleRemoveTargetByTag",
         {"ctl:ruleRemoveTargetByTag=tag-a;ARGS:a", "ctl:ruleRemoveTargetByTag=tag-b;ARGS"}},
        {"ctl:auditEngine", {"ctl:auditEngine=Off"}},
        {"ctl:auditLogParts", {"ctl:auditLogParts=+E"}},
        {"ctl:forceRequestBodyVariable", {"ctl:forceRequestBodyVariable=On"}},
        {"ctl:requestBodyAccess", {"ctl:requestBodyAccess=Off", "ctl:requestBodyAccess=On"}},
        {"ctl:requestBodyProcessor",
         {"ctl:requestBodyProcessor=JSON", "ctl:requestBodyProcessor=XML",
          "ctl:requestBodyProcessor=URLENCODED"}},
    };
}

}  // namespace

Grammar make_grammar(const std::string &folder) {
    return {operators(folder), transformations(), variables(), actions(folder)};
}

void write_files(const std::string &folder) {
    std::ofstream(folder + "/phrases.txt") << "# phrases\nevil\ntwo words\n\nphrase\n";
    std::ofstream(folder + "/addresses.txt") << "# addresses\n10.0.0.0/8\n192.0.2.7\n2001:db8::/32\n";
    std::ofstream(folder + "/note.dtd") << "<!ELEMENT note (to)>\n<!ELEMENT to (#PCDATA)>\n";
    std::ofstream(folder + "/note.xsd")
        << "<?xml version=\"1.0\"?>\n<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element "
           "name=\"note\">"
           "<xs:complexType><xs:sequence><xs:element name=\"to\" "
           "type=\"xs:string\"/></xs:sequence></xs:complexType>"
           "</xs:element></xs:schema>\n";
    std::ofstream(folder + "/inspect.lua")
        << "function main(name)\n  if name == 'evil' then return 'found' end\n  return nil\nend\n";
    std::ofstream(folder + "/exec.lua")
        << "function main()\n  m.setvar('tx.exec', 'ran')\n  return nil\nend\n";
}

}  // namespace differential
