-- SPDX-License-Identifier: Apache-2.0
-- Annotations of the table m for the Lua language server. Nothing here runs: the functions are in the engine.
---@meta

---A variable of the transaction.
---@class seclua.var
---@field name string display name, "ARGS:q"
---@field value string bytes, after the transformations that were asked for

---A transformation; any case is accepted.
---@alias seclua.tfn
---| 'base64Decode'
---| 'base64DecodeExt'
---| 'base64Encode'
---| 'cmdLine'
---| 'compressWhitespace'
---| 'cssDecode'
---| 'escapeSeqDecode'
---| 'hexDecode'
---| 'hexEncode'
---| 'htmlEntityDecode'
---| 'jsDecode'
---| 'length'
---| 'lowercase'
---| 'md5'
---| 'none'
---| 'normalizePath'
---| 'normalizePathWin'
---| 'parityEven7bit'
---| 'parityOdd7bit'
---| 'parityZero7bit'
---| 'removeComments'
---| 'removeCommentsChar'
---| 'removeNulls'
---| 'removeWhitespace'
---| 'replaceComments'
---| 'replaceNulls'
---| 'sha1'
---| 'sqlHexDecode'
---| 'trim'
---| 'trimLeft'
---| 'trimRight'
---| 'uppercase'
---| 'urlDecode'
---| 'urlDecodeUni'
---| 'urlEncode'
---| 'utf8toUnicode'

---One transformation, or several in order.
---@alias seclua.tfns seclua.tfn | seclua.tfn[]

---A persistent collection, or TX. Keys have no case; reading gives text, nil deletes.
---@alias seclua.collection table<string, string|number|nil>

---The running rule; of a chain, message, severity and tags are those of its starter.
---@class seclua.rule
---@field id integer
---@field phase integer
---@field file string
---@field line integer
---@field msg string?
---@field severity integer?
---@field tags string[]

---What a run may still use; a limit that is switched off is absent.
---@class seclua.left
---@field instructions integer?
---@field ms integer?
---@field memory integer?
---@field steps integer?

---@class seclua.m
---@field tx seclua.collection
---@field ip seclua.collection
---@field global seclua.collection
---@field resource seclua.collection
---@field session seclua.collection
---@field user seclua.collection
---@field rule seclua.rule
---@field version string
---@field api integer
---@field null lightuserdata null of JSON
m = {}

---Writes a record; levels 1 to 3 reach the error log.
---```lua
---m.log(2, 'odd client')
---```
---@param level integer|string
---@param text string|number
function m.log(level, text) end

---First value that name selects, or nil.
---```lua
---local ua = m.getvar('REQUEST_HEADERS.User-Agent', 'lowercase')
---```
---@param name string
---@param tfns? seclua.tfns
---@return string?
function m.getvar(name, tfns) end

---All values that name selects, in order of arrival.
---```lua
---for _, v in ipairs(m.getvars('ARGS')) do m.log(4, v.name) end
---```
---@param name string
---@param tfns? seclua.tfns
---@return seclua.var[]
function m.getvars(name, tfns) end

---Stores a value; nil, or ! before the name, deletes. False: nothing was stored.
---```lua
---m.setvar('tx.score', 5)
---```
---@param name string
---@param value string|number|nil
---@return boolean
function m.setvar(name, value) end

---Iterator over names and values; builds no tables.
---```lua
---for name, value in m.each('ARGS', 'urlDecode') do end
---```
---@param name string
---@param tfns? seclua.tfns
---@return fun(): string?, string?
function m.each(name, tfns) end

---Number of values, like &NAME in a rule.
---```lua
---if m.count('ARGS') > 100 then return 'many' end
---```
---@param name string
---@return integer
function m.count(name) end

---Is there any value?
---```lua
---if not m.exists('REQUEST_HEADERS.Host') then return 'no host' end
---```
---@param name string
---@return boolean
function m.exists(name) end

---Adds and returns the new value; seconds sets an expiry.
---```lua
---local n = m.incr('ip.hits', 1, 60)
---```
---@param name string
---@param delta? integer
---@param seconds? integer
---@return integer?
function m.incr(name, delta, seconds) end

---Lets a variable of a persistent collection expire.
---```lua
---m.expire('ip.blocked', 600)
---```
---@param name string
---@param seconds integer
---@return boolean
function m.expire(name, seconds) end

---Deletes a variable.
---```lua
---m.del('tx.score')
---```
---@param name string
---@return boolean
function m.del(name) end

---Applies transformations to any text.
---```lua
---local t = m.transform('%41', {'urlDecode', 'lowercase'})
---```
---@param text string
---@param tfns seclua.tfns
---@return string
function m.transform(text, tfns) end

