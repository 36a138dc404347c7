// SPDX-License-Identifier: Apache-2.0
// A process of its own with a Waf over a store, for tests that count with several: begins on a message, reports what passed.
//
//   argv: options of Waf.load as JSON; messages in: { requests, key } or { key }; out: 'ready', then { passed, denied, failed },
//   or, without a number of requests, 'judged' after each of any number of them

import { Waf, type WafOptions } from '../../lib/index.js'

interface Order {
  readonly requests?: number
  readonly key: string
}

async function main(): Promise<void> {
  const waf = await Waf.load(JSON.parse(process.argv[2] ?? '{}') as WafOptions)
  const judge = async (key: string): Promise<string> => {
    const { verdict } = await waf.evaluate({ method: 'GET', uri: '/', clientAddress: key })
    return verdict.action
  }
  const judgeForEver = async (key: string): Promise<never> => {
    for (;;) {
      await judge(key)
      await new Promise((resolve) => process.send?.('judged', resolve))
    }
  }
  process.on('message', ({ requests, key }: Order) => {
    if (requests === undefined) {
      void judgeForEver(key)
      return
    }
    // All at once: none of them waits for another.
    void Promise.allSettled(Array.from({ length: requests }, () => judge(key))).then((answers) => {
      const count = (action: string): number =>
        answers.filter((answer) => answer.status === 'fulfilled' && answer.value === action).length
      const failed = answers.filter(({ status }) => status === 'rejected').length
      process.send?.({ passed: count('pass'), denied: count('deny'), failed })
    })
  })
  process.on('disconnect', () => {
    void waf.close()
  })
  process.send?.('ready')
}

void main()
