/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts through rules: what main returns, the four classic functions, limits, sandbox, state. Most cases
 * are rows: a script, a request, what the rule made of it. */
#include "lua_world.h"

#define MAIN(body) "function main(...) " body "\nend"

typedef enum expected { HIT, MISS, ERR } expected;

typedef struct vector {
    const char *name;
    const char *script;
    const char *uri; /* NULL = "/p?a=1" */
    expected expect;
    const char *text; /* in the event's text, or in the record of level 1 */
} vector;

static const char config[] = "SecRuleEngine On\n"
                             "SecAction \"id:9,phase:1,nolog,pass,setvar:tx.k=v\"\n"
                             "SecRuleScript s.lua \"id:100,phase:2,log,deny,status:403\"\n"
                             "SecRule ARGS:a \"@streq 1\" \"id:101,phase:2,log,pass\"\n";

static const vector results[] = {
    {"a string matches", MAIN("return 'x1'"), NULL, HIT, "x1"},
    {"nil does not match", MAIN("return nil"), NULL, MISS, ""},
    {"no result does not match", MAIN(""), NULL, MISS, ""},
    {"false does not match", MAIN("return false"), NULL, MISS, ""},
    {"true does not match", MAIN("return true"), NULL, MISS, ""},
    {"the empty string does not match", MAIN("return ''"), NULL, MISS, ""},
    {"zero matches", MAIN("return 0"), NULL, HIT, "0"},
    {"a whole float has no fraction", MAIN("return 10/2"), NULL, HIT, "5\n"},
    {"a table does not match", MAIN("return {}"), NULL, MISS, ""},
    {"only the first result counts", MAIN("return nil, 'y'"), NULL, MISS, ""},
    {"a callable table can be main", "main = setmetatable({}, {__call = function() return 'c' end})", NULL,
     HIT, "c"},
    {"a local main is not found", "local function main() return 'x' end", NULL, ERR,
     "defines no global function \"main\""},
    {"a byte order mark is skipped", "\xEF\xBB\xBF" MAIN("return 'bom'"), NULL, HIT, "bom"},
    {"a first line with # is skipped", "#!/usr/bin/lua\n" MAIN("error('x')"), NULL, ERR, "s.lua:2: x"},
    {"an error with a table says so", MAIN("error({code=1})"), NULL, ERR, "(error object is a table value)"},
    {"an error object can describe itself",
     MAIN("error(setmetatable({},{__tostring=function() return 'pretty' end}))"), NULL, ERR, "pretty"},
    {"an error without value says nil", MAIN("error()"), NULL, ERR, "nil value"},
    {"main cannot yield", MAIN("coroutine.yield(1)"), NULL, ERR, "yield"},
    {"pcall gives the error", MAIN("local ok,e = pcall(error,'in'); return e"), NULL, HIT, "in"},
    {"an error of the chunk ends the run", "error('early')\n" MAIN("return 'x'"), NULL, ERR, "early"},
    {"an error has a traceback", "local function f() error('deep') end\nfunction main() f() end", NULL, ERR,
     "s.lua:1 in f"},
    {"results are escaped", MAIN("return 'a\\0b'"), NULL, HIT, "a\\x00b"},
};

static const vector reading[] = {
    {"getvar reads a scalar", MAIN("return m.getvar('REQUEST_METHOD')"), NULL, HIT, "GET"},
    {"names of variables have no case", MAIN("return m.getvar('request_method','lowercase')"), NULL, HIT,
     "get"},
    {"a missing value is one nil", MAIN("return tostring(m.getvar('ARGS.zz'))"), NULL, HIT, "nil"},
    {"a missing value is counted as a result", MAIN("return select('#', m.getvar('ARGS.zz'))"), NULL, HIT,
     "1"},
    {"an empty value is a string", MAIN("return '<'..m.getvar('ARGS.e')..'>'"), "/p?a=1&e=", HIT, "<>"},
    {"the first of equal names is read", MAIN("return m.getvar('ARGS.r')"), "/p?a=1&r=one&r=two", HIT, "one"},
    {"a collection gives its first member", MAIN("return m.getvar('ARGS')"), NULL, HIT, "1"},
    {"an unknown name is nil", MAIN("return tostring(m.getvar('NOPE'))"), NULL, HIT, "nil"},
    {"the earlier separator splits", MAIN("return m.getvar('ARGS:q.x')"), "/p?a=1&q.x=d", HIT, "d"},
    {"RULE can be read", MAIN("return m.getvar('RULE.id')"), NULL, HIT, "100"},
    {"values are bytes", MAIN("return #m.getvar('ARGS.b')..''"), "/p?a=1&b=%00%ff", HIT, "2"},
    {"cmdLine is known", MAIN("return m.getvar('ARGS.c','cmdLine')"), "/p?a=1&c=C%5EAT", HIT, "cat"},
    {"none empties the list", MAIN("return m.getvar('REQUEST_METHOD',{'lowercase','none','hexEncode'})"),
     NULL, HIT, "474554"},
    {"a list may be long",
     MAIN("local t={} for i=1,2000 do t[i]='lowercase' end return m.getvar('REQUEST_METHOD',t)"), NULL, HIT,
     "get"},
    {"an unknown transformation is skipped", MAIN("return m.getvar('REQUEST_METHOD','nosuch')"), NULL, HIT,
     "GET"},
    {"a list of other things is an error", MAIN("return m.getvar('REQUEST_METHOD',{{}})"), NULL, ERR,
     "bad argument #2"},
    {"getvars lists a collection", MAIN("return #m.getvars('ARGS')..''"), "/p?a=1&b=2", HIT, "2"},
    {"getvars transforms", MAIN("return m.getvars('ARGS','uppercase')[2].value"), "/p?a=1&b=x", HIT, "X"},
    {"getvars keeps the order", MAIN("return m.getvars('ARGS.b')[1].value"), "/p?a=1&b=1st&b=2nd", HIT,
     "1st"},
    {"getvars names a scalar", MAIN("return m.getvars('QUERY_STRING')[1].name"), NULL, HIT, "QUERY_STRING"},
    {"getvars of nothing is empty", MAIN("return #m.getvars('ARGS.none')..''"), NULL, HIT, "0"},
    {"getvars names a member", MAIN("return m.getvars('TX.k')[1].name"), NULL, HIT, "TX:k"},
    {"a selector may be a pattern", MAIN("return #m.getvars('ARGS:/^b/')"), "/p?a=1&b1=x&b2=y&c=z", HIT, "2"},
    {"headers are named as sent",
     MAIN("local t = m.getvars('REQUEST_HEADERS') return t[2].name .. t[2].value .. t[3].name .. t[3].value"),
     NULL, HIT, "REQUEST_HEADERS:X-ToneREQUEST_HEADERS:x-ttwo"},
    {"each goes through values",
     MAIN("local s = '' for n, v in m.each('ARGS','uppercase') do s = s .. n .. v end return s"),
     "/p?a=1&b=x", HIT, "ARGS:a1ARGS:bX"},
    {"each nests",
     MAIN("local n = 0 for _ in m.each('ARGS') do for _ in m.each('ARGS') do n = n + 1 end end return n"),
     "/p?a=1&b=2&c=3", HIT, "9"},
    {"count counts", MAIN("return m.count('ARGS') .. tostring(m.exists('ARGS.zz'))"), "/p?a=1&b=x", HIT,
     "2false"},
};

