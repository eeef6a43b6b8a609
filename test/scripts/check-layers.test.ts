// The check of the house sees every kind of breach, and is not fooled by comments and strings.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { findBreaches } from '../../scripts/layer-findings.ts'

/** file, text, the sentences expected. */
type Row = readonly [file: string, text: string, ...sentences: string[]]

const IMPORTS: readonly Row[] = [
  ['src/core/a.ts', `import { b } from './b.ts'`],
  ['src/core/a.ts', `import { b } from '../wire/b.ts'`, 'core/ may not import wire/'],
  ['src/core/a.ts', `import type { b } from '../wire/b.ts'`, 'core/ may not import wire/'],
  ['src/core/a.ts', `export { b } from '../wire/b.ts'`, 'core/ may not import wire/'],
  ['src/core/a.ts', `type B = import('../wire/b.ts').B`, 'core/ may not import wire/'],
  ['src/core/a.ts', `await import('../wire/b.ts')`, 'core/ may not import wire/'],
  ['src/core/a.ts', `await import(b)`, 'core/ imports what is named only at run time'],
  ['src/core/a.ts', `import 'node:fs'`, 'core/ may not import node:fs'],
  ['src/core/a.ts', `import { z } from 'zod'`, 'core/ may not import zod'],
  ['src/core/deep/a.ts', `import { b } from '../b.ts'`],
  ['src/core/deep/a.ts', `import { b } from '../../wire/b.ts'`, 'core/ may not import wire/'],
  ['src/config/a.ts', `import { z } from 'zod/mini'`],
  ['src/config/a.ts', `import { isIP } from 'node:net'`],
  [
    'src/config/a.ts',
    `import a from '../../package.json'`,
    'config/ may not import package.json, outside src/',
  ],
  ['src/http/a.ts', `import Router from '@koa/router'`],
  ['src/http/a.ts', `import { b } from '../storage/b.ts'`, 'http/ may not import storage/'],
  ['src/node/a.ts', `import { b } from '../http/b.ts'`],
  ['src/node/a.ts', `import { b } from '../bin/b.ts'`, 'node/ may not import bin/'],
  ['src/bin/a.ts', `import { b } from '../core/b.ts'`, 'bin/ may not import core/'],
  ['src/a.ts', `import { b } from './core/b.ts'`],
  [
    'src/attic/a.ts',
    `import './b.ts'`,
    'attic/ is no folder of the house; scripts/layers.ts lists them',
  ],
  ['test/core/a.ts', `import { b } from '../../src/http/b.ts'`],
  ['src/core/a.ts', `// import 'node:fs'\nconst text = "import 'node:fs'"`],
]

const argument = (uses: string) => `core/ may not use ${uses}: take it as an argument`

const WORLD: readonly Row[] = [
  ['src/core/a.ts', 'const a = Date.now()', argument('Date.now')],
  ['src/core/a.ts', 'const a = globalThis.Date.now()', argument('Date.now')],
  ['src/core/a.ts', `const a = Date['now']()`, argument('Date[…]')],
  ['src/core/a.ts', 'const a = new Date()', argument('new Date()')],
  ['src/core/a.ts', 'const a = Date()', argument('Date()')],
  ['src/core/a.ts', 'const a = new Date(nowMs).toISOString()'],
  ['src/core/a.ts', 'const a = performance.now()', argument('performance')],
  ['src/core/a.ts', 'setTimeout(b, 1)', argument('setTimeout')],
  ['src/core/a.ts', 'globalThis.setTimeout(b, 1)', argument('setTimeout')],
  ['src/core/a.ts', 'setInterval(b, 1)', argument('setInterval')],
  ['src/core/a.ts', 'setImmediate(b)', argument('setImmediate')],
  ['src/core/a.ts', 'const later = { run: setImmediate }', argument('setImmediate')],
  ['src/core/a.ts', 'const a = Math.random()', argument('Math.random')],
  ['src/core/a.ts', 'const a = Math.max(1, 2)'],
  [
    'src/core/a.ts',
    'const a = crypto.getRandomValues(b)',
    argument('crypto'),
    argument('getRandomValues'),
  ],
  ['src/core/a.ts', `const a = process.env['A']`, argument('process')],
  ['src/core/a.ts', 'process.exit(1)', argument('process')],
  ['src/core/a.ts', 'const a = process.argv', argument('process')],
  ['src/core/a.ts', 'timers.setTimeout(b, 1)'],
  ['src/core/a.ts', 'interface A { setTimeout(): void; process: string }'],
  ['src/core/a.ts', 'class A { process(): void {} }'],
  ['src/core/a.ts', 'let a: ReturnType<typeof setTimeout>'],
  ['src/core/a.ts', '// Date.now()\nconst text = "Math.random()"'],
  ['src/system/a.ts', 'setTimeout(() => Date.now() + Math.random(), process.uptime())'],
  ['src/network/a.ts', 'setTimeout(b, 1)'],
  ['src/bin/a.ts', 'process.exit(1)'],
  ['test/core/a.ts', 'setTimeout(b, 1)'],
]

const lines = (count: number) => 'b()\n'.repeat(count)

const LENGTHS: readonly Row[] = [
  ['src/core/a.ts', lines(400)],
  ['src/core/a.ts', lines(401), '401 lines; a file stops at 400'],
  ['test/core/a.ts', lines(401), '401 lines; a file stops at 400'],
  ['src/core/a.ts', `function a() {\n${lines(58)}}`],
  ['src/core/a.ts', `function a() {\n${lines(59)}}`, 'a function of 61 lines; one stops at 60'],
  ['src/core/a.ts', `const a = () => {\n${lines(59)}}`, 'a function of 61 lines; one stops at 60'],
  ['src/core/a.ts', `class A { b() {\n${lines(59)}} }`, 'a function of 61 lines; one stops at 60'],
  ['test/core/a.ts', `function a() {\n${lines(59)}}`],
]

for (const [title, rows] of Object.entries({ imports: IMPORTS, world: WORLD, lengths: LENGTHS })) {
  t.test(title, async (t) => {
    for (const [file, text, ...sentences] of rows) {
      const found = findBreaches(file, text).map((each) => each.sentence)
      t.strictSame(found, sentences, `${file}: ${text.slice(0, 60).replaceAll('\n', ' ')}`)
    }
  })
}

t.test('the script prints one line a breach and exits 1; 0 without any', async (t) => {
  const root = t.testdir({
    src: { core: { 'a.ts': `// two lines\nimport 'node:fs'\n` }, wire: { 'b.ts': 'export {}\n' } },
  })
  const bad = checkLayers(root)
  t.equal(bad.stdout, 'src/core/a.ts:2: core/ may not import node:fs\n')
  t.equal(bad.status, 1)

  const good = checkLayers(t.testdir({ src: { wire: { 'b.ts': 'export {}\n' } } }))
  t.equal(good.stdout, '')
  t.equal(good.status, 0)
})

function checkLayers(root: string): { stdout: string; status: number | null } {
  const script = fileURLToPath(new URL('../../scripts/check-layers.ts', import.meta.url))
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', script, root], {
    encoding: 'utf8',
  })
  return { stdout, status }
}
