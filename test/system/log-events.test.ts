// docs/LOGS.md has every event that the source can log, at the levels at which it does.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { LOG_EVENTS } from '../../src/core/log-events.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const document = readFileSync(join(root, 'docs/LOGS.md'), 'utf8')

/** Event and levels of each row. */
const rows = new Map(
  [...document.matchAll(/^\| `([a-z.-]+)` \| ([a-z, ]+) \| /gm)].map(
    ([, event = '', levels = '']) => [event, levels.split(', ')],
  ),
)

function* sources(): Iterable<string> {
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) yield readFileSync(join(root, 'src', name), 'utf8')
  }
}

/** Where level and event stand in the source as they are. */
const LOGGED = /\.?log\(\s*'(\w+)',\s*'([a-z.-]+)'|log\.(\w+)\('([a-z.-]+)'/g

const logged = [...sources()].flatMap((text) =>
  [...text.matchAll(LOGGED)].map(([, a, b, c, d]) => ({
    level: a ?? c ?? '',
    event: b ?? d ?? '',
  })),
)

t.test('every event has its row, in the order of the list, and no other has', async (t) => {
  t.same([...rows.keys()], LOG_EVENTS)
})

t.test('the level is one at which it is logged', async (t) => {
  t.ok(logged.length > 30, 'most events stand in the source as they are')
  for (const { level, event } of logged) {
    t.ok(rows.get(event)?.includes(level), `${event} is logged at ${level}`)
  }
})

t.test('every event in the list is logged somewhere', async (t) => {
  const direct = new Set(logged.map(({ event }) => event))
  // These are put together from a word and what it is about, or handed over by name.
  const others = LOG_EVENTS.filter((event) => !direct.has(event))
  t.same(others, [
    'settings-reloaded',
    'node-alive',
    'node-suspect',
    'node-dead',
    'node-left',
    'node-name-unknown',
    'datagrams.join.fails',
    'datagrams.join.works',
    'datagrams.send.fails',
    'datagrams.send.works',
    'packets-refused',
    'calls-refused',
    'answers-refused',
  ])
})
