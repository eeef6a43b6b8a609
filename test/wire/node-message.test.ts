import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import t from 'tap'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  NODE_REQUEST_KINDS,
  nodePath,
} from '../../src/wire/node-message.ts'
import { requestParts, responseParts, sender as senders } from './arbitraries.ts'
import { ENVELOPE, NODE, OTHER, times, VERSION } from './examples.ts'
import { holds } from './holds.ts'

const { sender } = ENVELOPE
const ballot = { epoch: 3, proposer: NODE }
const entry = {
  key: 'k',
  version: VERSION,
  ttlLeftMs: undefined,
  requestId: '0'.repeat(32),
  content: { kind: 'value', bytes: new Uint8Array([1, 2]), contentType: '' },
}
const view: View = {
  ballot,
  roster: [{ id: NODE, address: '10.0.0.1:8181', isWitness: false }],
  forgotten: [],
  voters: [],
  groups: [{ masters: [{ id: NODE, incarnation: 1, inSync: true }], history: [ballot], merge: [] }],
  start: { clock: VERSION, stream: ballot, seq: 0, continues: undefined },
  partOf: [],
  isUnclean: false,
}

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true })

/** A request body with parts that the types would not allow. */
const requestBody = (request: unknown): Uint8Array => packr.pack({ form: 1, sender, request })
const responseBody = (response: unknown): Uint8Array => packr.pack({ form: 1, sender, response })

t.test('every request comes back as it was sent', async (t) => {
  for (const [kind, parts] of Object.entries(requestParts)) {
    const request = (parts as fc.Arbitrary<object>).map((it) => ({ kind, ...it }) as NodeRequest)
    const property = fc.property(senders, request, (sender, request) => {
      deepStrictEqual(decodeRequest(encodeRequest(sender, request)), {
        kind: 'ok',
        value: { sender, request },
      })
    })
    holds(t, property)
  }
})

t.test('every response comes back as it was sent', async (t) => {
  for (const [kind, parts] of Object.entries(responseParts)) {
    const response = (parts as fc.Arbitrary<object>).map((it) => ({ kind, ...it }) as NodeResponse)
    const property = fc.property(senders, response, (sender, response) => {
      deepStrictEqual(decodeResponse(encodeResponse(sender, response)), {
        kind: 'ok',
        value: { sender, response },
      })
    })
    holds(t, property, kind === 'digest' || kind === 'heldDigest' ? 5 : 100)
  }
})

t.test('the bytes of a message are read however msgpack is written', async (t) => {
  const messages = [
    [
      '83 a4666f726d 01',
      'a673656e646572 83 a26964 b061316132613361346135613661376138',
      'ab696e6361726e6174696f6e 07',
      'a5636c6f636b d92130303030303138663030303030313032 2d61316132613361346135613661376138',
      'a772657175657374 83 a46b696e64 a56e75646765 a565706f6368 cd0102 a773757370656374 c0',
    ],
    [
      'de0003 da0004666f726d cf0000000000000001',
      'a673656e646572 df00000003 d9026964 b061316132613361346135613661376138',
      'ab696e6361726e6174696f6e ce00000007',
      'a5636c6f636b da002130303030303138663030303030313032 2d61316132613361346135613661376138',
      'a772657175657374 82 a46b696e64 a56e75646765 a565706f6368 cb4070200000000000',
    ],
  ]
  const request: NodeRequest = { kind: 'nudge', epoch: 258, suspect: undefined }
  for (const lines of messages) {
    const body = Buffer.from(lines.join('').replaceAll(' ', ''), 'hex')
    t.strictSame(decodeRequest(body), { kind: 'ok', value: { sender, request } })
  }
})

t.test('each kind of request has a path', async (t) => {
  t.same(NODE_REQUEST_KINDS, Object.keys(requestParts))
  t.same(nodePath('ping'), '/_node/ping')
})

t.test('what a newer neighbour adds is left out', async (t) => {
  const newer = { kind: 'barrier', ballot: { ...ballot, colour: 'red' }, urgency: [1, { a: 2 }] }
  t.same(decodeRequest(requestBody(newer)), {
    kind: 'ok',
    value: { sender, request: { kind: 'barrier', ballot } },
  })
})

t.test('an absent field may be left out or nil', async (t) => {
  for (const request of [
    { kind: 'nudge', epoch: 1 },
    { kind: 'nudge', epoch: 1, suspect: null },
  ]) {
    t.strictSame(decodeRequest(requestBody(request)), {
      kind: 'ok',
      value: { sender, request: { kind: 'nudge', epoch: 1, suspect: undefined } },
    })
  }
})

t.test('values are views of the body', async (t) => {
  const body = encodeResponse(sender, {
    kind: 'digest',
    digest: new Uint8Array(524_288),
  })
  const decoded = decodeResponse(body)
  const response = decoded.kind === 'ok' ? decoded.value.response : undefined
  t.ok(response?.kind === 'digest' && response.digest.buffer === body.buffer)
})

