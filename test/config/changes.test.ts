// What a running node makes of settings that it reads again.
import t from 'tap'
import { changesBetween } from '../../src/config/changes.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { SETTING_NAMES } from '../../src/config/schema.ts'
import type { NodeSettings } from '../../src/config/settings.ts'

const SECRET = Buffer.alloc(32, 1)
const OTHER = Buffer.alloc(32, 2)

function settings(argv: readonly string[], secrets: readonly Uint8Array[] = []): NodeSettings {
  const parsed = parseSettings({
    argv,
    env: {},
    interfaces: [
      { name: 'lo', address: '127.0.0.1', prefixBits: 8, isInternal: true, hasDefaultRoute: false },
    ],
    readFile: () => ({ kind: 'absent' }),
    readSecretFile: () => ({ kind: 'absent' }),
  })
  if (parsed.kind !== 'settings') throw new Error(JSON.stringify(parsed))
  return { ...parsed.settings, secrets }
}

t.test('the same settings are no change', async (t) => {
  const { atOnce, atRestart } = changesBetween(settings([], [SECRET]), settings([], [SECRET]))
  t.same([atOnce, atRestart], [[], []])
})

const AT_ONCE = [
  ['log-level', ['--log-level', 'debug']],
  ['node', ['--node', '10.1.2.3:8181']],
] as const

for (const [name, argv] of AT_ONCE) {
  t.test(`${name} is changed at once`, async (t) => {
    const changes = changesBetween(settings([]), settings(argv))
    t.same([changes.atOnce, changes.atRestart], [[name], []])
    t.same(changes.settings, settings(argv))
  })
}

const AT_RESTART = [
  ['host', ['--host', '127.0.0.2']],
  ['port', ['--port', '8182']],
  ['group', ['--group', '239.1.1.1']],
  ['group-port', ['--group-port', '4984']],
  ['interface', ['--interface', 'lo']],
  ['cluster', ['--cluster', 'other']],
  ['data-dir', ['--data-dir', '/elsewhere']],
  ['durability', ['--durability', 'relaxed']],
  ['mode', ['--mode', 'majority']],
  ['voters', ['--mode', 'majority', '--voters', '5']],
  ['min-copies', ['--min-copies', '1']],
  ['value-bytes-max', ['--value-bytes-max', '1MiB']],
  ['copy-bytes-max', ['--copy-bytes-max', '1MiB']],
  ['store-bytes-max', ['--store-bytes-max', '1GiB']],
  ['witness', ['--witness']],
] as const

for (const [name, argv] of AT_RESTART) {
  t.test(`${name} waits for a restart`, async (t) => {
    const changes = changesBetween(settings([]), settings(argv))
    t.same(changes.atOnce, [])
    t.ok(changes.atRestart.includes(name), changes.atRestart.join())
    t.same(changes.settings, settings([]), 'what is in force stays')
    t.same(changesBetween(changes.settings, settings(argv)).atRestart, changes.atRestart)
  })
}

t.test('a cluster with a secret gets another one at once', async (t) => {
  const changes = changesBetween(settings([], [SECRET]), settings([], [OTHER, SECRET]))
  t.same([changes.atOnce, changes.atRestart], [['secret-file'], []])
  t.same(changes.settings.secrets, [OTHER, SECRET])
  t.same(changesBetween(changes.settings, settings([], [SECRET, OTHER])).atOnce, ['secret-file'])
})

t.test('the first secret waits for a restart, and so does giving up the last', async (t) => {
  for (const [now, read] of [
    [[], [SECRET]],
    [[SECRET], []],
  ] as const) {
    const changes = changesBetween(settings([], now), settings([], read))
    t.same([changes.atOnce, changes.atRestart], [[], ['secret-file']])
    t.same(changes.settings.secrets, now)
  }
})

t.test('every setting is one or the other', async (t) => {
  const known = [...AT_ONCE.map(([name]) => name), ...AT_RESTART.map(([name]) => name)]
  t.same(new Set([...known, 'secret-file', 'config']), new Set(SETTING_NAMES))
})
