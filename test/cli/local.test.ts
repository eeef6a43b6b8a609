// post-local and get-local: one node's own entries.
import { Readable } from 'node:stream'
import t from 'tap'
import { multipart } from '../../src/cli/multipart.ts'
import { startServer } from '../http/setup.ts'
import { diststore } from './terminal.ts'

t.test('a local value is stored on the asked node alone, byte for byte', async (t) => {
  const { node, port } = await startServer(t)
  const env = { DISTSTORE_URL: `127.0.0.1:${port}` }
  const key = 'a/ü +%\r\n--'
  const stdin = Readable.from([Buffer.from('\r\n--diststore-0-'), Buffer.from([0, 255])])
  const words = ['post-local', '--ttl', '2.5', '--type', 'Text/Plain; A=B', '--', key, '-']
  const put = await diststore(words, { env, stdin })
  t.match(put, { code: 0, stdout: /stored on this node only, version [0-9a-f-]{33}\n$/ })
  t.strictSame([node.entries.size, node.localEntries.size], [0, 1])
  t.match(node.writes.at(-1), {
    key,
    change: {
      contentType: 'Text/Plain; A=B',
      ttlMs: 2500,
      bytes: Buffer.from('\r\n--diststore-0-\0\xff', 'latin1'),
    },
  })
  const got = await diststore(['get-local', '--', key], { env })
  t.match(got, { code: 0, stdout: /^\r\n--diststore-0-\0/ })
  t.match(await diststore(['get-local', 'b'], { env }), { code: 1, stdout: '' })
})

t.test('post-local without a type, as JSON, and with mistakes', async (t) => {
  const { node, port } = await startServer(t)
  const env = { DISTSTORE_URL: `127.0.0.1:${port}` }
  const put = await diststore(['post-local', 'k', 'v', '--json'], { env })
  t.match(JSON.parse(put.stdout), { key: 'k' })
  t.match(node.writes.at(-1)?.change, { contentType: 'application/octet-stream', ttlMs: undefined })
  t.match(await diststore(['post-local', 'k', 'v', '--ttl', '-1'], { env }), { code: 2 })
  const openFile = () => new Readable({ read: () => {} }).destroy(new Error('no such file'))
  const ran = await diststore(['post-local', 'k', '--file', 'f'], { env, openFile })
  t.match(ran, { code: 2, stderr: /what to send cannot be read: no such file/ })
})

t.test('a boundary is never in what it bounds', async (t) => {
  const bytes = Buffer.from('x diststore-0- diststore-1-x')
  t.match(multipart([{ name: 'value', bytes }]).contentType, /boundary=diststore-2-$/)
})
