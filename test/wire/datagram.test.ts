import { deepStrictEqual } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { INVALIDATION_ITEMS_MAX } from '../../src/core/limits.ts'
import type { Datagram } from '../../src/core/messages.ts'
import {
  createKeyring,
  type DatagramRefusal,
  decodeDatagram,
  encodeDatagram,
  fitsInline,
} from '../../src/wire/datagram.ts'
import { datagrams, envelope } from './arbitraries.ts'
import { holds } from './holds.ts'
import { BEAT, ENVELOPE, EXAMPLES, NODE, OTHER, times, VERSION } from './examples.ts'

const open = createKeyring('default', [])
const secret = createKeyring('default', [Buffer.alloc(32, 7)])

/** The header of every example. */
const HEAD = (type: string, length: string): string =>
  `444301${type}0000${length}cde28c9e${NODE}0000000700000000000001020000018f00000102`
const POSITION = `000000000007${NODE}000000001000`
const VERSION_HEX = `0123456789abcdef${OTHER}`

/** Written down once. A packet that comes out differently breaks clusters during an upgrade. */
const GOLDEN: Readonly<Record<Datagram['kind'], readonly string[]>> = {
  beat: [
    HEAD('01', '0072'),
    `0000000919 01 000000000003${NODE} 000000000004${OTHER} 018bcfe56800 0000000f4240 0005`,
    'cafebabe 0d31302e302e302e313a38313831',
    `01 000000000002${OTHER}`,
    `${POSITION} 01 b5b6b7b8 0002 00000021`,
    '0302',
    '4916fe1544b004c8c3770ad48f046abe',
  ],
  query: [
    HEAD('02', '001e'),
    `010203040506 03 ${VERSION_HEX} 0005 6772c3bc6e`,
    'e6be94ba5ab208449b1da8c6e6dbfbdf',
  ],
  answer: [
    HEAD('03', '0051'),
    `010203040506 0b ${VERSION_HEX} ${POSITION} 0000000c 00000002`,
    '00112233445566778899aabbccddeeff 00000000ea60 03612f62 0002ff00',
    '7906f321c870b732bb6f642b03e20d55',
  ],
  absent: [
    HEAD('04', '002f'),
    `010203040506 01 ${POSITION} 0000000c ${VERSION_HEX}`,
    '81dfa6fe6f710fee34c483ede0fef268',
  ],
  invalidation: [
    HEAD('05', '002d'),
    `000000000007${NODE} 000000001001 01 c1c2c3c4c5c6c7c8 ${VERSION_HEX}`,
    '9ff2bec6c0e9b160c4a1c64e52fb1648',
  ],
  goodbye: [HEAD('06', '0008'), '0773746f70706564', '5299dc8f8e8c03ced3a534532d5e6297'],
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const kinds = Object.values(EXAMPLES)

t.test('the bytes of every kind are a promise', async (t) => {
  for (const datagram of kinds) {
    const golden = GOLDEN[datagram.kind].join('').replaceAll(' ', '')
    t.equal(hexOf(encodeDatagram(ENVELOPE, datagram, open)), golden, datagram.kind)
    const decoded = decodeDatagram(Buffer.from(golden, 'hex'), open)
    deepStrictEqual(decoded, { kind: 'ok', value: { ...ENVELOPE, datagram } })
  }
})

t.test('the keys of a cluster are a promise', async (t) => {
  const shown = [open, secret].map(({ signer }) => [
    signer.keyId,
    hexOf(signer.clusterTag),
    hexOf(signer.key),
  ])
  t.same(shown, [
    [0, 'cde28c9e', '37adad19b8a8d10482538e64c5da917adea7290837f3ea2cbc8be1676c7596b9'],
    [164, 'cde28c9e', '6792cc632e25b3cbea77b9045683c52e572b027d346e1159aa3597082c87b2b9'],
  ])
})

t.test('every kind comes back as it was sent', async (t) => {
  for (const arbitrary of Object.values(datagrams)) {
    holds(
      t,
      fc.property(envelope, arbitrary, (envelope, datagram) => {
        if (datagram.kind === 'answer' && datagram.inline && !fitsInline(datagram.inline)) return
        const decoded = decodeDatagram(encodeDatagram(envelope, datagram, secret), secret)
        deepStrictEqual(decoded, { kind: 'ok', value: { ...envelope, datagram } })
      }),
    )
  }
})

t.test('each check has its place in the order', async (t) => {
  const good = encodeDatagram(ENVELOPE, BEAT, secret)
  const altered = (at: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(good)
    copy[at] = value
    return copy
  }
  const cases: readonly (readonly [string, Uint8Array, DatagramRefusal])[] = [
    ['nothing', new Uint8Array(0), 'size'],
    ['a header without a tag', good.subarray(0, 55), 'size'],
    ['more than a packet', new Uint8Array(1201), 'size'],
    ['another program', altered(0, 0x45), 'magic'],
    ['another version', altered(2, 2), 'version'],
    ['a header flag of the future', altered(5, 1), 'version'],
    ['a body length that is not so', altered(7, 1), 'size'],
    ['a cut packet', good.subarray(0, -1), 'size'],
    ['another cluster', altered(8, 0), 'cluster'],
    ['a key that is not ours', altered(4, 1), 'key'],
    ['another sender', altered(12, 0), 'tag'],
    ['another type', altered(3, 2), 'tag'],
    ['another body', altered(45, 9), 'tag'],
    ['another tag', altered(good.length - 1, 0), 'tag'],
  ]
  for (const [title, bytes, reason] of cases) {
    t.same(decodeDatagram(bytes, secret), { kind: 'refused', reason }, title)
  }
})

t.test('a foreign cluster, a foreign secret and a missing secret are told apart', async (t) => {
  const foreign = createKeyring('other', [Buffer.alloc(32, 7)])
  const rotated = createKeyring('default', [Buffer.alloc(32, 8)])
  const packet = encodeDatagram(ENVELOPE, BEAT, secret)
  t.same(decodeDatagram(packet, foreign), { kind: 'refused', reason: 'cluster' })
  t.same(decodeDatagram(packet, rotated), { kind: 'refused', reason: 'key' })
  t.same(decodeDatagram(packet, open), { kind: 'refused', reason: 'key' })
})

t.test('a genuine packet that makes no sense is refused as a body', async (t) => {
  const cases: readonly (readonly [string, number, number])[] = [
    ['an unknown type', 3, 99],
    ['type zero', 3, 0],
    ['a phase that does not exist', 45, 3],
    ['more lineages than a beat may name', 106, 9],
    ['an address that is none', 93, 0x20],
    ['a length beyond the end', 92, 255],
    ['a counter of 2^53', 25, 0x20],
  ]
  for (const [title, at, value] of cases) {
    const bytes = signed((packet) => packet.writeUInt8(value, at))
    t.same(decodeDatagram(bytes, open), { kind: 'refused', reason: 'body' }, title)
  }
})

t.test('bytes after the last known field of a body are ignored', async (t) => {
  const query = encodeDatagram(ENVELOPE, EXAMPLES.query, open)
  const longer = Buffer.concat([query.subarray(0, -16), Buffer.from('new'), Buffer.alloc(16)])
  longer.writeUInt16BE(longer.readUInt16BE(6) + 3, 6)
  const decoded = decodeDatagram(sign(longer), open)
  t.equal(decoded.kind === 'ok' && decoded.value.datagram.kind, 'query')
})

t.test('a beat of a build that did not say what it speaks is one of version 1', async (t) => {
  const golden = [
    HEAD('01', '0070'),
    ...GOLDEN.beat.slice(1, -2),
    '5ad953dcf44670f152b00d515e605d49',
  ]
  const decoded = decodeDatagram(Buffer.from(golden.join('').replaceAll(' ', ''), 'hex'), open)
  const datagram = { ...BEAT, protocol: { newest: 1, oldest: 1 } }
  t.strictSame(decoded, { kind: 'ok', value: { ...ENVELOPE, datagram } })
})

t.test('what a beat speaks makes sense, or the beat does not', async (t) => {
  const cases: readonly (readonly [newest: number, oldest: number, isGood: boolean])[] = [
    [1, 1, true],
    [255, 1, true],
    [255, 254, true],
    [1, 2, false],
    [1, 0, false],
    [0, 0, false],
  ]
  for (const [newest, oldest, isGood] of cases) {
    const beat = { ...BEAT, protocol: { newest, oldest } }
    const decoded = decodeDatagram(encodeDatagram(ENVELOPE, beat, open), open)
    t.equal(decoded.kind === 'ok', isGood, `${oldest} to ${newest}`)
  }
})

t.test('the largest beat fits one packet', async (t) => {
  const ballot = { epoch: 2 ** 48 - 1, proposer: 'f'.repeat(16) }
  const position = { stream: ballot, seq: 2 ** 48 - 1 }
  const echo = { node: 2 ** 32 - 1, incarnation: 2 ** 16 - 1, beat: 2 ** 32 - 1 }
  const beat = {
    ...BEAT,
    address: `${'h'.repeat(249)}:65535`,
    lineages: times(8, ballot),
    master: {
      committed: position,
      holdsLease: true,
      echoes: times(60, echo),
    },
  }
  const packet = encodeDatagram(ENVELOPE, beat, open)
  t.equal(packet.length, 1100)
  t.equal(decodeDatagram(packet, open).kind, 'ok')
})

t.test('a full invalidation fits one packet, one item more does not', async (t) => {
  const items = (count: number): Datagram => ({
    ...EXAMPLES.invalidation,
    items: times(count, { keyHash: NODE, version: VERSION }),
  })
  t.equal(INVALIDATION_ITEMS_MAX, 46)
  t.equal(encodeDatagram(ENVELOPE, items(46), open).length, 1181)
  t.throws(() => encodeDatagram(ENVELOPE, items(47), open), /another packet/)
})

t.test('an entry travels inside an answer only where it fits', async (t) => {
  const cases: readonly (readonly [number, number, boolean])[] = [
    [0, 0, true],
    [900, 0, true],
    [901, 0, false],
    [900, 168, true],
    [900, 169, false],
    [813, 255, true],
    [814, 255, false],
    [0, 256, false],
  ]
  for (const [valueBytes, typeBytes, fits] of cases) {
    const contentType = 'x'.repeat(typeBytes)
    const content = { kind: 'value' as const, bytes: new Uint8Array(valueBytes), contentType }
    t.equal(fitsInline({ content }), fits, `${valueBytes} bytes of a type of ${typeBytes}`)
    const inline = { ...EXAMPLES.answer.inline, content }
    const answer = { ...EXAMPLES.answer, inline } as Datagram
    const decoded = decodeDatagram(encodeDatagram(ENVELOPE, answer, open), open)
    t.match(decoded, {
      value: { datagram: { kind: 'answer', inline: fits ? { content } : undefined } },
    })
  }
  t.equal(fitsInline({ content: { kind: 'tombstone' } }), true)
})

t.test('ages are rounded up and capped, other times rounded down', async (t) => {
  const sent: Datagram = { ...EXAMPLES.absent, ageMs: 12.1 }
  const old: Datagram = { ...EXAMPLES.absent, ageMs: Number.POSITIVE_INFINITY }
  const beat: Datagram = { ...BEAT, loopLagMs: 1e9, wallMs: 5.9 }
  const received = [sent, old, beat].map((it) => {
    const decoded = decodeDatagram(encodeDatagram(ENVELOPE, it, open), open)
    return decoded.kind === 'ok' ? decoded.value.datagram : decoded
  })
  t.match(received, [{ ageMs: 13 }, { ageMs: 2 ** 32 - 1 }, { loopLagMs: 65_535, wallMs: 5 }])
})

t.test('a long goodbye is cut between characters', async (t) => {
  const goodbye: Datagram = { kind: 'goodbye', reason: 'ü'.repeat(200) }
  const decoded = decodeDatagram(encodeDatagram(ENVELOPE, goodbye, open), open)
  t.match(decoded, { value: { datagram: { reason: 'ü'.repeat(127) } } })
})

t.test('random bytes never throw', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 1300 })
  holds(
    t,
    fc.property(bytes, (bytes) => decodeDatagram(bytes, open).kind === 'refused'),
    2000,
  )
})

