// SPDX-License-Identifier: Apache-2.0
// Requests of one kind each. Texts are made of words, by a generator with a fixed seed.

import { URLSearchParams } from 'node:url'

const words =
  'the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also well where before must being through'.split(
    ' ',
  )

function generator(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** About so many bytes of words. */
export function prose(bytes, seed = 1) {
  const random = generator(seed)
  let text = ''
  while (text.length < bytes) text += `${words[random(words.length)]}${random(12) === 0 ? ', ' : ' '}`
  return text.slice(0, bytes)
}

const usual = [
  ['Host', 'www.example.org'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
  ['Accept-Language', 'en-US,en;q=0.5'],
  ['Connection', 'keep-alive'],
]

const request = (method, uri, headers = [], body = undefined) => ({
  client: '198.51.100.7',
  port: 40000,
  version: '1.1',
  attack: false,
  method,
  uri,
  headers: [
    ...usual,
    ...headers,
    ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]]),
  ],
  ...(body === undefined ? {} : { body }),
})

const several = (count, make) => Array.from({ length: count }, (_, i) => make(i))
const items = (bytes, seed) => {
  const list = []
  for (let size = 0, i = 0; size < bytes; i++) {
    const item = {
      id: i,
      name: prose(24, seed + i),
      text: prose(90, seed + 7 * i),
      price: i * 1.5,
      stock: i % 3 === 0,
    }
    size += JSON.stringify(item).length
    list.push(item)
  }
  return JSON.stringify({ items: list })
}
const json = (body) => request('POST', '/api/items', [['Content-Type', 'application/json']], body)
const form = (fields) =>
  request(
    'POST',
    '/form',
    [['Content-Type', 'application/x-www-form-urlencoded']],
    new URLSearchParams(fields).toString(),
  )

function upload(bytes) {
  const boundary = 'b0undary'
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\nholiday\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`
  const random = generator(5)
  const file = Buffer.from(Array.from({ length: bytes }, () => random(256)))
  const body = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)])
  const made = request('POST', '/upload', [['Content-Type', `multipart/form-data; boundary=${boundary}`]])
  return { ...made, headers: [...made.headers, ['Content-Length', String(body.length)]], body: body }
}

/** Texts that patterns of the rules go over again and again without a match. */
const adversarial = [
  `${'<'.repeat(400)}a`,
  `${'select '.repeat(80)}x`,
  `${"'".repeat(300)}or`,
  `${'/**/'.repeat(150)}union`,
  `${'a='.repeat(250)}(`,
  `${'$('.repeat(200)}`,
  `${'on'.repeat(200)}=`,
  `${'%25'.repeat(150)}41`,
  `${'../'.repeat(8)}x`,
  `${'{{'.repeat(200)}`,
]

/** [name, requests, how often the whole list is run] */
export const scenarios = () => [
  ['small GET', several(20, (i) => request('GET', `/articles/${i}?page=${i}`)), 20],
  ['JSON of 16 KB', several(4, (i) => json(items(16 << 10, i))), 6],
  ['JSON of 1 MB', [json(items(1 << 20, 1))], 1],
  ['form of 64 KB', several(2, (i) => form(several(64, (k) => [`field${k}`, prose(1000, 64 * i + k)]))), 4],
  ['upload of 5 MB', [upload(5 << 20)], 2],
  [
    '200 headers',
    several(4, (i) =>
      request(
        'GET',
        '/',
        several(195, (k) => [`X-Header-${k}`, prose(40, 200 * i + k)]),
      ),
    ),
    6,
  ],
  ['1,000 arguments', [form(several(1000, (k) => [`f${k}`, prose(12, k)]))], 2],
  ['adversarial texts', adversarial.map((text) => form([['a', text]])), 4],
]

/** One argument of this length. */
export const longValue = (bytes) => form([['text', prose(bytes)]])
/** So many headers more. */
export const withHeaders = (count) =>
  request(
    'GET',
    '/',
    several(count, (i) => [`X-Header-${i}`, `value-${i}`]),
  )
