// SPDX-License-Identifier: Apache-2.0
// typescript-eslint's strict, type-checked set as it comes. A rule that is switched here says why.

import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const nodeGlobals = [
  'AbortSignal',
  'Buffer',
  'URL',
  'console',
  'fetch',
  'module',
  'performance',
  'process',
  'require',
]

export default tseslint.config(
  { ignores: ['build/', 'build-*/', 'deps/', 'dist/', 'prebuilds/'] },
  {
    files: ['**/*.{mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, 'readonly'])) },
  },
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: 'test/tsconfig.json',
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // A number in a message reads the same with and without String().
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
)
