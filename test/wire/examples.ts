// One packet of each kind with values that are easy to find in its bytes.
import type { Beat, Datagram } from '../../src/core/messages.ts'
import type { Envelope } from '../../src/wire/datagram.ts'

export const NODE = 'a1a2a3a4a5a6a7a8'
export const OTHER = 'b1b2b3b4b5b6b7b8'
export const VERSION = `0123456789abcdef-${OTHER}`

export const ENVELOPE: Envelope = {
  sender: { id: NODE, incarnation: 7, clock: `0000018f00000102-${NODE}` },
  counter: 258,
}

const position = { stream: { epoch: 7, proposer: NODE }, seq: 4096 }

export const BEAT: Beat = {
  kind: 'beat',
  beat: 9,
  address: '10.0.0.1:8181',
  phase: 'member',
  ballot: { epoch: 3, proposer: NODE },
  isActive: true,
  promised: { epoch: 4, proposer: OTHER },
  lineages: [{ epoch: 2, proposer: OTHER }],
  keyCount: 1_000_000,
  loopLagMs: 5,
  wallMs: 1_700_000_000_000,
  isFull: false,
  isTooSmall: false,
  isWitness: false,
  mode: 'available',
  fingerprint: 0xcafebabe,
  protocol: { newest: 3, oldest: 2 },
  master: {
    committed: position,
    holdsLease: true,
    echoes: [{ node: 0xb5b6b7b8, incarnation: 2, beat: 33 }],
  },
}

export const EXAMPLES: { readonly [Kind in Datagram['kind']]: Extract<Datagram, { kind: Kind }> } =
  {
    beat: BEAT,
    query: {
      kind: 'query',
      nonce: 0x010203040506,
      key: 'grün',
      minVersion: VERSION,
      knownVersion: '',
      mastersOnly: true,
    },
    answer: {
      kind: 'answer',
      nonce: 0x010203040506,
      version: VERSION,
      isMaster: true,
      position,
      ageMs: 12,
      valueBytes: 2,
      inline: {
        key: '',
        version: VERSION,
        ttlLeftMs: 60_000,
        requestId: '00112233445566778899aabbccddeeff',
        content: { kind: 'value', bytes: new Uint8Array([0xff, 0x00]), contentType: 'a/b' },
      },
    },
    absent: { kind: 'absent', nonce: 0x010203040506, position, ageMs: 12, tombstone: VERSION },
    invalidation: {
      kind: 'invalidation',
      stream: position.stream,
      firstSeq: 4097,
      items: [{ keyHash: 'c1c2c3c4c5c6c7c8', version: VERSION }],
    },
    goodbye: { kind: 'goodbye', reason: 'stopped' },
  }

/** The same value so many times. */
export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}
