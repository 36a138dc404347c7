// SPDX-License-Identifier: Apache-2.0
// The pages of the manual, cut into their fenced blocks.
//
// A fence says what its block is and, after that, what a test should know of it:
//   ```js                       an ES module; `cjs` makes it CommonJS
//   ```js server                an ES module that listens; `GET=/path:status` and `POST=/path:status:body` are asked of it
//   ```conf                     SecLang; loads without a word unless error=CODE or warning=CODE
//   allow=LIST                  on conf: what option allowExec has
//   ```lua                      a script
//   from=FILE                   on any block: quoted from that file; for conf and lua the file is what is used
//   ```sh                       shell; status=N when it should end with another status than 0
//   ```text output              what the shell block before it printed, line by line
//   file=NAME                   on any block: the block is a file of that name for the blocks after it; a program if it begins
//                               with #!

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const root: string = resolve(__dirname, '../..')

export interface Block {
  readonly language: string
  readonly words: readonly string[]
  readonly settings: ReadonlyMap<string, string>
  readonly text: string
  /** 'docs/api.md:12' */
  readonly place: string
}

export interface Page {
  readonly name: string
  readonly text: string
  readonly blocks: readonly Block[]
}

function readBlocks(name: string, text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const opening = /^```(\w+)?(.*)$/.exec(lines[i] ?? '')
    if (opening === null) continue
    const end = lines.indexOf('```', i + 1)
    const words = (opening[2] ?? '').split(' ').filter((word) => word !== '')
    blocks.push({
      language: opening[1] ?? '',
      words,
      settings: new Map(
        words.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)] as const),
      ),
      text: `${lines.slice(i + 1, end).join('\n')}\n`,
      place: `${name}:${i + 1}`,
    })
    i = end
  }
  return blocks
}

function readPage(path: string): Page {
  const text = readFileSync(path, 'utf8')
  const name = relative(root, path)
  return { name, text, blocks: readBlocks(name, text) }
}

export const pages: readonly Page[] = [
  'README.md',
  'native/README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => join('docs', file)),
].map((file) => readPage(join(root, file)))
