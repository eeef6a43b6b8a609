// Two servers, one with the fast lane and one without: whatever a client sends, both say the same.
import { once } from 'node:events'
import net from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import type { Entry, WriteOutcome } from '../../src/core/types.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { entryReply } from '../../src/http/entry-reply.ts'
import { PlainReader } from '../../src/http/fast-lane/plain-request.ts'
import { foundBytes, replyBytes } from '../../src/http/fast-lane/reply-bytes.ts'
import { ANSWER_ROOM_BYTES, JOINED_BYTES_MAX } from '../../src/http/limits.ts'
import { holds } from '../wire/holds.ts'
import { entry } from './cases.ts'
import { CASES, deferred, FORMS, get, HOST, LAST, PIECES, post, stable } from './plain-requests.ts'
import { startServer, type TestServer, VALUE_BYTES_MAX } from './setup.ts'

/** Answers of 31 KiB that a connection on this machine may hold before it is full: 4 MiB and 32 at most. */
const STALLS_AFTER_MAX = 1300

/** Another connection is answered so often before a request on the first is called unread. */
const LOOKS = 500

/** What both hold before a case. */
function prepare({ node }: TestServer): void {
  node.entries.set('k', entry('value'))
  node.entries.set('a/b:c', entry('with a slash', { key: 'a/b:c' }))
  node.entries.set('dead', entry('', { key: 'dead', content: { kind: 'tombstone' } }))
  const content = {
    kind: 'value',
    bytes: Buffer.from('\x00\xff', 'latin1'),
    contentType: 'te\nxt',
  } as const
  node.entries.set('odd', entry('', { key: 'odd', content }))
  node.ageMs = 1999
}

async function say({ rawToEnd }: TestServer, bytes: Buffer): Promise<string> {
  return stable(await rawToEnd(bytes))
}

/**
 * A GET whose body turns out to be none may have been answered before node:http sees that, or not:
 * where it ends with a refusal on one side, the other may have said more before, or nothing after.
 */
function areAlike(fast: string, slow: string): boolean {
  if (fast === slow) return true
  const refusal = /HTTP\/1.1 400 A header cannot be read[^]*$/
  const [said, also] = [fast.replace(refusal, ''), slow.replace(refusal, '')]
  return (
    (refusal.test(fast) || refusal.test(slow)) && (said.startsWith(also) || also.startsWith(said))
  )
}

/** What was asked of the node, but for the ids that are made for each request. */
function writesOf({ node }: TestServer): object[] {
  return node.writes.map((command) => ({ ...command, requestId: undefined }))
}

function sameWrites(one: TestServer, other: TestServer): boolean {
  return JSON.stringify(writesOf(one)) === JSON.stringify(writesOf(other))
}

async function bothServers(
  test: Pick<typeof t, 'teardown'>,
  valueBytesMax = VALUE_BYTES_MAX,
): Promise<[TestServer, TestServer]> {
  const servers = await Promise.all([
    startServer(test, { valueBytesMax }),
    startServer(test, { valueBytesMax, hasLane: false }),
  ])
  for (const server of servers) prepare(server)
  return servers
}

for (const [title, bytes] of [...CASES, ...FORMS]) {
  t.test(`${title}: the same answers with and without the lane`, async (t) => {
    const [lane, plain] = await bothServers(t)
    const sent = Buffer.from(bytes + LAST, 'latin1')
    const [fast, slow] = await Promise.all([say(lane, sent), say(plain, sent)])
    t.equal(fast, slow)
    t.strictSame(lane.node.reads, plain.node.reads, 'and the same was asked of the node')
    t.strictSame(writesOf(lane), writesOf(plain), 'and written')
    t.strictSame(lane.logged, plain.logged)
    t.strictSame(lane.counted.toSorted(), plain.counted.toSorted())
  })
}

const OUTCOMES: readonly WriteOutcome[] = [
  { kind: 'applied', version: VERSION_ZERO, copies: 1 },
  { kind: 'applied', version: VERSION_ZERO, copies: 2 },
  { kind: 'conflict', current: undefined },
  { kind: 'reused' },
  { kind: 'full' },
  { kind: 'refused', reason: 'No view.' },
  { kind: 'unknown', reason: 'No answer.' },
]

for (const outcome of OUTCOMES) {
  t.test(`what became of a form is said alike: ${JSON.stringify(outcome)}`, async (t) => {
    const [lane, plain] = await bothServers(t)
    for (const { node } of [lane, plain]) node.nextWrite = outcome
    const sent = Buffer.from(post('key=n&value=v') + LAST)
    t.equal(await say(lane, sent), await say(plain, sent))
    t.strictSame(lane.counted.toSorted(), plain.counted.toSorted())
  })
}

