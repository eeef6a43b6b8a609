// Who is told of which changes, in which order, and what a slow reader is told.
import t from 'tap'
import type { ClusterStatus } from '../../src/core/status.ts'
import type { View } from '../../src/core/types.ts'
import { EventQueue } from '../../src/node/event-queue.ts'
import { Events } from '../../src/node/events.ts'
import { EVENTS_WAITING_MAX, SUBSCRIBERS_MAX } from '../../src/node/limits.ts'
import { FAKE_ID, FakeNode } from '../fakes/fake-node.ts'

const OTHER = { id: 'b', address: '10.0.0.2:8181', inSync: true }

function lab() {
  const { report } = new FakeNode()
  const self = { id: FAKE_ID, address: report.node.address, inSync: true }
  const core = { route: {} as View, status: (): ClusterStatus => status }
  let status: ClusterStatus = { ...report }
  const become = (role: ClusterStatus['node']['role'], epoch: number) => {
    const masters = role === 'primary' ? [self, OTHER] : [OTHER, self]
    const view = { ballot: { epoch, proposer: 'b' }, masters, roster: masters, voters: [] }
    status = { ...report, node: { ...report.node, role }, view: { ...view, isUnclean: false } }
    core.route = {} as View
  }
  become('primary', 1)
  const events = new Events(core, () => 0)
  events.routed()
  return { events, become, core, forget: () => (status = { ...status, view: undefined }) }
}

function follow(events: Events, prefix: string): AsyncIterator<string> {
  const answer = events.subscribe(prefix)
  if (answer.kind !== 'events') throw new Error(`no events but ${answer.kind}`)
  return answer.texts[Symbol.asyncIterator]()
}

/** What comes next, without the line ends. */
async function next(reader: AsyncIterator<string>): Promise<string> {
  const { value, done } = await reader.next()
  return done === true ? 'the end' : value.replaceAll('\n', '|')
}

const change = (key: string, isDeleted = false) => ({ key, version: `v-${key}`, isDeleted })

t.test('a subscriber hears of the view, and of its keys in the order of commits', async (t) => {
  const { events } = lab()
  const reader = follow(events, 'a/')
  t.match(await next(reader), /^event: view\|data: \{"ballot":"1.b","masters":.*"nodes":2\}\|\|$/)
  for (const key of ['a/1', 'b/1', 'a', 'a/\n2']) events.committed(change(key))
  events.committed(change('a/1', true))
  t.equal(
    await next(reader),
    'event: put|data: {"key":"a/1","version":"v-a/1"}||' +
      'event: put|data: {"key":"a/\\n2","version":"v-a/\\n2"}||' +
      'event: delete|data: {"key":"a/1","version":"v-a/1"}||',
  )
  const waiting = next(reader)
  events.committed(change('a/3'))
  t.match(await waiting, /a\/3/)
  await reader.return?.()
})

t.test('a new view is told, and ends what a node that is no primary any more began', async (t) => {
  const { events, become } = lab()
  const reader = follow(events, '')
  await next(reader)
  become('primary', 2)
  events.routed()
  t.match(await next(reader), /"ballot":"2.b"/)
  events.committed(change('last'))
  become('master', 3)
  events.routed()
  events.committed(change('unheard'))
  t.match(await next(reader), /last.*"ballot":"3.b"/)
  t.equal(await next(reader), 'the end')
  const waiting = lab()
  const other = follow(waiting.events, '')
  await next(other)
  const end = next(other)
  waiting.events.stop()
  t.equal(await end, 'the end')
})

t.test('others are sent to the primary, if there is one', async (t) => {
  const { events, become, forget } = lab()
  become('node', 1)
  t.same(events.subscribe(''), { kind: 'elsewhere', address: OTHER.address })
  forget()
  t.match(events.subscribe(''), { kind: 'notNow' })
})

t.test('so many subscribers, and one that leaves makes room', async (t) => {
  const { events } = lab()
  const readers = Array.from({ length: SUBSCRIBERS_MAX }, () => follow(events, ''))
  t.match(events.subscribe(''), { kind: 'full', reason: /^256 clients/ })
  await readers[0]?.return?.()
  t.equal(events.subscribe('').kind, 'events')
  events.stop()
})

t.test('a slow reader gets what waits, and how many it lost', async (t) => {
  let ended = 0
  const queue = new EventQueue(() => ended++)
  const texts = Array.from({ length: EVENTS_WAITING_MAX }, (_, i) => `${i};`)
  for (const text of [...texts, 'x', 'y', 'z']) queue.add(text)
  t.equal((await queue.next()).value, `${texts.join('')}event: lost\ndata: {"count":3}\n\n`)
  queue.add('later;')
  t.equal((await queue.next()).value, 'later;')
  queue.add('rest;')
  queue.end()
  queue.add('too late')
  t.same(await queue.next(), { value: 'rest;', done: false })
  t.same(await queue.next(), { value: undefined, done: true })
  await queue.return()
  t.equal(ended, 1)
})
