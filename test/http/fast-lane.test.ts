// Two servers, one with the fast lane and one without: whatever a client sends, both say the same.
import { once } from 'node:events'
import net from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import type { Entry } from '../../src/core/types.ts'
import { entryReply } from '../../src/http/entry-reply.ts'
import { PlainReader } from '../../src/http/fast-lane/plain-request.ts'
import { foundBytes, replyBytes } from '../../src/http/fast-lane/reply-bytes.ts'
import { holds } from '../wire/holds.ts'
import { entry } from './cases.ts'
import { startServer, type TestServer } from './setup.ts'

const HOST = 'Host: x\r\n'
const LAST = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

const get = (target: string, headers = HOST) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`
const post = (body: string, headers = '') =>
  `POST /post HTTP/1.1\r\n${HOST}Content-Type: application/x-www-form-urlencoded\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

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

/** Each of these, and then a request that ends the connection. */
const CASES: readonly [string, string][] = [
  ['a plain request', get('/get/k')],
  ['the resource', get('/v1/k')],
  ['a key with slashes and colons', get('/get/a/b:c')],
  ['a key that is not there', get('/get/nothing')],
  ['a deleted key', get('/get/dead')],
  ['a content type that is no header', get('/get/odd')],
  ['an empty key', get('/get/')],
  ['no key', get('/get')],
  ['dots', get('/get/..') + get('/get/.') + get('/v1/../get/k')],
  ['a long key', get(`/get/${'k'.repeat(511)}`) + get(`/get/${'k'.repeat(512)}`)],
  ['an escape', get('/get/%6b') + get('/get/%zz')],
  ['a plus, which is a plus', get('/get/a+b')],
  ['a query', get('/get/k?x=1') + get('/get?key=k')],
  ['a fragment', get('/get/k#x')],
  ['other paths', get('/') + get('/getk') + get('/GET/k') + get('/cluster')],
  ['an absolute target', get('http://x/get/k')],
  ['bytes beyond ASCII', get('/get/\xc3\xa4')],
  ['several at once', get('/get/k') + get('/v1/k') + get('/get/none')],
  [
    'a plain one after one that is not',
    get('/get/k', `${HOST}Cache-Control: no-cache\r\n`) + get('/get/k'),
  ],
  ['a form, and reading it', post('key=n&value=new') + get('/get/n')],
  ['a form between reads', get('/get/k') + post('key=k&value=new') + get('/get/k')],
  ['no host', get('/get/k', '')],
  ['no host among headers', get('/get/k', 'Accept: a\r\nUser-Agent: b\r\n')],
  ['two hosts', get('/get/k', `${HOST}${HOST}`)],
  ['an empty host', get('/get/k', 'Host: \r\n')],
  ['hosts after the first request', get('/get/k') + get('/get/k', 'Host: y\r\n')],
  ['headers that say nothing', get('/get/k', `${HOST}Accept: */*\r\nUser-Agent: curl/8\r\n`)],
  ['names in capitals', get('/get/k', 'HOST:x\r\nACCEPT:*/*\r\n')],
  ['keep-alive', get('/get/k', `${HOST}Connection: Keep-Alive\r\n`)],
  ['close', get('/get/k', `${HOST}Connection: close\r\n`)],
  ['an upgrade', get('/get/k', `${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`)],
  ['a body nobody expects', get('/get/k', `${HOST}Content-Length: 3\r\n`) + 'abc' + get('/get/k')],
  ['two lengths', get('/get/k', `${HOST}Content-Length: 3\r\nContent-Length: 0\r\n`) + 'abc'],
  ['chunks', get('/get/k', `${HOST}Transfer-Encoding: chunked\r\n`) + '1\r\na\r\n0\r\n\r\n'],
  ['an expectation', get('/get/k', `${HOST}Expect: 100-continue\r\n`)],
  ['a condition', get('/get/k', `${HOST}If-None-Match: *\r\n`)],
  ['a version', get('/get/k', `${HOST}Diststore-Min-Version: x\r\n`)],
  ['a folded header', get('/get/k', `${HOST}Accept: a\r\n b\r\n`)],
  ['a header with a blank before its colon', get('/get/k', 'Host : x\r\n')],
  ['a bare line feed', 'GET /get/k HTTP/1.1\nHost: x\n\n'],
  ['a bare line feed in the middle', get('/get/k', 'Host: x\nAccept: a\r\n')],
  ['a carriage return in a value', get('/get/k', 'Host: x\rAccept: a\r\n')],
  ['a zero byte', get('/get/k', `${HOST}Accept: a\0\r\n`)],
  ['a version of HTTP before', 'GET /get/k HTTP/1.0\r\nHost: x\r\n\r\n'],
  ['no version of HTTP', 'GET /get/k\r\n\r\n'],
  ['two blanks', 'GET  /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['small letters', 'get /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['HEAD', 'HEAD /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['empty lines before a request', `\r\n\r\n${get('/get/k')}`],
  ['empty lines between requests', `${get('/get/k')}\r\n${get('/get/k')}`],
  ['no HTTP', 'hello\r\n\r\n'],
  ['a huge header', get('/get/k', `${HOST}Accept: ${'x'.repeat(20_000)}\r\n`)],
  ['half a request', 'GET /get/k HTTP/1.1\r\nHost: x\r\nAcc'],
  ['half a request after a whole one', `${get('/get/k')}GET /get/k HT`],
]

/** Everything that differs from one answer to the next. */
function stable(answers: string): string {
  return answers.replace(/Date: [^\r]*\r\n/g, '').replace(/[0-9a-f]{16}-[0-9a-f]{16}/g, 'VERSION')
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

function sameWrites(...servers: readonly TestServer[]): boolean {
  const [some, others] = servers.map(({ node }) =>
    JSON.stringify(node.writes.map(({ key, change }) => ({ key, change }))),
  )
  return some === others
}

async function bothServers(test: Pick<typeof t, 'teardown'>): Promise<[TestServer, TestServer]> {
  const servers = await Promise.all([startServer(test), startServer(test, { hasLane: false })])
  for (const server of servers) prepare(server)
  return servers
}

for (const [title, bytes] of CASES) {
  t.test(`${title}: the same answers with and without the lane`, async (t) => {
    const [lane, plain] = await bothServers(t)
    const sent = Buffer.from(bytes + LAST, 'latin1')
    const [fast, slow] = await Promise.all([say(lane, sent), say(plain, sent)])
    t.equal(fast, slow)
    t.strictSame(lane.node.reads, plain.node.reads, 'and the same was asked of the node')
    t.match(
      lane.node.writes,
      plain.node.writes.map(({ key, change }) => ({ key, change })),
    )
    t.strictSame(lane.logged, plain.logged)
    t.strictSame(lane.counted.toSorted(), plain.counted.toSorted())
  })
}

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

/** Requests, their pieces and what could be mistaken for one, in any order. */
const PIECES = [
  get('/get/k'),
  get('/v1/none'),
  // Requests sent together are worked on together: what is read is not what is written.
  post('key=written&value=v'),
  post(get('/get/k')),
  get('/get/k', `${HOST}Content-Length: 38\r\n`),
  get('/get/k', `${HOST}Transfer-Encoding: chunked\r\n`),
  '0\r\n\r\n',
  'GET /get/k',
  ' HTTP/1.1\r\n',
  HOST,
  '\r\n',
  '\n',
  'Content-Length: 5\r\n',
  'Accept: */*\r\n',
  ' ',
  ':',
  'x',
]

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

function deferred(): { promise: Promise<void>; settle: () => void } {
  let settle: () => void = () => {}
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

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
      return long.equals(foundBytes({ entry: held, value, ...provenance }, 'Date: now\r\n'))
    }),
  )
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