t.test('a bug is answered and logged alike, in a read and in a form', async (t) => {
  const servers = await bothServers(t)
  for (const { node } of servers) {
    node.read = (key) => {
      if (key === 'k') throw new Error('bug')
      return Promise.reject(new Error('late bug'))
    }
    node.onWrite = () => {
      throw new Error('another bug')
    }
  }
  for (const request of [get('/get/k'), get('/v1/late'), post('key=n&value=v')]) {
    const [fast, slow] = await Promise.all(
      servers.map((one) => say(one, Buffer.from(request + LAST))),
    )
    t.equal(fast, slow)
  }
  const [lane, plain] = servers
  t.strictSame(lane.logged, plain.logged)
  t.equal(lane.logged.length, 3)
  t.strictSame(lane.counted.toSorted(), plain.counted.toSorted())
})

t.test('forms about as large as values may be are judged alike', async (t) => {
  const servers = await bothServers(t, 100)
  const values = [100, 101, 10_000].map((bytes) => post(`key=n&value=${'x'.repeat(bytes)}`))
  const others = [8000, 10_000].map((bytes) => post(`key=n&value=v&other=${'x'.repeat(bytes)}`))
  for (const form of [...values, ...others]) {
    const [fast, slow] = await Promise.all(servers.map((one) => say(one, Buffer.from(form + LAST))))
    t.equal(fast, slow)
  }
})

t.test('bytes that arrive one by one are understood alike', async (t) => {
  const [lane, plain] = await bothServers(t)
  const text = get('/get/k') + post('key=k&value=new') + get('/v1/k') + LAST
  const trickle = async ({ port }: TestServer): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true)
    const heard: Buffer[] = []
    socket.on('data', (chunk: Buffer) => heard.push(chunk))
    for (const character of text) {
      socket.write(character)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await once(socket, 'close')
    return Buffer.concat(heard).toString('latin1')
  }
  const [fast, slow] = await Promise.all([trickle(lane), trickle(plain)])
  t.equal(stable(fast), stable(slow))
})

t.test('no request is understood differently, however bytes are put together', async (t) => {
  const [lane, plain] = await bothServers(t)
  const changed = fc
    .tuple(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }),
      fc.nat(),
      fc.nat(255),
      fc.boolean(),
    )
    .map(([pieces, at, byte, isChanged]) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1')
      if (isChanged && bytes.length > 0) bytes[at % bytes.length] = byte
      return Buffer.concat([bytes, Buffer.from(LAST)])
    })
  const checked = fc.assert(
    fc.asyncProperty(changed, async (bytes) => {
      for (const { node } of [lane, plain]) node.entries.set('k', entry('value'))
      const [fast, slow] = await Promise.all([say(lane, bytes), say(plain, bytes)])
      return areAlike(fast, slow) && sameWrites(lane, plain)
    }),
    { numRuns: RUNS, seed: 20_261_121 },
  )
  await t.resolves(checked)
})

/** Requests on real connections: some ms each, more where one waits for what never comes. */
const RUNS = process.env['TEST_LONG'] === '1' ? 5000 : 150

t.test('an answer that is late comes in its place, and what follows waits for it', async (t) => {
  const { node, port, fetch } = await startServer(t)
  node.entries.set('k', entry('value'))
  const late = deferred()
  node.slow.set('slow', late.promise)
  const socket = net.connect(port, '127.0.0.1')
  socket.write(get('/get/k') + get('/get/slow') + get('/get/k'))
  const chunks: Buffer[] = []
  const [first] = (await once(socket, 'data')) as [Buffer]
  t.match(first.toString(), /^HTTP\/1.1 200 OK[^]*value$/, 'what came before is answered at once')
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(get('/get/k') + LAST)
  // By the time another connection has its answer, this one has been read too.
  await fetch('/health/live')
  t.strictSame(
    node.reads.map(({ key }) => key),
    ['k', 'slow'],
  )
  late.settle()
  await once(socket, 'close')
  const statuses = [
    ...Buffer.concat(chunks)
      .toString()
      .matchAll(/HTTP\/1.1 (\d+)/g),
  ].map(([, s]) => s)
  t.strictSame(statuses, ['404', '200', '200', '200'])
})

t.test('a client that leaves while its answer is on the way harms nobody', async (t) => {
  const { node, port, fetch, logged } = await startServer(t)
  const [late, asked] = [deferred(), deferred()]
  node.slow.set('slow', late.promise)
  node.onRead = asked.settle
  const socket = net.connect(port, '127.0.0.1')
  socket.write(get('/get/slow'))
  await asked.promise
  socket.resetAndDestroy()
  t.equal((await fetch('/health/live')).status, 200)
  late.settle()
  t.equal((await fetch('/get/k')).status, 404)
  t.strictSame(logged, [])
})

