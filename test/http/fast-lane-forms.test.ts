// Forms in the fast lane whose answers take a while: their order, their room, and clients that leave.
import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { PlainReader } from '../../src/http/fast-lane/plain-request.ts'
import { deferred, get, LAST, post, stable } from './plain-requests.ts'
import { startServer } from './setup.ts'

const FORM_HEADERS = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Forms for one connection, of which the first is answered when `settle` is called. */
async function slowForms(test: Pick<typeof t, 'teardown'>, count: number, more = '') {
  const server = await startServer(test, { bodiesBytesMax: 100 })
  const [late, begun] = [deferred(), deferred()]
  server.node.slow.set('n0', late.promise)
  server.node.onWrite = () => {
    if (server.node.writes.length === count) begun.settle()
  }
  const socket = net.connect(server.port, '127.0.0.1')
  const heard: Buffer[] = []
  socket.on('data', (chunk: Buffer) => heard.push(chunk))
  const forms = Array.from({ length: count }, (_, i) => post(`key=n${i}&value=v${i}`))
  socket.write(forms.join('') + more)
  await begun.promise
  const text = () => stable(Buffer.concat(heard).toString())
  return { ...server, socket, text, settle: late.settle }
}

const answerOf = (key: string) => `{"key":"${key}","version":"VERSION","copies":2}`

/** The bodies of answers with 200. */
function bodiesOf(answers: string): string[] {
  return answers.split(/HTTP\/1.1 200 OK[^]*?\r\n\r\n/).slice(1)
}

t.test('forms that came together are begun together; what follows waits for them', async (t) => {
  const { node, text, socket, settle } = await slowForms(t, 2, get('/get/n1') + LAST)
  t.strictSame(node.reads, [])
  t.equal(text(), '', 'the second answer waits for the first')
  settle()
  await once(socket, 'close')
  const live = '{"status":"live"}'
  t.strictSame(bodiesOf(text()), [answerOf('n0'), answerOf('n1'), 'v1', live])
})

t.test('a form counts as a body in memory until it is answered', async (t) => {
  const { settle, fetch, text, socket } = await slowForms(t, 1)
  const body = `key=other&value=${'v'.repeat(80)}`
  const send = () => fetch('/post', { method: 'POST', body, headers: FORM_HEADERS })
  t.equal((await send()).status, 503)
  const answered = once(socket, 'data')
  settle()
  await answered
  t.match(text(), answerOf('n0'))
  t.equal((await send()).status, 200)
})

t.test('a client that leaves while its form is written harms nobody', async (t) => {
  const { settle, fetch, socket, counted, logged } = await slowForms(t, 1)
  socket.resetAndDestroy()
  t.equal((await fetch('/health/live')).status, 200)
  settle()
  const body = `key=other&value=${'v'.repeat(80)}`
  t.equal((await fetch('/post', { method: 'POST', body, headers: FORM_HEADERS })).status, 200)
  t.strictSame(counted, ['live 200', 'post 200', 'post 200'])
  t.strictSame(logged, [])
})

t.test('what comes while an answer is awaited is begun after it, in its order', async (t) => {
  const { node, text, socket, settle, fetch } = await slowForms(t, 1)
  for (const more of [post('key=n1&value=v1'), get('/get/n1'), LAST]) {
    socket.write(more)
    // Another connection has been answered meanwhile: this one was read before.
    t.equal((await fetch('/health/live')).status, 200)
  }
  t.strictSame([node.writes.length, node.reads.length, text()], [1, 0, ''])
  settle()
  await once(socket, 'close')
  t.strictSame(bodiesOf(text()), [answerOf('n0'), answerOf('n1'), 'v1', '{"status":"live"}'])
})

t.test('a client that has said all gets the answers that are due, and an end', async (t) => {
  const { settle, fetch, socket, text } = await slowForms(t, 2, get('/get/n1'))
  socket.end()
  t.equal((await fetch('/health/live')).status, 200)
  settle()
  await once(socket, 'close')
  t.strictSame(bodiesOf(text()), [answerOf('n0'), answerOf('n1'), 'v1'])
})

t.test('a client that has ended before its only answer gets it, and an end', async (t) => {
  const { settle, fetch, socket, text } = await slowForms(t, 1)
  socket.end()
  t.equal((await fetch('/health/live')).status, 200)
  settle()
  await once(socket, 'close')
  t.match(text(), answerOf('n0'))
})

t.test('a node that stops ends a connection after the answers that are due', async (t) => {
  const { node, settle, stop, socket, text } = await slowForms(t, 2, get('/get/n1'))
  const closed = once(socket, 'close')
  stop()
  socket.write(post('key=late&value=v'))
  settle()
  await closed
  t.strictSame(bodiesOf(text()), [answerOf('n0'), answerOf('n1')])
  t.equal(node.writes.length, 2, 'what came after is not done')
  t.strictSame(node.reads, [])
})

t.test('headers of forms are known by their bytes, whatever the length', async (t) => {
  const reader = new PlainReader()
  const [one, two] = [post('a=b'), post('longer=than+ten')]
  const form = (text: string, from = 0) => {
    const request = reader.read(text, from)
    return request?.route === 'post' ? text.slice(request.bodyAt, request.end) : undefined
  }
  t.equal(form(one), 'a=b')
  t.equal(form(one + two, one.length), 'longer=than+ten')
  t.equal(form(two.slice(0, -1)), undefined, 'a body that is not all there')
  t.equal(form(two.replace('15', '1 5')), undefined)
  t.equal(form(two.replace('15', '')), undefined)
})