static const vector writing[] = {
    {"a whole float is stored without fraction", MAIN("m.setvar('tx.v', 10/2) return m.getvar('tx.v')"), NULL,
     HIT, "5\n"},
    {"2^53 keeps its digits", MAIN("m.setvar('tx.v', 2^53) return m.getvar('tx.v')"), NULL, HIT,
     "9007199254740992"},
    {"the largest integer is stored", MAIN("m.setvar('tx.v', math.maxinteger) return m.getvar('tx.v')"), NULL,
     HIT, "9223372036854775807"},
    {"nan has no sign", MAIN("m.setvar('tx.v', 0/0) return m.getvar('tx.v')"), NULL, HIT, "nan"},
    {"a NUL is kept", MAIN("m.setvar('tx.v','a\\0b') return #m.getvar('tx.v')"), NULL, HIT, "3"},
    {"a mebibyte is stored", MAIN("m.setvar('tx.v', ('A'):rep(2^20|0)) return #m.getvar('tx.v')"), NULL, HIT,
     "1048576"},
    {"more than a mebibyte is an error", MAIN("m.setvar('tx.v', ('A'):rep(2^20+1|0))"), NULL, ERR,
     "too long"},
    {"a macro is literal", MAIN("m.setvar('tx.v','%{REMOTE_ADDR}') return m.getvar('tx.v')"), NULL, HIT,
     "%{REMOTE_ADDR}"},
    {"expand reads a macro on purpose", MAIN("return m.expand('<%{REMOTE_ADDR}>')"), NULL, HIT,
     "<192.0.2.7>"},
    {"a negative number replaces", MAIN("m.setvar('tx.v',9) m.setvar('tx.v',-3) return m.getvar('tx.v')"),
     NULL, HIT, "-3"},
    {"nil deletes", MAIN("m.setvar('tx.v',1) m.setvar('tx.v',nil) return tostring(m.getvar('tx.v'))"), NULL,
     HIT, "nil"},
    {"! deletes", MAIN("m.setvar('tx.v',1) m.setvar('!tx.v','') return tostring(m.getvar('tx.v'))"), NULL,
     HIT, "nil"},
    {"a boolean is no value", MAIN("m.setvar('tx.v',true)"), NULL, ERR, "bad argument #2 to 'setvar'"},
    {"a name without a dot is refused", MAIN("local a = m.setvar('nodot','x') return type(a)"), NULL, HIT,
     "boolean"},
    {"setvar has one result", MAIN("return select('#', m.setvar('tx.v','x'))"), NULL, HIT, "1"},
    {"an empty key is refused", MAIN("return tostring(m.setvar('tx.','x'))"), NULL, HIT, "false"},
    {"arguments cannot be written", MAIN("m.setvar('ARGS.a','z') return m.getvar('ARGS.a')"), NULL, HIT, "1"},
    {"a closed collection takes nothing",
     MAIN("return tostring(m.setvar('ip.n',1)) .. tostring(m.getvar('ip.n'))"), NULL, HIT, "falsenil"},
    {"keys have no case", MAIN("m.setvar('tx.Ab',7) return m.getvar('TX:aB')"), NULL, HIT, "7"},
    {"a key may hold a colon", MAIN("m.setvar('TX.ARGS:foo_len',3) return m.getvar('TX.ARGS:foo_len')"), NULL,
     HIT, "3"},
    {"incr adds", MAIN("m.incr('tx.n') return m.incr('tx.n', 4)"), NULL, HIT, "5"},
    {"del deletes", MAIN("m.setvar('tx.n',1) m.del('tx.n') return tostring(m.getvar('tx.n'))"), NULL, HIT,
     "nil"},
    {"a proxy reads and writes", MAIN("m.tx.score = 5 m.tx.score = m.tx.score + 1 return m.tx.score"), NULL,
     HIT, "6"},
    {"a proxy deletes", MAIN("m.tx.k = nil return tostring(m.tx.k)"), NULL, HIT, "nil"},
    {"a proxy holds nothing itself", MAIN("rawset(m.tx, 'x', 1)"), NULL, ERR, "bad argument #1 to 'rawset'"},
};