t.test('a value as bytes is what the long way gives', async (t) => {
  const source = fc.constantFrom('local' as const, 'copy' as const, 'fetched' as const)
  const found = fc.record({
    value: fc.record({
      kind: fc.constant('value' as const),
      bytes: fc.uint8Array({ maxLength: 40 }),
      contentType: fc.oneof(fc.string({ maxLength: 9 }), fc.constant('application/octet-stream')),
    }),
    source,
    ageMs: fc.nat(5000),
    copies: fc.nat(2),
  })
  holds(
    t,
    fc.property(found, ({ value, ...provenance }) => {
      const held: Entry = entry('', { content: value })
      const { body, ...reply } = entryReply(held, provenance, undefined)
      if (!Buffer.isBuffer(body)) return false
      const long = replyBytes({ ...reply, body }, 'Date: now\r\n')
      const short = foundBytes({ entry: held, value, ...provenance }, 'Date: now\r\n')
      return long.equals(Buffer.concat([short].flat()))
    }),
  )
})

t.test('a large value is sent as it lies in memory', async (t) => {
  const bytes = Buffer.alloc(JOINED_BYTES_MAX + 1, 'x')
  const value = { kind: 'value', bytes, contentType: 'a/b' } as const
  const held: Entry = entry('k', { content: value })
  const provenance = { source: 'local', ageMs: 0, copies: 1 } as const
  const found = foundBytes({ entry: held, value, ...provenance }, 'Date: now\r\n')
  const reply = { ...entryReply(held, provenance, undefined), body: bytes }
  const [head, body] = Buffer.isBuffer(found) ? [] : found
  t.ok(head !== undefined && body?.buffer === bytes.buffer)
  t.ok(replyBytes(reply, 'Date: now\r\n').equals(Buffer.concat([found].flat())))
})

t.test('large values are answered alike, in their turn', async (t) => {
  const [lane, plain] = await bothServers(t)
  for (const { node } of [lane, plain]) node.entries.set('large', entry('x'.repeat(300_000)))
  const sent = Buffer.from(
    ['k', 'large', 'large', 'k', 'none'].map((key) => get(`/get/${key}`)).join('') + LAST,
  )
  t.equal(await say(lane, sent), await say(plain, sent))
  t.strictSame(lane.node.reads, plain.node.reads)
})

t.test('of large values no second one is begun before the first is taken', async (t) => {
  const lane = await startServer(t)
  lane.node.entries.set('large', entry('x'.repeat(VALUE_BYTES_MAX)))
  const socket = net.connect(lane.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(get('/get/large').repeat(50))
  await once(socket, 'data')
  socket.pause()
  t.equal(lane.node.reads.length, 1)
})

t.test('an answer on its way is not touched by answers to others', async (t) => {
  const lane = await startServer(t)
  const bytes = ANSWER_ROOM_BYTES - 1024
  for (const key of ['a', 'b']) lane.node.entries.set(key, entry(key.repeat(bytes)))
  const [slow, other] = [net.connect(lane.port, '127.0.0.1'), net.connect(lane.port, '127.0.0.1')]
  t.teardown(() => [slow, other].map((socket) => socket.destroy()))
  const countOf = (key: string) => lane.node.reads.filter((read) => read.key === key).length
  const askOther = async () => {
    other.write(get('/get/b'))
    let taken = ''
    while (!taken.endsWith('b'.repeat(bytes))) taken += String(await once(other, 'data'))
  }
  let asked = 0
  // Until the system has no more room for what the client does not take.
  do {
    slow.write(get('/get/a'))
    asked++
    for (let i = 0; i < LOOKS && countOf('a') < asked; i++) await askOther()
  } while (countOf('a') === asked && asked < STALLS_AFTER_MAX)
  t.ok(asked < STALLS_AFTER_MAX)
  let taken = ''
  for await (const piece of slow) {
    taken += String(piece)
    if (taken.split('HTTP/1.1 200').length > asked && taken.endsWith('a'.repeat(bytes))) break
  }
  t.equal(taken.split('a'.repeat(bytes)).length - 1, asked)
})

t.test('headers that were found plain once are known by their bytes', async (t) => {
  const reader = new PlainReader()
  const first = get('/get/a')
  t.strictSame(reader.read(first, 0), { route: 'get', key: 'a', end: first.length })
  const two = get('/get/b') + get('/get/c', `${HOST}Accept: a\r\n`)
  t.strictSame(reader.read(two, 0), { route: 'get', key: 'b', end: first.length })
  t.strictSame(reader.read(two, first.length), { route: 'get', key: 'c', end: two.length })
  t.equal(reader.read('GET /get/a HTTP/1.1\r\nHost: x\r\nCookie: 1\r\n\r\n', 0), undefined)
})
