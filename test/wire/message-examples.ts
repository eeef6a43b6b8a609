// The node messages that docs/MESSAGES.md shows byte by byte: small, and with every kind of value.
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import { ENVELOPE, NODE, OTHER, VERSION } from './examples.ts'

const ballot = { epoch: 3, proposer: NODE }
const position = { stream: ballot, seq: 4096 }
const requestId = '00112233445566778899aabbccddeeff'
// As fingerprintOf() computes it for the write below.
const fingerprint = '6d7fd5447105a0ad'

const entry = {
  key: 'grün',
  version: VERSION,
  ttlLeftMs: 1500.5,
  requestId,
  content: { kind: 'value', bytes: new Uint8Array([0xff, 0x00]), contentType: 'a/b' },
} as const

const view: View = {
  ballot,
  roster: [
    { id: NODE, address: '10.0.0.1:8181', isWitness: false },
    { id: OTHER, address: '10.0.0.2:8181', isWitness: false },
  ],
  forgotten: [],
  voters: [],
  groups: [
    {
      masters: [
        { id: NODE, incarnation: 7, inSync: true },
        { id: OTHER, incarnation: 65_536, inSync: false },
      ],
      history: [ballot],
      merge: [],
    },
  ],
  start: { clock: VERSION, stream: ballot, seq: 0, continues: undefined },
  partOf: [],
  isUnclean: false,
}

/** Who sends the examples. */
export const EXAMPLE_SENDER = ENVELOPE.sender

export const REQUEST_EXAMPLES: readonly NodeRequest[] = [
  { kind: 'ping', nonce: 'n1', hearsYou: true },
  { kind: 'accept', view },
  {
    kind: 'write',
    ballot,
    heard: 258,
    command: {
      requestId,
      fingerprint,
      key: 'grün',
      change: {
        kind: 'put',
        bytes: new Uint8Array([0xff, 0x00]),
        contentType: 'a/b',
        ttlMs: 60_000,
      },
      condition: { kind: 'oneOf', versions: [VERSION] },
    },
  },
  {
    kind: 'replicate',
    ballot,
    // Above 32 bits, to show how such a number is written.
    firstSeq: 2 ** 32,
    records: [
      { kind: 'entry', entry, write: { requestId, version: VERSION, fingerprint } },
      { kind: 'purge', key: 'old', version: VERSION },
    ],
    committedSeq: 2 ** 32 - 1,
  },
  { kind: 'read', key: 'grün', minVersion: undefined, knownVersion: VERSION, strength: 'fresh' },
]

export const RESPONSE_EXAMPLES: readonly NodeResponse[] = [
  { kind: 'pong', nonce: 'n1', id: NODE, incarnation: 7, others: ['10.0.0.3:8181'] },
  { kind: 'written', outcome: { kind: 'applied', version: VERSION, copies: 2 } },
  { kind: 'replicated', appliedSeq: 4096, isFull: false },
  { kind: 'found', entry, ageMs: 12, isMaster: true, position },
  {
    kind: 'page',
    items: [
      {
        kind: 'head',
        head: { key: 'grün', version: VERSION, isTombstone: false, valueBytes: 300_000 },
      },
      { kind: 'entry', entry: { ...entry, key: 'old', content: { kind: 'tombstone' } } },
    ],
    packed: undefined,
    damaged: ['lost'],
    end: 'old',
  },
]