---PCRE2: captures with [0] the whole match, or nil. Flags are letters of imsxn.
---```lua
---local c = m.rx(uri, '^/item/(\\d+)$')
---```
---@param text string
---@param pattern string
---@param flags? string
---@return table<integer, string>?
function m.rx(text, pattern, flags) end

---First of the words in text, ASCII case ignored.
---```lua
---local bot = m.pm(ua, {'curl', 'wget'})
---```
---@param text string
---@param words string|string[]
---@return string?
function m.pm(text, words) end

---Runs an operator of the rule language. An error where it cannot answer: @ipMatch of what is no address.
---```lua
---if m.op('detectSQLi', '', v) then return 'SQL' end
---```
---@param name string
---@param parameter string
---@param text string
---@return boolean, string?
function m.op(name, parameter, text) end

---Is the address in a list of addresses and networks? False for what is no address.
---```lua
---m.ipmatch('10.1.2.3', '10.0.0.0/8')
---```
---@param address string
---@param list string
---@return boolean
function m.ipmatch(address, list) end

---Base64 of a text.
---```lua
---m.base64('a')
---```
---@param text string
---@return string
function m.base64(text) end

---Strict base64, both alphabets, padding optional; nil and a message when it is none.
---```lua
---local t = m.unbase64(part)
---```
---@param text string
---@return string?, string?
function m.unbase64(text) end

---Lower-case hex of a text.
---```lua
---m.hex('a')
---```
---@param text string
---@return string
function m.hex(text) end

---Strict hex; nil and a message when it is none.
---```lua
---m.unhex('61')
---```
---@param text string
---@return string?, string?
function m.unhex(text) end

---Percent-decoding, + is a blank.
---```lua
---m.urldecode('a%2Bb')
---```
---@param text string
---@return string
function m.urldecode(text) end

---MD5, in hex unless raw.
---```lua
---m.md5(body)
---```
---@param text string
---@param form? 'hex'|'raw'
---@return string
function m.md5(text, form) end

---SHA-1, in hex unless raw.
---```lua
---m.sha1(body)
---```
---@param text string
---@param form? 'hex'|'raw'
---@return string
function m.sha1(text, form) end

---SHA-256, in hex unless raw.
---```lua
---m.sha256(body)
---```
---@param text string
---@param form? 'hex'|'raw'
---@return string
function m.sha256(text, form) end

---HMAC, in hex unless raw.
---```lua
---m.hmac('sha256', key, text)
---```
---@param algorithm 'md5'|'sha1'|'sha256'
---@param key string
---@param text string
---@param form? 'hex'|'raw'
---@return string
function m.hmac(algorithm, key, text, form) end

---Compares in a time that depends on the lengths alone.
---```lua
---m.equal(mac, given)
---```
---@param a string
---@param b string
---@return boolean
function m.equal(a, b) end

---Reads JSON; nil and a message when it is none. null is m.null.
---```lua
---local t = m.json(m.getvar('REQUEST_BODY'))
---```
---@param text string
---@param options? {depth?: integer, items?: integer}
---@return any, string?
function m.json(text, options) end

---Writes JSON; tables with elements 1 to n are arrays.
---```lua
---m.log(3, m.tojson({a = 1}))
---```
---@param value any
---@return string?, string?
function m.tojson(value) end

---Epoch seconds at which the transaction began.
---```lua
---m.now()
---```
---@return number
function m.now() end

---Seconds of a clock that never goes back.
---```lua
---local t = m.clock()
---```
---@return number
function m.clock() end

---Expands macros, on purpose.
---```lua
---m.expand('%{REMOTE_ADDR}')
---```
---@param text string
---@return string
function m.expand(text) end

---Text as the error log would show it.
---```lua
---m.escape(value)
---```
---@param text string
---@return string
function m.escape(text) end

---What m.match takes beside the text.
---@class seclua.match_options
---@field var string? name for MATCHED_VAR_NAME, "ARGS:q"
---@field value string? for MATCHED_VAR; default: the first value of var
---@field logdata string? in place of the rule's logdata
---@field severity integer|string|nil 0 to 7 or its name
---@field tags string[]? beside the rule's own

---A result for main to return: a match that says more than a text.
---```lua
---return m.match('SQL in a cookie', {var = 'REQUEST_COOKIES:id', severity = 'CRITICAL', tags = {'sqli'}})
---```
---@param text string
---@param options? seclua.match_options
---@return userdata
function m.match(text, options) end

---What this run may still use.
---```lua
---if m.left().steps < 1000 then return end
---```
---@return seclua.left
function m.left() end
