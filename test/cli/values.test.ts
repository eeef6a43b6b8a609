// get, put, rm and ls against a real server before a fake node: what is asked, printed and returned.
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import t from 'tap'
import { startServer } from '../http/setup.ts'
import { stubServer } from './stub-server.ts'
import { diststore } from './terminal.ts'

t.test('a value goes in and comes out byte for byte', async (t) => {
  const { port } = await startServer(t)
  const at = (...words: string[]) => diststore([...words, '--url', `127.0.0.1:${port}`])
  const put = await at('put', 'greeting', 'hällo')
  t.equal(put.code, 0)
  t.match(put.stdout, /^greeting stored on 2 nodes, version [0-9a-f]{16}-00000000000000aa\n$/)
  t.strictSame(await at('get', 'greeting'), { code: 0, stdout: 'hällo', stderr: '' })
  t.strictSame(await at('ls'), { code: 0, stdout: 'greeting\n', stderr: '' })
  t.match(await at('rm', 'greeting'), { code: 0, stdout: /^greeting deleted on 2 nodes, / })
  t.strictSame(await at('get', 'greeting'), {
    code: 1,
    stdout: '',
    stderr: 'diststore: The cluster holds nothing under this key: store something first.\n',
  })
})

t.test('every key can be named', async (t) => {
  const { node, port } = await startServer(t)
  const keys = ['.', '..', 'a/b', '/', 'a/../b', 'caf\u00e9 + 1', '100%', '?x=1&key=2', '\n']
  for (const key of keys) {
    const url = ['--url', `http://127.0.0.1:${port}`]
    t.equal((await diststore(['put', ...url, '--', key, 'v'])).code, 0, key)
    t.equal(node.writes.at(-1)?.key, key)
    t.equal((await diststore(['get', ...url, '--', key])).stdout, 'v', key)
    t.equal((await diststore(['rm', ...url, '--', key])).code, 0, key)
  }
  t.equal(node.entries.size, 0)
})

t.test('put says what its options say', async (t) => {
  const { node, port } = await startServer(t)
  const env = { DISTSTORE_URL: `127.0.0.1:${port}` }
  const words = ['put', 'k', 'v', '--ttl', '1.5', '--type', 'text/plain', '--if-absent']
  t.equal((await diststore([...words, '--idempotency-key', 'once'], { env })).code, 0)
  t.match(node.writes.at(-1), {
    condition: { kind: 'absent' },
    change: { kind: 'put', ttlMs: 1500, contentType: 'text/plain' },
  })
  const again = await diststore(['put', 'k', 'v', '--if-absent'], { env })
  t.equal(again.code, 4)
  t.match(again.stderr, /^diststore: The entry has another version: .*\n$/)
  const version = node.entries.get('k')?.version ?? ''
  const changed = await diststore(['put', 'k', 'w', '--if-version', version, '--json'], { env })
  t.match(JSON.parse(changed.stdout), { key: 'k', copies: 2 })
  t.match(node.writes.at(-1)?.condition, { kind: 'oneOf', versions: [version] })
})

t.test('put reads stdin and files as streams', async (t) => {
  const { node, port } = await startServer(t)
  const env = { DISTSTORE_URL: `127.0.0.1:${port}` }
  const pieces = () => Readable.from([Buffer.from([0, 255]), Buffer.alloc(100_000, 1)])
  t.equal((await diststore(['put', 'in', '-'], { env, stdin: pieces() })).code, 0)
  const opened: string[] = []
  const openFile = (path: string) => {
    opened.push(path)
    return pieces()
  }
  t.equal((await diststore(['put', 'file', '--file', 'a.bin'], { env, openFile })).code, 0)
  t.strictSame(opened, ['a.bin'])
  const expected = Buffer.concat([Buffer.from([0, 255]), Buffer.alloc(100_000, 1)])
  for (const key of ['in', 'file']) {
    const content = node.entries.get(key)?.content
    t.ok(content?.kind === 'value' && expected.equals(content.bytes), key)
  }
})

t.test('a file that cannot be read is the fault of the command', async (t) => {
  const { node, port } = await startServer(t)
  const openFile = () =>
    new Readable({
      read() {
        this.destroy(new Error('ENOENT: no such file'))
      },
    })
  const url = ['--url', `127.0.0.1:${port}`]
  const ran = await diststore(['put', 'k', '--file', 'nix', ...url], { openFile })
  const stderr = 'diststore: what to send cannot be read: ENOENT: no such file\n'
  t.strictSame(ran, { code: 2, stdout: '', stderr })
  t.equal(node.entries.size, 0)
})

t.test('one copy is a warning, not a failure', async (t) => {
  const { node, port } = await startServer(t)
  node.copies = 1
  const ran = await diststore(['put', 'k', 'v', '--url', `127.0.0.1:${port}`])
  t.match(ran, { code: 0, stdout: /^k stored on 1 node, /, stderr: /^diststore: on one node only/ })
})