static const vector limits[] = {
    {"an endless loop ends", MAIN("while true do end"), NULL, ERR,
     "lua: instruction limit exceeded (1000000)"},
    {"pcall does not outlive a limit", MAIN("while true do pcall(function() while true do end end) end"),
     NULL, ERR, "instruction limit"},
    {"xpcall does not outlive a limit",
     MAIN("while true do xpcall(function() while true do end end, function() while true do end end) end"),
     NULL, ERR, "instruction limit"},
    {"an endless __tostring ends",
     MAIN("error(setmetatable({}, {__tostring = function() while true do end end}))"), NULL, ERR,
     "instruction limit"},
    {"coroutines share the budget",
     MAIN("local function f(d) if d>0 then for i=1,60 do coroutine.wrap(f)(d-1) end end end while true do "
          "f(3) end"),
     NULL, ERR, "limit exceeded"},
    {"a resumed loop ends the run",
     MAIN("while true do coroutine.resume(coroutine.create(function() while true do end end)) end"), NULL,
     ERR, "instruction limit"},
    {"finalizers are refused",
     MAIN("setmetatable({}, {__gc=function() while true do end end}) collectgarbage()"), NULL, ERR, "__gc"},
    {"a closing handler is counted",
     MAIN("local c <close> = setmetatable({},{__close=function() while true do end end})"), NULL, ERR,
     "instruction limit"},
    {"a growing table ends", MAIN("local t={} for i=1,1e9 do t[i]={i} end"), NULL, ERR,
     "memory limit exceeded (16777216)"},
    {"a memory limit has a place", MAIN("local t={} for i=1,1e9 do t[i]={i} end"), NULL, ERR,
     "s.lua:1: lua: memory limit"},
    {"a doubling string ends", MAIN("local s='x' while true do s=s..s end"), NULL, ERR, "memory limit"},
    {"a memory limit is sticky",
     MAIN("while true do pcall(function() local s='x' while true do s=s..s end end) end"), NULL, ERR,
     "memory limit"},
    {"a gigabyte is refused before it is asked for", MAIN("string.rep('A',1<<30)"), NULL, ERR,
     "memory limit"},
    {"repeating nothing returns at once", MAIN("return '<' .. string.rep('',math.maxinteger) .. '>'"), NULL,
     HIT, "<>"},
    {"a long move is refused", MAIN("table.move({},1,math.maxinteger-1,2)"), NULL, ERR, "range"},
    {"a pattern bomb ends", MAIN("string.find(('a'):rep(40),('a?'):rep(40)..('a'):rep(40))"), NULL, ERR,
     "pattern step limit exceeded (1000000)"},
    {"a quadratic pattern ends", MAIN("(('a'):rep(12000)):find('.-.-x')"), NULL, ERR, "pattern step limit"},
    {"plain find is linear", MAIN("return tostring((('a'):rep(1e6)):find(('a'):rep(5e5)..'b',1,true))"), NULL,
     HIT, "nil"},
    {"a deep pattern is refused", MAIN("('x'):rep(250000):match(('x?'):rep(250000))"), NULL, ERR,
     "pattern too complex"},
    {"endless recursion is a stack overflow", MAIN("local function f() return 1+f() end f()"), NULL, ERR,
     "stack overflow"},
    {"a stack overflow can be caught", MAIN("local function f() return 1+f() end return tostring(pcall(f))"),
     NULL, HIT, "false"},
    {"recursion through gsub is bounded", MAIN("local function f() return (('x'):gsub('x',f)) end f()"), NULL,
     ERR, "C stack overflow"},
    {"recursion through pcall survives", MAIN("local function f() return pcall(f) end f() return 'ok'"), NULL,
     HIT, "ok"},
    {"unpack of ten million is refused", MAIN("table.unpack({},1,1e7)"), NULL, ERR, "too many results"},
    {"an endless source ends", MAIN("load(function() return ' ' end)"), NULL, ERR, "limit"},
    {"a lying length does not fool insert",
     MAIN("table.insert(setmetatable({}, {__len=function() return 1<<50 end}), 1, 'x')"), NULL, ERR,
     "instruction limit"},
    {"a lying length does not fool concat",
     MAIN("local n = 0 return '<' .. table.concat(setmetatable({'x'}, {__len=function() n = n + 1 return n > "
          "1 and 1<<50 or 1 "
          "end})) .. '>'"),
     NULL, HIT, "<x>"},
    {"calls of m are counted", MAIN("for i = 1, 200000 do m.count('ARGS.a') end"), NULL, ERR,
     "limit exceeded"},
    {"an index handler is counted",
     MAIN("return setmetatable({}, {__index = function() while true do end end}).x"), NULL, ERR,
     "instruction limit"},
    {"a comparison is counted", MAIN("table.sort({3, 2, 1}, function() while true do end end)"), NULL, ERR,
     "instruction limit"},
    {"normal work stays inside", MAIN("local s = 0 for i = 1, 20000 do s = s + i % 7 end return 'sum=' .. s"),
     NULL, HIT, "sum="},
};

