// SPDX-License-Identifier: Apache-2.0
import { deepStrictEqual } from 'node:assert'

import { spreadLists } from '../../lib/cli/rule-arguments.js'

describe('lists of files on the command line', () => {
  it('belong to -f while they look like rule files', () => {
    deepStrictEqual(spreadLists(['tests', '-f', 'a.conf', 'b.conf', 'rules/*.conf', 'more-tests']), [
      'tests', '-f', 'a.conf', '--file', 'b.conf', '--file', 'rules/*.conf', 'more-tests',
    ]) // prettier-ignore
  })

  it('belong to --overrides only behind the paths of the tests', () => {
    const behind = ['tests', '--overrides', 'a.yaml', 'b.yml']
    deepStrictEqual(spreadLists(behind), ['tests', '--overrides', 'a.yaml', '--overrides', 'b.yml'])
    const before = ['--overrides', 'a.yaml', 'tests/942100.yaml']
    deepStrictEqual(spreadLists(before), before)
  })

  it('end at the next option', () => {
    deepStrictEqual(spreadLists(['-f', 'a.conf', '--json', 'b.conf']), ['-f', 'a.conf', '--json', 'b.conf'])
  })
})
