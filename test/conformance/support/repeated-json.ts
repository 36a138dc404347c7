// SPDX-License-Identifier: Apache-2.0
// Reads JSON without losing a name that an object has twice, as some of libmodsecurity's test files rely on: an object
// becomes a list of pairs. For trusted files only; nesting is as deep as the file's.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject

export class JsonObject {
  readonly pairs: readonly (readonly [string, JsonValue])[]

  constructor(pairs: readonly (readonly [string, JsonValue])[]) {
    this.pairs = pairs
  }

  all(name: string): JsonValue[] {
    return this.pairs.filter(([key]) => key === name).map(([, value]) => value)
  }

  /** The last one counts, as in JSON.parse. */
  get(name: string): JsonValue | undefined {
    return this.all(name).at(-1)
  }
}

const blanks = /[ \t\r\n]*/y
const punctuation = /[[\]{}:,]/y
const text = /"(?:[^"\\]|\\.)*"/y
const word = /[-+.\w]+/y

class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match[0]
  }

  #skip(): void {
    this.#take(blanks)
  }

  #expect(mark: string): void {
    this.#skip()
    if (!this.#takeMark(mark)) throw new SyntaxError(`JSON: ${mark} is missing at offset ${this.#at}`)
  }

  #takeMark(mark: string): boolean {
    this.#skip()
    if (this.#source[this.#at] !== mark) return false
    this.#take(punctuation)
    return true
  }

  #string(): string {
    this.#skip()
    const token = this.#take(text)
    if (token === undefined) throw new SyntaxError(`JSON: a text is missing at offset ${this.#at}`)
    return JSON.parse(token) as string
  }

  #items<Item>(end: string, one: () => Item): Item[] {
    const items: Item[] = []
    if (this.#takeMark(end)) return items
    do items.push(one())
    while (this.#takeMark(','))
    this.#expect(end)
    return items
  }

  value(): JsonValue {
    if (this.#takeMark('[')) return this.#items(']', () => this.value())
    if (this.#takeMark('{')) {
      return new JsonObject(
        this.#items('}', () => {
          const name = this.#string()
          this.#expect(':')
          return [name, this.value()] as const
        }),
      )
    }
    this.#skip()
    if (this.#source[this.#at] === '"') return this.#string()
    return JSON.parse(this.#take(word) ?? '') as JsonValue
  }

  end(): void {
    this.#skip()
    if (this.#at !== this.#source.length) throw new SyntaxError(`JSON: more text at offset ${this.#at}`)
  }
}

export function parseRepeatedJson(source: string): JsonValue {
  const reader = new Reader(source)
  const value = reader.value()
  reader.end()
  return value
}