static const vector sandbox[] = {
    {"the process does not exit", MAIN("os.exit(1)"), NULL, ERR, "lua: os.exit is not allowed"},
    {"programs are behind a door", MAIN("os.execute('true')"), NULL, ERR,
     "os.execute is not allowed here (option lua.allow.os)"},
    {"pipes are behind a door", MAIN("io.popen('true')"), NULL, ERR,
     "io.popen is not allowed here (option lua.allow.os)"},
    {"files are behind a door", MAIN("io.open('f','a')"), NULL, ERR,
     "io.open is not allowed here (option lua.allow.io)"},
    {"a closed door can be probed", MAIN("return tostring(pcall(io.open, 'f'))"), NULL, HIT, "false"},
    {"require is behind a door", MAIN("return tostring((pcall(require, 'm')))"), NULL, HIT, "false"},
    {"require gives open libraries", MAIN("return tostring(require('string') == string)"), NULL, HIT, "true"},
    {"functions are not dumped", MAIN("load(string.dump(function() end))"), NULL, ERR,
     "string.dump is not allowed"},
    {"bytecode is not loaded", MAIN("local f, e = load('\\27Lua') return e"), NULL, HIT,
     "binary chunks are not allowed"},
    {"a syntax error is given back", MAIN("local f, e = load('x x', '=q') return e"), NULL, HIT,
     "q:1: syntax error"},
    {"load sees the script's globals", "s = 'mine'\n" MAIN("return load('return s')()"), NULL, HIT, "mine"},
    {"load takes an environment", MAIN("return load('return q', 'c', 't', {q = 'own'})()"), NULL, HIT, "own"},
    {"hooks cannot be set", MAIN("debug.sethook()"), NULL, ERR, "debug.sethook is not allowed"},
    {"the registry is out of reach", MAIN("debug.getregistry()"), NULL, ERR,
     "debug.getregistry is not allowed"},
    {"string's metatable is hidden", MAIN("getmetatable('').__index=function() return 1 end"), NULL, ERR,
     "index a boolean"},
    {"methods can be added", MAIN("function string:up2() return self:upper() end return ('k'):up2()"), NULL,
     HIT, "K"},
    {"a library can be gone through",
     MAIN("string.own = 1 local n = 0 for k in pairs(string) do if k == 'own' or k == 'find' "
          "then n = n + 1 end end return n"),
     NULL, HIT, "2"},
    {"_G is the environment", MAIN("_G.x = 'g' return x"), NULL, HIT, "g"},
    {"the environment is protected", MAIN("setmetatable(_G, {})"), NULL, ERR, "protected metatable"},
    {"host pointers are not there", MAIN("return type(__transaction) .. type(__msr)"), NULL, HIT, "nilnil"},
    {"goto works", MAIN("local s = '' for i=1,3 do if i==2 then goto c end s = s .. i ::c:: end return s"),
     NULL, HIT, "13"},
    {"a bad pattern is an error", MAIN("string.find('a', '[')"), NULL, ERR, "malformed pattern"},
    {"pow is there", MAIN("return math.pow(2, 3)"), NULL, HIT, "8\n"},
    {"unpack is there", MAIN("return (unpack({'u'})) .. table.getn({1, 2}) .. type(loadstring)"), NULL, HIT,
     "u2function"},
    {"coroutines work",
     MAIN("local w = coroutine.wrap(function(a) local b = coroutine.yield(a .. 1) return b .. 2 end) "
          "return w('x') .. w('y')"),
     NULL, HIT, "x1y2"},
    {"yield passes pcall",
     MAIN("local w = coroutine.wrap(function() return pcall(function() return coroutine.yield('a') end) "
          "end) return w() .. tostring((w('b')))"),
     NULL, HIT, "atrue"},
    {"random numbers are in range",
     MAIN("for i = 1, 1000 do local r = math.random(3, 5) assert(r >= 3 and r <= 5) end "
          "return 'fine'"),
     NULL, HIT, "fine"},
    {"a seed repeats itself in a run",
     MAIN("math.randomseed(7) local a = math.random(1e9) math.randomseed(7) return "
          "tostring(a == math.random(1e9))"),
     NULL, HIT, "true"},
};

