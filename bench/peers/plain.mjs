// SPDX-License-Identifier: Apache-2.0
// The same job in plain JavaScript, as a middleware would do it: the request rules of the CRS that use @rx, with V8's regular
// expressions, over the same variables through the same transformations. Other operators and the flow between rules are left
// out, so this does less than the engine; patterns that V8 does not take are counted.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { URLSearchParams } from 'node:url'

// ---- rules ---------------------------------------------------------------------------------------------------------

const directives = (text) =>
  text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')

/** PCRE to V8: inline flags go, \xHH and the rest are the same. */
function regex(pattern) {
  const flags = /^\(\?[a-z]*i[a-z]*\)/.test(pattern) ? 'is' : 's'
  return new RegExp(pattern.replace(/^\(\?[a-z]+\)/, '').replace(/\\x5c/g, '\\\\'), flags)
}

/** @returns {{ rules: object[], left: number }} left: patterns that V8 refuses */
export function readRules(folder, level) {
  const rules = []
  let left = 0
  for (const name of readdirSync(folder).sort()) {
    if (!/^REQUEST-9[1-4].*\.conf$/.test(name)) continue
    for (const line of directives(readFileSync(join(folder, name), 'utf8'))) {
      const found = /^SecRule\s+(\S+)\s+"(!?)@rx (.*?)"\s+"(id:\d+,.*)"\s*$/.exec(line)
      if (found === null) continue
      const [, targets, negated, pattern, actions] = found
      const tag = /paranoia-level\/(\d)/.exec(actions)
      if (tag === null || Number(tag[1]) > level || negated !== '') continue
      try {
        rules.push({
          id: Number(/id:(\d+)/.exec(actions)[1]),
          targets: targets.split('|').filter((target) => !/^[!&]/.test(target)),
          transformations: [...actions.matchAll(/\bt:(\w+)/g)].map(([, t]) => t).filter((t) => t !== 'none'),
          regex: regex(pattern.replaceAll('\\"', '"')),
        })
      } catch {
        left++
      }
    }
  }
  return { rules, left }
}

// ---- transformations -----------------------------------------------------------------------------------------------

const decodeUrl = (text) =>
  /[%+]/.test(text)
    ? text
        .replaceAll('+', ' ')
        .replace(/%u([0-9a-f]{4})|%([0-9a-f]{2})/gi, (_, wide, byte) =>
          String.fromCharCode(parseInt(wide ?? byte, 16) & 255),
        )
    : text
const entities = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: '\xa0' }
const transformations = {
  lowercase: (text) => text.toLowerCase(),
  urlDecode: decodeUrl,
  urlDecodeUni: decodeUrl,
  htmlEntityDecode: (text) =>
    text.includes('&')
      ? text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|amp|quot|nbsp));?/gi, (_, hex, number, name) =>
          name !== undefined
            ? entities[name.toLowerCase()]
            : String.fromCharCode(parseInt(hex ?? number, hex === undefined ? 10 : 16) & 255),
        )
      : text,
  jsDecode: (text) =>
    text.includes('\\')
      ? text.replace(
          /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gis,
          (_, byte, wide, other) => other ?? String.fromCharCode(parseInt(byte ?? wide, 16) & 255),
        )
      : text,
  cssDecode: (text) =>
    text.includes('\\')
      ? text.replace(
          /\\([0-9a-f]{1,6})\s?|\\(.)/gis,
          (_, hex, other) => other ?? String.fromCharCode(parseInt(hex, 16) & 255),
        )
      : text,
  removeNulls: (text) => (text.includes('\0') ? text.replaceAll('\0', '') : text),
  removeWhitespace: (text) => text.replace(/\s+/g, ''),
  compressWhitespace: (text) => text.replace(/\s+/g, ' '),
  replaceComments: (text) => (text.includes('/*') ? text.replace(/\/\*[^]*?(?:\*\/|$)/g, ' ') : text),
  removeCommentsChar: (text) => text.replace(/\/\*|\*\/|--|#/g, ''),
  cmdLine: (text) =>
    text
      .replace(/[\\"'^]/g, '')
      .replace(/[,;\s]+/g, ' ')
      .replace(/ +([/(])/g, '$1')
      .toLowerCase(),
  normalizePath: (text) =>
    text.includes('/') ? text.replace(/\/\.?(?=\/)/g, '').replace(/[^/]+\/\.\.\//g, '') : text,
  base64Decode: (text) => Buffer.from(text, 'base64').toString('latin1'),
}
transformations.normalizePathWin = (text) => transformations.normalizePath(text.replaceAll('\\', '/'))
transformations.utf8toUnicode = (text) => text
transformations.length = (text) => String(text.length)

// ---- a request -----------------------------------------------------------------------------------------------------

function leaves(value, name, out) {
  if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) leaves(inner, `${name}.${key}`, out)
  } else out.push([name, String(value)])
}

function variablesOf({ method, uri, headers, body }) {
  const [path, query = ''] = uri.split('?')
  const args = [...new URLSearchParams(query)]
  const list = headers.map(([name, value]) => [name.toLowerCase(), value])
  const of = (name) => list.find(([known]) => known === name)?.[1] ?? ''
  const cookies = of('cookie')
    .split(/;\s*/)
    .filter(Boolean)
    .map((cookie) => cookie.split(/=(.*)/s))
  if (body !== undefined) {
    const text = body.toString('latin1')
    if (of('content-type').startsWith('application/json')) {
      try {
        leaves(JSON.parse(text), 'json', args)
      } catch {
        // a server would refuse it
      }
    } else if (of('content-type').startsWith('application/x-www-form-urlencoded'))
      args.push(...new URLSearchParams(text))
  }
  const names = (pairs) => pairs.map(([name]) => name)
  const values = (pairs) => pairs.map(([, value]) => value ?? '')
  return {
    ARGS: values(args), ARGS_GET: values(args), ARGS_NAMES: names(args), ARGS_GET_NAMES: names(args),
    REQUEST_COOKIES: values(cookies), REQUEST_COOKIES_NAMES: names(cookies),
    REQUEST_HEADERS: values(list), REQUEST_HEADERS_NAMES: names(list),
    REQUEST_URI: [uri], REQUEST_URI_RAW: [uri], REQUEST_FILENAME: [path], REQUEST_BASENAME: [path.split('/').at(-1)],
    QUERY_STRING: [query], REQUEST_LINE: [`${method} ${uri} HTTP/1.1`], REQUEST_METHOD: [method], header: of,
  } // prettier-ignore
}

/** Ids of the rules that match. */
export function judge(rules, request) {
  const variables = variablesOf(request)
  const cache = new Map()
  const through = (text, steps) => {
    const key = `${steps.join()}\n${text}`
    const known = cache.get(key)
    if (known !== undefined) return known
    let result = text
    for (const step of steps) result = (transformations[step] ?? ((same) => same))(result)
    cache.set(key, result)
    return result
  }
  const matched = []
  for (const rule of rules) {
    const hits = rule.targets.some((target) => {
      const [name, key] = target.split(':')
      const texts =
        key !== undefined && name === 'REQUEST_HEADERS'
          ? [variables.header(key.toLowerCase())]
          : variables[name]
      return texts !== undefined && texts.some((text) => rule.regex.test(through(text, rule.transformations)))
    })
    if (hits) matched.push(rule.id)
  }
  return matched
}