t.test('a request that is not as it must be is refused with the place', async (t) => {
  const put = { kind: 'put', bytes: new Uint8Array(1), contentType: '' }
  const command = { requestId: '0'.repeat(32), fingerprint: '0'.repeat(16), key: 'k' }
  const write = (change: unknown, condition: unknown = { kind: 'none' }): unknown => ({
    kind: 'write',
    ballot,
    heard: 1,
    command: { ...command, change, condition },
  })
  const replicate = (records: unknown): unknown => ({
    kind: 'replicate',
    ballot,
    firstSeq: 1,
    committedSeq: 0,
    records,
  })
  const applied = {
    requestId: '0'.repeat(32),
    version: VERSION,
    fingerprint: '0'.repeat(16),
  }
  const record = { kind: 'entry', entry, write: applied }
  const accept = (part: object): unknown => ({ kind: 'accept', view: { ...view, ...part } })
  const group = view.groups[0]
  const fetch = (keys: unknown): unknown => ({ kind: 'fetch', ballot, keys })
  const page = { kind: 'page', ballot, withValues: true }

  const cases: readonly (readonly [unknown, string])[] = [
    [7, 'request must be an object'],
    [[], 'request must be of a known kind'],
    [{}, 'request must be of a known kind'],
    [{ kind: 'toString' }, 'request must be of a known kind'],
    [{ kind: 'pingg' }, 'request must be of a known kind'],
    [{ kind: 'ping', nonce: '', hearsYou: true }, 'request.nonce must be a text of 1 to 64 bytes'],
    [{ kind: 'ping', nonce: 'n', hearsYou: 1 }, 'request.hearsYou must be true or false'],
    [{ kind: 'barrier' }, 'request.ballot must be an object'],
    [
      { kind: 'barrier', ballot: { epoch: 0.5, proposer: NODE } },
      'request.ballot.epoch must be a whole number from 0 to 281474976710655',
    ],
    [
      { kind: 'barrier', ballot: { epoch: 1, proposer: NODE.toUpperCase() } },
      'request.ballot.proposer must be 16 hex digits',
    ],
    [
      { kind: 'nudge', epoch: -1 },
      'request.epoch must be a whole number from 0 to 281474976710655',
    ],
    [{ kind: 'nudge', epoch: 1, suspect: '' }, 'request.suspect must be 16 hex digits'],
    [{ kind: 'read', key: '', strength: 'fresh' }, 'request.key must be a text of 1 to 511 bytes'],
    [
      { kind: 'read', key: 'ü'.repeat(256), strength: 'fresh' },
      'request.key must be a text of 1 to 511 bytes',
    ],
    [{ kind: 'read', key: 'k', strength: 'weak' }, 'request.strength must be fresh or strong'],
    [
      { kind: 'read', key: 'k', strength: 'fresh', minVersion: '1-2' },
      'request.minVersion must be a version',
    ],
    [write({ kind: 'move' }), 'request.command.change must be of a known kind'],
    [write({ ...put, bytes: 'text' }), 'request.command.change.bytes must be bytes'],
    [
      write({ ...put, contentType: 'x'.repeat(256) }),
      'request.command.change.contentType must be a text of 0 to 255 bytes',
    ],
    [
      write({ ...put, ttlMs: 0 }),
      'request.command.change.ttlMs must be a whole number from 1 to 315360000000',
    ],
    [
      write(put, { kind: 'oneOf', versions: times(257, VERSION) }),
      'request.command.condition.versions must be a list of 0 to 256',
    ],
    [replicate(times(1001, record)), 'request.records must be a list of 0 to 1000'],
    [
      replicate([record, { ...record, entry: { ...entry, ttlLeftMs: Number.NaN } }]),
      'request.records.1.entry.ttlLeftMs must be a number of milliseconds, 0 or more',
    ],
    [
      replicate([{ ...record, write: { ...applied, fingerprint: '0'.repeat(17) } }]),
      'request.records.0.write.fingerprint must be 16 hex digits',
    ],
    [
      replicate([{ kind: 'purge', key: 'k', version: '' }]),
      'request.records.0.version must be a version',
    ],
    [replicate([{ ...record, kind: 'drop' }]), 'request.records.0 must be of a known kind'],
    [fetch(times(1001, 'k')), 'request.keys must be a list of 0 to 1000'],
    [fetch({ length: 1 }), 'request.keys must be a list of 0 to 1000'],
    [{ ...page, wanted: new Uint8Array(8191) }, 'request.wanted must be exactly 8192 bytes'],
    [{ ...page, after: '' }, 'request.after must be a text of 1 to 511 bytes'],
    [accept({ groups: [] }), 'request.view.groups must be a list of 1 to 256'],
    [accept({ groups: times(257, group) }), 'request.view.groups must be a list of 1 to 256'],
    [
      accept({ groups: [{ ...group, masters: [] }] }),
      'request.view.groups.0.masters must be a list of 1 to 16',
    ],
    [
      accept({ groups: [{ ...group, history: times(257, ballot) }] }),
      'request.view.groups.0.history must be a list of 0 to 256',
    ],
    [
      accept({ roster: times(129, view.roster[0]) }),
      'request.view.roster must be a list of 0 to 128',
    ],
    [
      accept({ roster: [{ id: OTHER, address: 'here', isWitness: false }] }),
      'request.view.roster.0.address must be host:port',
    ],
    [accept({ start: { clock: '', seq: 1 } }), 'request.view.start.clock must be a version'],
  ]
  for (const [request, reason] of cases) {
    t.same(decodeRequest(requestBody(request)), { kind: 'refused', reason }, reason)
  }
})