static const vector additions[] = {
    {"transform applies", MAIN("return m.transform('%41', {'urlDecode','lowercase'})"), NULL, HIT, "a\n"},
    {"base64 goes both ways", MAIN("return m.unbase64(m.base64('any \\0 text')):gsub('%z', 'Z')"), NULL, HIT,
     "any Z text"},
    {"base64 is strict", MAIN("local t, e = m.unbase64('a b') return tostring(t) .. e"), NULL, HIT,
     "nilnot a base64"},
    {"hex goes both ways", MAIN("return m.hex('az') .. m.unhex('617A')"), NULL, HIT, "617aaz"},
    {"urldecode decodes", MAIN("return m.urldecode('a%2Bb+c')"), NULL, HIT, "a+b c"},
    {"digests are in hex", MAIN("return m.md5('')"), NULL, HIT, "d41d8cd98f00b204e9800998ecf8427e"},
    {"digests can be raw", MAIN("return #m.sha1('x','raw') .. '/' .. #m.sha256('x','raw')"), NULL, HIT,
     "20/32"},
    {"hmac is RFC 4231's", MAIN("return m.hmac('sha256','Jefe','what do ya want for nothing?')"), NULL, HIT,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"equal compares", MAIN("return tostring(m.equal('a','a')) .. tostring(m.equal('a','b'))"), NULL, HIT,
     "truefalse"},
    {"rx captures", MAIN("local c = m.rx('key=Val', '(K\\\\w+)=(v.*)', 'i') return c[0] .. c[1] .. c[2]"),
     NULL, HIT, "key=ValkeyVal"},
    {"rx without a match is nil", MAIN("return tostring(m.rx('a', 'b'))"), NULL, HIT, "nil"},
    {"a bad rx is an error", MAIN("m.rx('a', '(')"), NULL, ERR, "@rx"},
    {"pm finds a word", MAIN("return m.pm('see the cat', 'dog cat') .. m.pm('a dog', {'cat','dog'})"), NULL,
     HIT, "catdog"},
    {"op runs an operator",
     MAIN("return tostring(m.op('beginsWith','ab','abc')) .. tostring(m.op('eq','3','4'))"), NULL, HIT,
     "truefalse"},
    {"op detects SQL", MAIN("return tostring((m.op('detectSQLi','',\"1' or '1'='1\")))"), NULL, HIT, "true"},
    {"op reads no files", MAIN("m.op('pmFromFile','words.txt','x')"), NULL, ERR, "@pmFromFile"},
    {"op runs no script", MAIN("m.op('inspectFile','s.lua','x')"), NULL, ERR, "@inspectFile"},
    {"an unknown operator is an error", MAIN("m.op('nosuch','','x')"), NULL, ERR,
     "there is no operator nosuch"},
    {"what is no address is in no list",
     MAIN("return tostring(m.ipmatch('<script>', '0.0.0.0/0,::/0')) .. tostring(m.ipmatch('', '10.0.0.0/8'))"), NULL, HIT,
     "falsefalse"},
    {"ipmatch matches", MAIN("return tostring(m.ipmatch('10.1.2.3','10.0.0.0/8,192.0.2.1'))"), NULL, HIT,
     "true"},
    {"json reads",
     MAIN("local t = m.json('{\"a\":[1,2.5,null,\"x\"],\"b\":{\"c\":true}}') return t.a[1] .. t.a[2] .. "
          "tostring(t.a[3] == m.null) .. t.a[4] .. tostring(t.b.c)"),
     NULL, HIT, "12.5truextrue"},
    {"json tells an error", MAIN("local t, e = m.json('{') return tostring(t) .. e"), NULL, HIT,
     "nilnot JSON"},
    {"json is bounded in depth", MAIN("local t, e = m.json(('['):rep(65) .. (']'):rep(65)) return e"), NULL,
     HIT, "too deep"},
    {"json is bounded in items", MAIN("local t, e = m.json('[1,2,3]', {items = 2}) return e"), NULL, HIT,
     "too many"},
    {"tojson writes", MAIN("return m.tojson({1, 'q\\n', {k = m.null}, false})"), NULL, HIT,
     "[1,\"q\\u000a\",{\"k\":null},false]"},
    {"tojson refuses functions", MAIN("local t, e = m.tojson(print) return tostring(t) .. e"), NULL, HIT,
     "nilJSON has no"},
    {"the rule knows itself", MAIN("return m.rule.id .. '/' .. m.rule.phase .. '/' .. m.rule.line"), NULL,
     HIT, "100/2/3"},
    {"the rule is read-only", MAIN("m.rule.id = 1"), NULL, ERR, "read-only"},
    {"integers become text without loss",
     MAIN("return table.concat({math.mininteger, -10, -1, 0, 9, 10, math.maxinteger}, ' ')"), NULL, HIT,
     "-9223372036854775808 -10 -1 0 9 10 9223372036854775807"},
    {"byte answers for every place and for none",
     MAIN("local s, t = 'a\\255c', {} for _, i in ipairs {-4, -3, -1, 0, 1, 2, 3, 4, math.mininteger, math.maxinteger} do\n"
          "  t[#t + 1] = select('#', s:byte(i)) .. ':' .. tostring((s:byte(i))) end\n"
          "return table.concat(t, ' ') .. ' ' .. table.concat({s:byte(1, -1)}, ',') .. s:byte()"),
     NULL, HIT, "0:nil 1:97 1:99 0:nil 1:97 1:255 1:99 0:nil 0:nil 0:nil 97,255,9997"},
    {"a pattern is found behind its first letters only",
     MAIN("return tostring(('an onion, a union  select'):find('union%s+select')) .. tostring(('uniounion'):match('union$')) ..\n"
          "  tostring(('unio'):find('union')) .. tostring(('abab+c'):match('ab+c?'))"), NULL, HIT, "13unionnilab"},
    {"there are clocks", MAIN("return tostring(m.now() > 1.6e9 and m.clock() >= 0)"), NULL, HIT, "true"},
    {"the budgets can be seen",
     MAIN("local l = m.left() return tostring(l.instructions <= 1e6 and l.steps == 1e6)"), NULL, HIT, "true"},
    {"the version is there", MAIN("return m.version .. m.api"), NULL, HIT, "seclua "},
};

