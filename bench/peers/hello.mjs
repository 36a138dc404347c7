// SPDX-License-Identifier: Apache-2.0
// A server that says hello, bare or behind the adapter: `node hello.mjs PORT [MAIN.conf [BYTES of value cache]]`.

import { createServer } from 'node:http'

const [port, main, cache] = process.argv.slice(2)
let handler = (_request, response) => response.end('hello')
if (main !== undefined) {
  const { Waf } = await import('../../dist/index.mjs')
  handler = (
    await Waf.load({ files: [main], ...(cache !== undefined && { valueCacheBytes: Number(cache) }) })
  ).http(handler)
}
createServer(handler).listen(Number(port), '127.0.0.1', () => process.send?.('ready'))
