// SPDX-License-Identifier: Apache-2.0
// A MaxMind database in which every IPv4 address is in one country.

type Value = string | Buffer | Value[] | { readonly [name: string]: Value }

const mapType = 7
const textType = 2
const listType = 11 - 7 // an extended one

/** The format tells numbers of different widths apart. */
const uint16 = (value: number): Buffer => Buffer.from([(5 << 5) | 2, value >> 8, value & 255])
function uint32(value: number): Buffer {
  const bytes = Buffer.from([(6 << 5) | 4, 0, 0, 0, 0])
  bytes.writeUInt32BE(value, 1)
  return bytes
}
function uint64(value: number): Buffer {
  const bytes = Buffer.concat([Buffer.from([8, 9 - 7]), Buffer.alloc(8)])
  bytes.writeBigUInt64BE(BigInt(value), 2)
  return bytes
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([Buffer.from([(textType << 5) | bytes.length]), bytes])
  }
  if (Buffer.isBuffer(value)) return value
  if (Array.isArray(value))
    return Buffer.concat([Buffer.from([value.length, listType]), ...value.map(encode)])
  const members = Object.entries(value)
  return Buffer.concat([
    Buffer.from([(mapType << 5) | members.length]),
    ...members.flatMap(([name, member]) => [encode(name), encode(member)]),
  ])
}

/** One node, both of whose records lead to the one entry there is. */
export function geoDatabase(countryCode: string): Buffer {
  const nodes = 1
  const separator = 16
  const tree = Buffer.alloc(6)
  tree.writeUIntBE(nodes + separator, 0, 3)
  tree.writeUIntBE(nodes + separator, 3, 3)
  const entry = encode({ country: { iso_code: countryCode } })
  const metadata = encode({
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint64(1_700_000_000),
    database_type: 'Test-Country',
    description: { en: 'test' },
    ip_version: uint16(4),
    languages: ['en'],
    node_count: uint32(nodes),
    record_size: uint16(24),
  })
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
  return Buffer.concat([tree, Buffer.alloc(separator), entry, marker, metadata])
}