static bool agrees(const vector *v, const outcome *out) {
    switch (v->expect) {
    case HIT: return out->status == 403 && strstr(out->log, v->text) != NULL;
    case MISS:
        return out->status == 0 && strcmp(out->ids, " 9 101 ") == 0 && strstr(out->log, "\n1 (") == NULL;
    case ERR: break;
    }
    const char *record = strstr(out->log, "1 (s.lua");
    return out->status == 0 && record != NULL && strstr(record, v->text) != NULL;
}

static void run_vectors(world *w, const vector *vectors, size_t count) {
    static outcome out;
    for (size_t i = 0; i < count; i++) {
        const vector *v = &vectors[i];
        current = v->name;
        write_file(w, "s.lua", v->script);
        if (!world_load(w, config)) {
            failures++;
            fprintf(stderr, "%s: does not load\n", v->name);
            continue;
        }
        run(w, v->uri == NULL ? "/p?a=1" : v->uri, &out);
        if (agrees(v, &out)) continue;
        failures++;
        fprintf(stderr, "%s: status %d, rules%s\n%s\n", v->name, out.status, out.ids, out.log);
    }
}

/* ---- loading ---- */

static void test_loading(world *w) {
    current = "a syntax error is a load error with its line";
    write_file(w, "s.lua", "x = 1\nfunction main( return");
    CHECK(!world_load(w, config));
    CHECK(was_reported(w, "SECLUA_E_SCRIPT", "s.lua:2: "));

    current = "bytecode is a load error";
    write_file(w, "s.lua", "\033Lua");
    CHECK(!world_load(w, config));
    CHECK(was_reported(w, "SECLUA_E_SCRIPT", "precompiled Lua is not accepted"));

    current = "a missing script is a load error";
    CHECK(!world_load(w, "SecRuleScript nosuch.lua \"id:1,phase:2\"\n"));
    CHECK(was_reported(w, "SECLUA_E_SCRIPT", "nosuch.lua"));

    current = "what will fail is warned of";
    write_file(w, "s.lua",
               "local function main() setfenv(1, {}) end\nlocal f = io.open\nos.exit()\nlocal t = os.time()");
    CHECK(world_load(w, config));
    CHECK(was_reported(w, "SECLUA_W_SCRIPT", "main is local"));
    CHECK(was_reported(w, "SECLUA_W_SCRIPT", "s.lua:1: setfenv"));
    CHECK(was_reported(w, "SECLUA_W_SCRIPT", "s.lua:2: io.open is not allowed here (option lua.allow.io)"));
    CHECK(was_reported(w, "SECLUA_W_SCRIPT", "s.lua:3: os.exit is not allowed"));
    CHECK(!was_reported(w, "SECLUA_W_SCRIPT", "os.time"));

    current = "rules share the image of a script";
    write_file(w, "s.lua", MAIN("return 'x'"));
    CHECK(world_load(
        w, "SecRuleScript s.lua \"id:1,phase:2,pass\"\nSecRuleScript s.lua \"id:2,phase:2,pass\"\n"));
    seclua_ruleset_info info;
    seclua_ruleset_describe(w->rules, &info);
    CHECK(info.script_count == 1);

    current = "a broken inspector is a load error";
    write_file(w, "s.lua", "function main(");
    CHECK(!world_load(w, "SecRule ARGS \"@inspectFile s.lua\" \"id:1,phase:2,pass\"\n"));
    CHECK(was_reported(w, "SECLUA_E_SCRIPT", "s.lua:1: "));

    current = "a program is not run unless that is allowed";
    CHECK(!world_load(w, "SecRule ARGS \"@inspectFile scan.sh\" \"id:1,phase:2,pass\"\n"));
    CHECK(was_reported(w, "SECLUA_E_PROGRAM", "scan.sh"));
}

/* ---- from run to run ---- */

static void expect_each(world *w, const char *script, const char *const *uris, const char *const *texts) {
    static outcome out;
    write_file(w, "s.lua", script);
    CHECK(world_load(w, config));
    for (; *uris != NULL; uris++, texts++) {
        run(w, *uris, &out);
        if (strstr(out.log, *texts) != NULL) continue;
        failures++;
        fprintf(stderr, "%s: %s is not in\n%s\n", current, *texts, out.log);
    }
}