t.test('a response that is not as it must be is refused with the place', async (t) => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ kind: 'ping', nonce: 'n', hearsYou: true }, 'response must be of a known kind'],
    [{ kind: 'digest', digest: new Uint8Array(8) }, 'response.digest must be exactly 524288 bytes'],
    [
      { kind: 'unchanged', ageMs: -1 },
      'response.ageMs must be a number of milliseconds, 0 or more',
    ],
    [{ kind: 'absent', tombstone: '0', ageMs: 1 }, 'response.tombstone must be a version or empty'],
    [
      {
        kind: 'promise',
        promise: { state: { promised: ballot, activated: ballot, owed: times(129, view) } },
      },
      'response.promise.state.owed must be a list of 0 to 128',
    ],
    [{ kind: 'page', items: [{ kind: 'value' }] }, 'response.items.0 must be of a known kind'],
    [
      { kind: 'written', outcome: { kind: 'applied', version: VERSION, copies: 129 } },
      'response.outcome.copies must be a whole number from 0 to 128',
    ],
  ]
  for (const [response, reason] of cases) {
    t.same(decodeResponse(responseBody(response)), { kind: 'refused', reason }, reason)
  }
})

t.test('the frame around a message is checked too', async (t) => {
  const request = { kind: 'view' }
  const cases: readonly (readonly [unknown, string])[] = [
    [{ sender, request }, 'form must be 1'],
    [{ form: 2, sender, request }, 'form must be 1'],
    [{ form: 1, request }, 'sender must be an object'],
    [{ form: 1, sender: { ...sender, id: 'me' }, request }, 'sender.id must be 16 hex digits'],
    [{ form: 1, sender }, 'request must be an object'],
    [7, 'the message must be an object'],
  ]
  for (const [message, reason] of cases) {
    t.same(decodeRequest(packr.pack(message)), { kind: 'refused', reason }, reason)
  }
  t.same(decodeRequest(new Uint8Array(0)), {
    kind: 'refused',
    reason: 'the body is not a node message: it ends early',
  })
})

t.test('a promise of the deepest kind passes', async (t) => {
  const merge = [{ ballot, holders: [NODE], history: [ballot], partOf: [ballot] }]
  const deep: View = { ...view, groups: view.groups.map((it) => ({ ...it, merge })) }
  const state = {
    promised: ballot,
    view: deep,
    activated: ballot,
    owed: [deep],
    part: { since: VERSION, isWhole: true },
  }
  const response: NodeResponse = {
    kind: 'promise',
    promise: {
      state,
      incarnation: 1,
      address: 'a:1',
      keyCount: 0,
      clock: VERSION,
      isWitness: false,
      isIdle: false,
      isPartEmpty: false,
      isLeaving: false,
    },
  }
  t.strictSame(decodeResponse(encodeResponse(sender, response)), {
    kind: 'ok',
    value: { sender, response },
  })
})

t.test('random bytes never throw', async (t) => {
  const refuses = (bytes: Uint8Array): boolean =>
    decodeRequest(bytes).kind === 'refused' && decodeResponse(bytes).kind === 'refused'
  holds(t, fc.property(fc.uint8Array({ maxLength: 400 }), refuses), 3000)
})

t.test('an altered message never throws', async (t) => {
  const request = requestParts.replicate.map((it) => ({ kind: 'replicate' as const, ...it }))
  const changes = fc.array(fc.tuple(fc.nat({ max: 100_000 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 5,
  })
  const property = fc.property(request, changes, (request, changes) => {
    const body = Uint8Array.from(encodeRequest(sender, request))
    for (const [place, byte] of changes) body[place % body.length] = byte
    const { kind } = decodeRequest(body)
    return kind === 'ok' || kind === 'refused'
  })
  holds(t, property, 2000)
})

t.test('a cut message is refused', async (t) => {
  const body = encodeRequest(sender, { kind: 'accept', view })
  for (let length = 0; length < body.length; length++) {
    t.equal(decodeRequest(body.subarray(0, length)).kind, 'refused', `${length} bytes`)
  }
})