const READS: readonly (readonly [words: string[], freshness: object])[] = [
  [[], { kind: 'proven' }],
  [['--strong'], { kind: 'strong' }],
  [['--stale'], { kind: 'stale', ageMsMax: Infinity }],
  [['--stale', '60'], { kind: 'stale', ageMsMax: 60_000 }],
]

t.test('get asks for as much freshness as it was told', async (t) => {
  const { node, port } = await startServer(t)
  const url = ['--url', `127.0.0.1:${port}`]
  await diststore(['put', 'k', 'v', ...url])
  const version = node.entries.get('k')?.version ?? ''
  for (const [words, freshness] of READS) {
    t.equal((await diststore(['get', 'k', ...url, ...words])).stdout, 'v')
    t.strictSame(node.reads.at(-1)?.freshness, freshness, words.join(' '))
  }
  await diststore(['get', 'k', ...url, '--min-version', version])
  t.equal(node.minVersion, version)
  const asked = node.reads.length
  t.equal((await diststore(['get', 'k', '--local', ...url])).stdout, 'v')
  t.equal(node.reads.length, asked, '--local asks nobody')
})

t.test('ls takes a prefix, a place to go on from, and a limit', async (t) => {
  const { port } = await startServer(t)
  const url = ['--url', `127.0.0.1:${port}`]
  for (const key of ['a/1', 'a/2', 'a/3', 'b']) await diststore(['put', key, 'v', ...url])
  const ls = async (...words: string[]) => (await diststore(['ls', ...words, ...url])).stdout
  t.equal(await ls('a/'), 'a%2F1\na%2F2\na%2F3\n')
  t.equal(await ls('a/', '--after', 'a/1', '--limit', '1'), 'a%2F2\n')
  t.equal(await ls('--local'), '')
  t.strictSame(JSON.parse(await ls('b', '--json')), { keys: ['b'] })
})

/** What the node answers, what it means for the exit code. */
const CODES: readonly (readonly [status: number, kind: string, code: number])[] = [
  [400, 'malformed-ttl', 2],
  [404, 'not-found', 1],
  [404, 'no-such-path', 4],
  [403, 'forbidden', 4],
  [409, 'order-declined', 4],
  [412, 'condition-failed', 4],
  [413, 'value-too-large', 4],
  [422, 'key-reused', 4],
  [503, 'unavailable', 3],
  [504, 'outcome-unknown', 3],
  [507, 'store-full', 4],
]

t.test('a refusal is repeated in the words of the node, with the code for it', async (t) => {
  for (const [status, kind, code] of CODES) {
    const type = `urn:diststore:problem:${kind}`
    const { address: url } = await stubServer(t, status, { type, detail: `Because of ${kind}.` })
    const ran = await diststore(['get', 'k', '--url', url])
    t.strictSame(ran, { code, stdout: '', stderr: `diststore: Because of ${kind}.\n` })
  }
})

t.test('an unknown outcome names the key with which to send it again', async (t) => {
  const type = 'urn:diststore:problem:outcome-unknown'
  const body = { type, detail: 'Send it again.', idempotencyKey: 'x1' }
  const { address: url } = await stubServer(t, 504, body)
  const { stderr } = await diststore(['put', 'k', 'v', '--url', url])
  t.equal(stderr, 'diststore: Send it again. (--idempotency-key x1)\n')
})

t.test('what answers as no node does is said so', async (t) => {
  const { address: page } = await stubServer(t, 500, '<html>')
  t.match(await diststore(['get', 'k', '--url', page]), { code: 3, stderr: /not as a diststore/ })
  const { address: other } = await stubServer(t, 200, { hello: 'world' })
  t.match(await diststore(['status', '--url', other]), { code: 3, stderr: /does not answer as/ })
})

t.test('an answer that breaks off is no success', async (t) => {
  const server = http.createServer((_, res) => {
    res.writeHead(200, { 'content-length': '100' }).write('half')
    setImmediate(() => res.destroy())
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const ran = await diststore(['get', 'k', '--url', `127.0.0.1:${port}`])
  t.match(ran, { code: 3, stderr: /^diststore: .* broke off .*: what came is not all\n$/ })
})

t.test('nobody there is exit code 3', async (t) => {
  const server = http.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const url = typeof at === 'object' && at !== null ? `127.0.0.1:${at.port}` : ''
  server.close()
  await once(server, 'close')
  const stdin = Readable.from(['never read'])
  for (const words of [
    ['get', 'k'],
    ['put', 'k', 'v'],
    ['put', 'k', '-'],
  ]) {
    const { code, stderr } = await diststore([...words, '--url', url], { stdin })
    t.equal(code, 3, words.join(' '))
    t.match(stderr, /^diststore: no answer from http:\S+: nothing listens there; start diststored/)
  }
})