static void test_isolation(world *w) {
    static const char *const thrice[] = {"/p?a=1", "/p?a=1", "/p?a=1", NULL};
    static const char *const ones[] = {"event: 1\n", "event: 1\n", "event: 1\n"};
    static const char *const nils[] = {"event: nil\n", "event: nil\n", "event: nil\n"};
    static const char *const gets[] = {"event: GET\n", "event: GET\n", "event: GET\n"};

    current = "globals end with the run";
    expect_each(w, "n = (n or 0) + 1\n" MAIN("return n .. ''"), thrice, ones);
    current = "locals of the chunk end with the run";
    expect_each(w, "local c = 0\n" MAIN("c = c + 1 return c .. ''"), thrice, ones);
    current = "changes of a library end with the run";
    expect_each(w, MAIN("local v = tostring(string.leak) .. '' string.leak = 1 return v"), thrice, nils);
    current = "a method that was added is gone in the next run";
    expect_each(w, MAIN("local v = tostring((''):rep(1).leak) function string.leak() end return v"), thrice,
                nils);
    current = "m is whole again in the next run";
    expect_each(w, MAIN("local g = m.getvar; m.getvar = nil; return g('REQUEST_METHOD')"), thrice, gets);
    current = "what load defines ends with the run";
    expect_each(w, MAIN("local v = tostring(z) load('z = 1')() return v"), thrice, nils);

    current = "the chunk body runs each time";
    static const char *const two[] = {"/p?a=1", "/p?a=7", NULL};
    static const char *const both[] = {"event: 1\n", "event: 7\n"};
    expect_each(w, "local u = m.getvar('ARGS.a')\n" MAIN("return u"), two, both);

    current = "a run after a limit is as good as new";
    static const char *const limit_first[] = {"/p?a=1&loop=1", "/p?a=2", "/p?a=1&loop=1", "/p?a=2", NULL};
    static const char *const limit_texts[] = {"instruction limit", "event: fine\n", "instruction limit",
                                              "event: fine\n"};
    expect_each(w, MAIN("if m.exists('ARGS.loop') then string.find = nil while true do end end "
                        "return string.find('a', 'a') and 'fine'"), limit_first, limit_texts);

    current = "a seed is not felt by the next run";
    static outcome first, second;
    write_file(w, "s.lua", MAIN("local r = math.random(1 << 60) .. '' math.randomseed(7) return r"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &first);
    run(w, "/p?a=1", &second);
    CHECK(first.status == 403 && second.status == 403 && strcmp(first.log, second.log) != 0);
}

static void test_memory_stays_flat(world *w) {
    current = "memory stays flat over many runs, whatever is asked of the collector";
    static outcome out;
    write_file(w, "s.lua", MAIN("collectgarbage('stop') local t = {} for i = 1, 200 do t[i] = {i} end "
                                "return collectgarbage('count') < 4096 and 'small' or 'large'"));
    CHECK(world_load(w, config));
    for (int i = 0; i < 2000; i++) {
        run(w, "/p?a=1", &out);
        if (strstr(out.log, "event: small\n") == NULL) {
            CHECK(!"the state has grown");
            return;
        }
    }
}

/* ---- log, warnings, counters ---- */

static void test_log(world *w) {
    static outcome out;
    current = "a record is one line, with the place of the caller";
    write_file(w, "s.lua",
               "function main()\n m.log(2, 'a\\nb')\n m.log('3', 7) m.log(3.9, 'f') m.log(0, 'low')\nend");
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "2 (s.lua:2) a\\x0ab\n") != NULL);
    CHECK(strstr(out.log, "3 (s.lua:3) 7\n") != NULL);
    CHECK(strstr(out.log, "3 (s.lua:3) f\n") != NULL);
    CHECK(strstr(out.log, "1 (s.lua:3) low\n") != NULL);

    current = "a run writes at most a hundred records";
    write_file(w, "s.lua", MAIN("for i = 1, 500 do m.log(3, 'r' .. i) end"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "r100\n") != NULL && strstr(out.log, "r101\n") == NULL);
    CHECK(strstr(out.log, "suppressed") != NULL);

    current = "a warning comes once per script and name";
    write_file(w, "s.lua", MAIN("m.getvar('NOPE') m.getvar('NOPE') m.getvar('ARGS', 'nosuch') return true"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "there is no variable NOPE") != NULL);
    CHECK(strstr(out.log, "there is no transformation nosuch") != NULL);
    CHECK(strstr(out.log, "return a string to match") != NULL);
    const char *once = strstr(out.log, "NOPE");
    CHECK(once != NULL && strstr(once + 1, "NOPE") == NULL);
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "Lua:") == NULL);

    current = "runs, errors and limits are counted";
    write_file(w, "s.lua", MAIN("if m.exists('ARGS.e') then error('x') end while true do end"));
    CHECK(world_load(w, config));
    run(w, "/p?e=1", &out);
    run(w, "/p?a=1", &out);
    seclua_stats stats;
    seclua_engine_stats(w->engine, &stats);
    CHECK(stats.script_runs == 2 && stats.script_errors == 2 && stats.script_limits == 1);
}

/* ---- options ---- */

