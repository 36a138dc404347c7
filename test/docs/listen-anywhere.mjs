// SPDX-License-Identifier: Apache-2.0
// Loaded before an example that listens: whatever port it names, it gets a free one, and says which.

import { Server } from 'node:net'

const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  this.once('listening', () => {
    console.log(`listening on port ${this.address().port}`)
  })
  const callback = args.find((argument) => typeof argument === 'function')
  return listen.call(this, 0, '127.0.0.1', callback)
}
