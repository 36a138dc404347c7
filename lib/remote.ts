// SPDX-License-Identifier: Apache-2.0
// Rules, and lists that rules name, from an HTTPS address. Fetched before a load, in Node; the engine itself never uses the network.
//
// An address names the SHA-256 of what it has to give, so neither its server nor anybody between can change the rules. When
// an address cannot be fetched, or gives something else, the load fails and says which; a reload leaves the old rules in
// force. No redirection is followed.

import { createHash } from 'node:crypto'
import { get } from 'node:https'

import { SecluaError } from './errors.js'
import type { NativeSource } from './options.js'

const limitBytes = 64 * 1024 * 1024
const timeoutMs = 30_000

const isRemote = ({ isText, name }: NativeSource): boolean => !isText && name.startsWith('https://')

const optionOf = (source: NativeSource): string => (source.isData === true ? 'remoteFiles' : 'files')

function failed(address: string, reason: string, cause?: unknown): SecluaError {
  return new SecluaError('SECLUA_E_FETCH', `${address} cannot be loaded: ${reason}`, { cause })
}

function download(address: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = get(address, { signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > limitBytes) request.destroy(new Error(`it has more than ${limitBytes} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new Error(`the server answered ${response.statusCode ?? 'nothing'}`))
      })
    })
    request.on('error', reject)
  })
}

async function fetchSource(source: NativeSource): Promise<NativeSource> {
  const [address = '', pin = ''] = source.name.split('#')
  const expected = /^sha256=([0-9a-f]{64})$/i.exec(pin)?.[1]?.toLowerCase()
  if (expected === undefined) {
    throw new SecluaError(
      'SECLUA_E_OPTION',
      `option ${optionOf(source)}: ${address} needs the SHA-256 of its content`,
      {
        hint: `write ${address}#sha256=… with 64 hexadecimal digits`,
      },
    )
  }
  let content: Buffer
  try {
    content = await download(address)
  } catch (cause) {
    throw failed(address, cause instanceof Error ? cause.message : String(cause), cause)
  }
  const found = createHash('sha256').update(content).digest('hex')
  if (found !== expected) throw failed(address, `its SHA-256 is ${found}, not the one that is asked for`)
  if (source.isData === true) return { isText: true, name: address, text: content, isData: true }
  return { isText: true, name: address, text: content.toString('utf8') }
}

/** The same sources, with the texts of those that are addresses. */
export async function fetchSources(sources: readonly NativeSource[]): Promise<readonly NativeSource[]> {
  const texts = await Promise.all(sources.filter(isRemote).map(fetchSource))
  return sources.map((source) => (isRemote(source) ? (texts.shift() ?? source) : source))
}

/** For loads that cannot wait. */
export function refuseRemote(sources: readonly NativeSource[]): void {
  const remote = sources.find(isRemote)
  if (remote === undefined) return
  throw new SecluaError(
    'SECLUA_E_SYNC',
    `option ${optionOf(remote)}: ${remote.name} has to be fetched: use Waf.load, not loadSync`,
  )
}
