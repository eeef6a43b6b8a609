// What fuzzing starts from: one good example of everything.
import fc from 'fast-check'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import { createKeyring, encodeDatagram } from '../../src/wire/datagram.ts'
import { encodeRequest, encodeResponse } from '../../src/wire/node-message.ts'
import { datagrams, requestParts, responseParts } from '../wire/arbitraries.ts'
import { BEAT, ENVELOPE, EXAMPLES } from '../wire/examples.ts'

const SEED = 1

/** So many random values of each kind of message. */
const OF_EACH_KIND = 3

const KEYRING = createKeyring('default', [Buffer.alloc(32, 7)])

export function packetSeeds(): Uint8Array[] {
  const random = Object.values(datagrams).flatMap((arbitrary) =>
    fc.sample(arbitrary, { seed: SEED, numRuns: OF_EACH_KIND }),
  )
  return [...Object.values(EXAMPLES), ...random, BEAT].map((datagram) =>
    Uint8Array.from(encodeDatagram(ENVELOPE, datagram, KEYRING)),
  )
}

export function messageSeeds(side: 'request' | 'response'): Uint8Array[] {
  const parts = side === 'request' ? requestParts : responseParts
  return Object.entries(parts).flatMap(([kind, arbitrary]) => {
    // A digest is half a megabyte of one byte: nothing to learn from, and slow.
    if (kind === 'digest' && side === 'response') return []
    const samples = fc.sample(arbitrary, {
      seed: SEED,
      numRuns: OF_EACH_KIND,
    })
    return samples.map((sample) =>
      side === 'request'
        ? encodeRequest(ENVELOPE.sender, { kind, ...sample } as NodeRequest)
        : encodeResponse(ENVELOPE.sender, { kind, ...sample } as NodeResponse),
    )
  })
}

/** Bodies that would cost much more than their bytes: long, deep, or made of nothing but lists. */
export function hostileSeeds(): Uint8Array[] {
  const many = new Uint8Array(4099).fill(0x90)
  many.set([0xdc, 0x10, 0x00])
  // Seven times nil, then the next level: no more lists than a real message has.
  const deep = new Uint8Array(160_000).map((_, at) => (at % 8 === 0 ? 0x98 : 0xc0))
  return [
    new Uint8Array(100_000).fill(0x91),
    Uint8Array.from([...deep, 0xc0]),
    many,
    Uint8Array.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
    Uint8Array.from([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61]),
    Uint8Array.from([0xc6, 0xff, 0xff, 0xff, 0xff]),
  ]
}

const MAC = 'ab'.repeat(32)
const STAMP = `${'01'.repeat(16)}.60000`

const TEXTS = {
  form: [
    'a=&'.repeat(65),
    'key=a&value=b&ttl=60',
    'key=%C3%BC+%2B&value=%00%ff',
    '&&=&a',
    'a=b=c&key',
  ],
  key: ['plain', 'a%20b%2Fc', '%C3%BC', '%', 'a+b', '%00'],
  command: [
    '60\n*\n*\nretry-1',
    '0.5\n"0123456789abcdef-b1b2b3b4b5b6b7b8"\nW/"x", "y"\n',
    '1e9\n0123456789abcdef-b1b2b3b4b5b6b7b8,\n,,"",\n\u00ff',
  ],
  signature: [
    `DC1 164,${STAMP},a1a2a3a4a5a6a7a8-7-258,${MAC}`,
    `DC1 0,none,a1a2a3a4a5a6a7a8-4294967295-9007199254740991,${MAC}`,
    `DC1 164,${STAMP},${MAC}`,
  ],
  secrets: [
    `# old\n${'a5'.repeat(32)}\n`,
    `${Buffer.alloc(33, 9).toString('base64')}\r\n${'5a'.repeat(40)}`,
    'short',
  ],
} as const

export function textSeeds(name: keyof typeof TEXTS): Uint8Array[] {
  return TEXTS[name].map((text) => Uint8Array.from(Buffer.from(text, 'latin1')))
}
