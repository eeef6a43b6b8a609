// GET /events over HTTP: the stream, the way to the primary, and refusals.
import { once } from 'node:events'
import http from 'node:http'
import t from 'tap'
import { EventQueue } from '../../src/node/event-queue.ts'
import { problemOf, startServer } from './setup.ts'

t.test('events are streamed as they come, and a reader that leaves is noticed', async (t) => {
  const { node, port } = await startServer(t)
  let tell = (): void => {}
  const left = new Promise<void>((resolve) => (tell = resolve))
  const texts = new EventQueue(tell)
  node.changes = { kind: 'events', texts }
  texts.add('event: put\ndata: {}\n\n')
  const request = http.get({ port, path: '/events?prefix=a%2F%C3%BC' })
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  t.equal(answer.headers['content-type'], 'text/event-stream')
  t.same(node.followed, ['a/\u00fc'])
  const read = async () => String((await once(answer, 'data'))[0])
  t.equal(await read(), 'event: put\ndata: {}\n\n')
  texts.add('event: delete\ndata: {}\n\n')
  t.equal(await read(), 'event: delete\ndata: {}\n\n')
  answer.destroy()
  await left
})

t.test('another node sends to the primary, with what was asked', async (t) => {
  const { node, fetch } = await startServer(t)
  node.changes = { kind: 'elsewhere', address: '10.0.0.2:8181' }
  const answer = await fetch('/events?prefix=a%2F', { redirect: 'manual' })
  t.equal(answer.status, 307)
  t.equal(answer.headers.get('location'), 'http://10.0.0.2:8181/events?prefix=a%2F')
})

t.test('refusals are problems', async (t) => {
  const { node, fetch } = await startServer(t)
  const none = await fetch('/events')
  t.equal(none.status, 503)
  t.equal((await problemOf(none)).kind, 'unavailable')
  node.changes = { kind: 'full', reason: 'No room.' }
  t.equal((await problemOf(await fetch('/events'))).kind, 'overloaded')
  t.equal((await problemOf(await fetch('/events?prefix=%FF'))).kind, 'malformed-key')
  t.equal((await fetch('/events', { method: 'POST' })).status, 405)
})
