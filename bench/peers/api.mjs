// SPDX-License-Identifier: Apache-2.0
// Requests through the JavaScript API, step by step, as an adapter takes them.

/** Phases 1 and 2 of one request. */
export function judgeOne(waf, { client, port, method, uri, version, headers, body }) {
  const transaction = waf.transaction({ clientAddress: client, clientPort: port })
  const first = transaction.processRequestHeadersSync({ method, uri, protocol: `HTTP/${version}`, headers })
  if (first.action === 'pass') {
    if (body !== undefined) transaction.writeRequestBody(body)
    transaction.processRequestBodySync()
  }
  transaction.close()
}

export function judgeAll(waf, requests) {
  for (const request of requests) judgeOne(waf, request)
}
