// docs/MESSAGES.md says what the code does: its tables are those of the shapes, its examples are
// what the encoder writes and the decoder reads, and its formulas give the values it shows.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { bytesOfDump } from '../../scripts/hex-dump.ts'
import { ANSWERS } from '../../scripts/message-answers.ts'
import { withGenerated } from '../../scripts/message-sections.ts'
import { fingerprintOf as settingsFingerprintOf } from '../../src/config/fingerprint.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import type { NodeRequest } from '../../src/core/messages.ts'
import { bucketOf, Digest } from '../../src/storage/fingerprint.ts'
import { fingerprintOf, parseIdempotencyKey } from '../../src/wire/command.ts'
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  NODE_REQUEST_KINDS,
} from '../../src/wire/node-message.ts'
import { requestParts, responseParts } from './arbitraries.ts'
import { VERSION } from './examples.ts'
import { EXAMPLE_SENDER, REQUEST_EXAMPLES, RESPONSE_EXAMPLES } from './message-examples.ts'

const document = readFileSync(new URL('../../docs/MESSAGES.md', import.meta.url), 'utf8')

t.test('the document is up to date: npm run docs', async (t) => {
  t.equal(withGenerated(document), document)
})

t.test('every kind of message has its section', async (t) => {
  const titles = new Set(document.split('\n').filter((line) => line.startsWith('### ')))
  for (const kind of Object.keys(requestParts)) t.ok(titles.has(`### Request \`${kind}\``), kind)
  for (const kind of Object.keys(responseParts)) t.ok(titles.has(`### Response \`${kind}\``), kind)
})

t.test('every request has answers, and every response answers something', async (t) => {
  t.same(Object.keys(ANSWERS), NODE_REQUEST_KINDS)
  const given = new Set(Object.values(ANSWERS).flat())
  t.same([...given].sort(), Object.keys(responseParts).sort())
})

t.test('every link leads to a section', async (t) => {
  const anchors = new Set(
    [...document.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  for (const [, anchor = ''] of document.matchAll(/\]\(#([^)]*)\)/g)) {
    t.ok(anchors.has(anchor), anchor)
  }
})

t.test('the examples are what is sent and read', async (t) => {
  for (const request of REQUEST_EXAMPLES) {
    const bytes = example(`Request \`${request.kind}\``)
    t.same(Buffer.from(encodeRequest(EXAMPLE_SENDER, request)), bytes, request.kind)
    const value = { sender: EXAMPLE_SENDER, request }
    t.strictSame(decodeRequest(bytes), { kind: 'ok', value }, request.kind)
  }
  for (const response of RESPONSE_EXAMPLES) {
    const bytes = example(`Response \`${response.kind}\``)
    t.same(Buffer.from(encodeResponse(EXAMPLE_SENDER, response)), bytes, response.kind)
    const value = { sender: EXAMPLE_SENDER, response }
    t.strictSame(decodeResponse(bytes), { kind: 'ok', value }, response.kind)
  }
})

t.test('the values to compare with are what the code computes', async (t) => {
  const keyBytes = Buffer.from('grün')
  const bucket = bucketOf(keyBytes)
  const digest = new Digest()
  digest.toggle({ keyBytes, version: VERSION, isTombstone: false })
  const requestId = parseIdempotencyKey('retry-1')
  const settings = {
    mode: 'available',
    voters: 0,
    minCopies: 'auto',
    valueBytesMax: 8 << 20,
  } as const
  const computed = [
    keyHash('grün'),
    `${bucket}`,
    Buffer.from(digest.bytes().subarray(8 * bucket, 8 * bucket + 8)).toString('hex'),
    requestId.kind === 'ok' ? requestId.value : '',
    fingerprintOf('grün', commandIn(REQUEST_EXAMPLES).change),
    fingerprintOf('grün', { kind: 'delete' }),
    settingsFingerprintOf(settings).toString(16),
  ]
  const rows = document.slice(document.indexOf('| What | Value |')).split('\n').slice(2)
  const written = rows.map((row) => /\| `?([^`|]*?)`? \|$/.exec(row)?.[1])
  t.same(written.slice(0, computed.length), computed)
  t.equal(commandIn(REQUEST_EXAMPLES).fingerprint, computed[4])
})

function commandIn(
  requests: readonly NodeRequest[],
): Extract<NodeRequest, { kind: 'write' }>['command'] {
  const [write] = requests.filter((it) => it.kind === 'write')
  if (write === undefined) throw new Error('there is no example of a write')
  return write.command
}

/** The bytes of an example as the document shows them. */
function example(title: string): Buffer {
  const start = document.indexOf(`### Example: ${title}\n`)
  const [, dump = ''] = /```text\n([^]*?)\n```/.exec(document.slice(start)) ?? []
  return Buffer.from(start < 0 ? '' : bytesOfDump(dump))
}