static void test_options(world *w) {
    static outcome out;
    current = "the time limit ends a run";
    w->options.lua.max_instructions = 0;
    w->options.lua.timeout_ms = 20;
    write_file(w, "s.lua", MAIN("while true do end"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "lua: time limit exceeded (20 ms)") != NULL);
    w->options.lua.max_instructions = 1000000;
    w->options.lua.timeout_ms = 5000;

    current = "an error may count as a match";
    w->options.lua.match_on_error = true;
    write_file(w, "s.lua", MAIN("error('closed')"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(out.status == 403 && strstr(out.log, "closed") != NULL);
    w->options.lua.match_on_error = false;

    current = "setvar can read like ModSecurity 2";
    w->options.lua.setvar_v2 = true;
    write_file(w, "s.lua",
               MAIN("m.setvar('tx.n', 9) m.setvar('tx.n', '-3') m.setvar('tx.z', '-3') m.setvar('tx.a', "
                    "'%{REMOTE_ADDR}') return m.tx.n .. m.tx.z .. m.tx.a"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "event: 60192.0.2.7\n") != NULL);
    w->options.lua.setvar_v2 = false;

    current = "files open with their door and close with the run";
    w->options.lua.allow_io = true;
    char script[900];
    snprintf(
        script, sizeof script,
        MAIN("local p = '%s/out.txt' local f = assert(io.open(p, 'w')) f:write('line1\\nline2\\n') f:flush() "
             "local n = 0 for l in io.lines(p) do n = n + 1 end io.write('to the log') io.output(p) "
             "io.write('x') "
             "io.close() return n .. io.type(f) .. tostring(getmetatable(f))"),
        w->folder);
    write_file(w, "s.lua", script);
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "event: 2filefalse\n") != NULL);
    w->options.lua.allow_io = false;

    current = "modules are found beside the script, fresh in each run";
    w->options.lua.allow_require = true;
    write_file(
        w, "mod.lua",
        "local t = {n = 0} function t.next() t.n = t.n + 1 return t.n .. m.getvar('REQUEST_METHOD') end "
        "return t");
    write_file(w, "s.lua",
               "local mod = require('mod')\n" MAIN("assert(mod == package.loaded.mod) return mod.next()"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "event: 1GET\n") != NULL);
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "event: 1GET\n") != NULL);
    const seclua_slice only = text_of("other");
    w->options.lua.require_names = &only;
    w->options.lua.require_name_count = 1;
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "not in the list of option lua.allow.require") != NULL);
    w->options.lua.require_names = NULL;
    w->options.lua.require_name_count = 0;
    write_file(w, "s.lua", MAIN("require('../mod')"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "module '../mod' not found") != NULL);
    w->options.lua.allow_require = false;

    current = "the debug library opens without its dangers";
    w->options.lua.allow_debug = true;
    write_file(w, "s.lua",
               MAIN("assert(not pcall(debug.sethook)) assert(not pcall(debug.getregistry)) "
                    "assert(not pcall(debug.setupvalue, string.upper, 1, nil)) "
                    "assert(debug.getmetatable('') == false) return debug.getinfo(1, 'l').currentline"));
    CHECK(world_load(w, config));
    run(w, "/p?a=1", &out);
    CHECK(strstr(out.log, "event: 1\n") != NULL);
    w->options.lua.allow_debug = false;
}

/* ---- exec, inspectFile, chains ---- */

static void test_kinds(world *w) {
    static outcome out;
    current = "an inspector gets one argument, also when the value is empty";
    write_file(w, "s.lua", MAIN("local v = ... return select('#', ...) .. '[' .. v .. ']'"));
    CHECK(world_load(
        w, "SecRuleEngine On\nSecRule ARGS \"@inspectFile s.lua\" \"id:1,phase:2,log,deny,status:403\"\n"));
    run(w, "/p?a=", &out);
    CHECK(strstr(out.log, "event: 1[]\n") != NULL);

    current = "a script that errs in exec leaves the rule alone";
    write_file(w, "s.lua", MAIN("error('exec broke')"));
    CHECK(world_load(
        w,
        "SecRuleEngine On\nSecRule ARGS:a \"@streq 1\" \"id:1,phase:2,log,deny,status:403,exec:s.lua\"\n"));
    run(w, "/p?a=1", &out);
    CHECK(out.status == 403 && strstr(out.log, "exec broke") != NULL);

    current = "a script without actions ends a chain";
    write_file(w, "s.lua", MAIN("m.tx.ran = 'yes' return m.getvar('ARGS.b')"));
    CHECK(world_load(
        w,
        "SecRuleEngine On\nSecRule ARGS:a \"@streq 1\" \"id:1,phase:2,log,deny,status:403,chain\"\n"
        "SecRuleScript s.lua\nSecRule TX:ran \"@streq yes\" \"id:2,phase:2,log,pass\"\n"));
    run(w, "/p?a=1&b=x", &out);
    CHECK(out.status == 403);
    run(w, "/p?a=1", &out);
    CHECK(out.status == 0 && strcmp(out.ids, " 2 ") == 0);
    run(w, "/p?a=2&b=x", &out);
    CHECK(out.status == 0 && strcmp(out.ids, " ") == 0);
}

int main(void) {
    static world w;
    world_open(&w);
    run_vectors(&w, results, sizeof results / sizeof results[0]);
    run_vectors(&w, reading, sizeof reading / sizeof reading[0]);
    run_vectors(&w, writing, sizeof writing / sizeof writing[0]);
    run_vectors(&w, limits, sizeof limits / sizeof limits[0]);
    run_vectors(&w, sandbox, sizeof sandbox / sizeof sandbox[0]);
    run_vectors(&w, additions, sizeof additions / sizeof additions[0]);
    test_loading(&w);
    test_isolation(&w);
    test_memory_stays_flat(&w);
    test_log(&w);
    test_options(&w);
    test_kinds(&w);
    static const char *const files[] = {"s.lua", "mod.lua", "out.txt", NULL};
    world_close(&w, files);
    return failures == 0 ? 0 : 1;
}