t.test('an altered packet is refused before its body is read', async (t) => {
  const example = fc.constantFrom(...kinds)
  const place = fc.nat({ max: 10_000 })
  const bits = fc.integer({ min: 1, max: 255 })
  holds(
    t,
    fc.property(example, place, bits, (datagram, place, bits) => {
      const packet = encodeDatagram(ENVELOPE, datagram, secret)
      const at = place % packet.length
      packet[at] = (packet[at] ?? 0) ^ bits
      const decoded = decodeDatagram(packet, secret)
      return decoded.kind === 'refused' && decoded.reason !== 'body'
    }),
    2000,
  )
})

t.test('a signed body of any bytes never throws and grows into nothing larger', async (t) => {
  const type = fc.integer({ min: 0, max: 7 })
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 1144 }),
    fc.uint8Array({ maxLength: 40 }).map((some) => Uint8Array.from([...some, ...times(900, 1)])),
  )
  holds(
    t,
    fc.property(type, body, (type, body) => {
      const packet = Buffer.concat([Buffer.alloc(40), body, Buffer.alloc(16)])
      encodeDatagram(ENVELOPE, EXAMPLES.goodbye, open)
        .slice(0, 40)
        .forEach((byte, i) => {
          packet[i] = byte
        })
      packet.writeUInt8(type, 3)
      packet.writeUInt16BE(body.length, 6)
      const decoded = decodeDatagram(sign(packet), open)
      // Hex digits double the bytes, names and quotes of JSON do the rest.
      if (decoded.kind === 'ok') return JSON.stringify(decoded).length < 1000 + 12 * body.length
      return decoded.reason === 'body'
    }),
    3000,
  )
})

/** The example beat after a change, with a tag that fits. */
function signed(change: (packet: Buffer) => void): Uint8Array {
  const packet = Buffer.from(encodeDatagram(ENVELOPE, BEAT, open))
  change(packet)
  return sign(packet)
}

/** Puts the right tag at the end of a packet, as somebody with the key could. */
function sign(packet: Buffer): Uint8Array {
  const body = packet.subarray(0, -16)
  createHmac('sha256', open.signer.key).update(body).digest().copy(packet, body.length, 0, 16)
  return packet
}
