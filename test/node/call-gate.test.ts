// Which calls are let in, and which answers count, between nodes that share no clock.
import t from 'tap'
import type { CallAnswer, NodeRequest } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import type { RequestHead } from '../../src/http/request-gate.ts'
import type { Call, CallResult } from '../../src/network/node-client.ts'
import { CallGate, type CallRefusal } from '../../src/node/call-gate.ts'
import { type AnswerRefusal, Caller } from '../../src/node/caller.ts'
import { CallSigner } from '../../src/node/call-signer.ts'
import { createKeyring, type Keyring } from '../../src/wire/keyring.ts'
import { encodeResponse } from '../../src/wire/node-message.ts'
import { NODE, OTHER } from '../wire/examples.ts'

const SECRET = createKeyring('default', [Buffer.alloc(32, 7)])
const ANOTHER = createKeyring('default', [Buffer.alloc(32, 8)])
const OPEN = createKeyring('default', [])
const HERE = '10.0.0.1:8181'
const PATH = '/_node/ping'
const BODY = Buffer.from('question')
const NOTHING = new Uint8Array(0)
const PING: NodeRequest = { kind: 'ping', nonce: 'n', hearsYou: true }
const PONG = { kind: 'pong', nonce: 'n', id: NODE, incarnation: 7, others: [] } as const

/** A node that is called. */
class Target {
  nowMs = 5000
  readonly refused: CallRefusal[] = []
  readonly gate: CallGate

  constructor(session = '5'.repeat(32), keyring = SECRET) {
    this.gate = new CallGate(keyring, {
      clock: { monotonicMs: () => this.nowMs, wallMs: () => 0 },
      session,
      address: HERE,
      refusals: { count: (reason) => void this.refused.push(reason) },
    })
  }

  head(headers: Readonly<Record<string, string>>, more: Partial<RequestHead> = {}): RequestHead {
    const { authorization, 'content-digest': contentDigest } = headers
    const where = { path: PATH, host: HERE, arrivedAt: HERE, from: '10.0.0.9' }
    return { ...where, authorization, contentDigest, ...more }
  }

  /** What becomes of a call: admitted, or why not. */
  admits(headers: Readonly<Record<string, string>>, more: Partial<RequestHead> = {}): string {
    const admission = this.gate.admit(this.head(headers, more))
    return admission.kind === 'admitted' ? 'admitted' : (this.refused.pop() ?? admission.kind)
  }
}

/** A node that calls, and has heard from the target. */
function known(target: Target, incarnation = 7): CallSigner {
  const signer = new CallSigner(SECRET, { id: NODE, incarnation })
  hearsFrom(signer, target)
  return signer
}

/** One call that is turned away, with what to sign instead. */
function hearsFrom(signer: CallSigner, target: Target): void {
  const call = signer.sign(HERE, PATH, BODY)
  const admission = target.gate.admit(target.head(call.headers))
  if (admission.kind !== 'again') throw new Error(`a first call is ${admission.kind}`)
  const { 'Authentication-Info': proof = '' } = admission.sign(401, NOTHING)
  if (!call.isAnswered({ status: 401, body: NOTHING, proof })) throw new Error('not proven')
}

t.test('a first call hears what to sign, the next is let in, once', async (t) => {
  const target = new Target()
  const signer = known(target)
  t.same(target.refused, [], 'a first call is nothing to count')
  const { headers } = signer.sign(HERE, PATH, BODY)
  t.equal(target.admits(headers), 'admitted')
  t.equal(target.admits(headers), 'replay')
  t.equal(target.admits(signer.sign(HERE, PATH, BODY).headers), 'admitted')
})

t.test('what was not signed for just this is unknown', async (t) => {
  const target = new Target()
  const { headers } = known(target).sign(HERE, PATH, BODY)
  const foreign = new CallSigner(ANOTHER, { id: NODE, incarnation: 7 }).sign(HERE, PATH, BODY)
  const cases: readonly (readonly [string, string])[] = [
    [target.admits({}), 'unsigned'],
    [target.admits({ 'content-digest': headers['content-digest'] ?? '' }), 'unsigned'],
    [target.admits({ authorization: headers['authorization'] ?? '' }), 'unsigned'],
    [target.admits({ ...headers, authorization: 'Basic eDp5' }), 'malformed'],
    [target.admits(headers, { host: '10.0.0.2:8181' }), 'target'],
    [target.admits(foreign.headers), 'key'],
    [target.admits(headers, { path: '/_node/commit' }), 'mac'],
    [target.admits({ ...headers, 'content-digest': 'sha-256=:AAAA:' }), 'mac'],
    [target.admits(headers), 'admitted'],
  ]
  for (const [found, expected] of cases) t.equal(found, expected)
})

t.test(
  'a call that was recorded is of no use to another node or another life of this one',
  async (t) => {
    const target = new Target()
    const signer = known(target)
    const { headers } = signer.sign(HERE, PATH, BODY)
    t.equal(new Target('6'.repeat(32)).admits(headers), 'stamp', 'the target was restarted')
    const there = signer.sign('10.0.0.2:8181', PATH, BODY)
    t.equal(target.admits(there.headers), 'mac', 'told to be meant for this one')
    t.equal(target.admits(there.headers, { host: '10.0.0.2:8181' }), 'target')
  },
)

t.test('the Host header says what was signed, port 80 too', async (t) => {
  const { headers } = known(new Target()).sign('10.0.0.1:80', PATH, BODY)
  t.equal(headers['host'], '10.0.0.1:80')
})

t.test('another address of this host is this host', async (t) => {
  const target = new Target()
  const signer = known(target)
  const elsewhere = { host: '10.9.9.9:8181', arrivedAt: '10.9.9.9:8181' }
  t.equal(target.admits(signer.sign('10.9.9.9:8181', PATH, BODY).headers, elsewhere), 'again')
})

t.test('a stamp lasts a minute by the clock of the target alone', async (t) => {
  const target = new Target()
  const signer = known(target)
  const [in60, in61] = [signer.sign(HERE, PATH, BODY), signer.sign(HERE, PATH, BODY)]
  target.nowMs += 60_000
  t.equal(target.admits(in60.headers), 'admitted')
  target.nowMs += 1
  t.equal(target.admits(in61.headers), 'stamp')
  hearsFrom(signer, target)
  t.equal(target.admits(signer.sign(HERE, PATH, BODY).headers), 'admitted')
})

t.test('calls may overtake each other, by far more than are ever on their way', async (t) => {
  const target = new Target()
  const signer = known(target)
  const slow = signer.sign(HERE, PATH, BODY)
  for (let i = 0; i < 2000; i++) {
    if (target.admits(signer.sign(HERE, PATH, BODY).headers) !== 'admitted') t.fail(`call ${i}`)
  }
  t.equal(target.admits(slow.headers), 'admitted')
  t.equal(target.admits(slow.headers), 'replay')
})

t.test('an earlier life of a caller is over', async (t) => {
  const target = new Target()
  const old = known(target, 7).sign(HERE, PATH, BODY)
  t.equal(target.admits(known(target, 8).sign(HERE, PATH, BODY).headers), 'admitted')
  t.equal(target.admits(old.headers), 'replay')
})

t.test('another body than the one signed is noticed', async (t) => {
  const target = new Target()
  const admission = target.gate.admit(target.head(known(target).sign(HERE, PATH, BODY).headers))
  if (admission.kind !== 'admitted') throw new Error(admission.kind)
  t.ok(admission.isBody(BODY))
  t.notOk(admission.isBody(Buffer.from('another')))
  t.same(target.refused, ['digest'])
})

t.test('without a secret everybody is let in, and nothing is signed', async (t) => {
  const target = new Target('5'.repeat(32), OPEN)
  const admission = target.gate.admit(target.head({}))
  if (admission.kind !== 'admitted') throw new Error(admission.kind)
  t.ok(admission.isBody(BODY))
  t.same(admission.sign(200, BODY), {})
  t.same(new CallSigner(OPEN, { id: NODE, incarnation: 7 }).sign(HERE, PATH, BODY).headers, {})
})

// ---- both ends ---------------------------------------------------------------------------------

type Answerer = (call: Call) => CallResult

/** A caller whose calls are answered by a function. */
function callerOf(answer: Answerer, keyring: Keyring = SECRET, incarnation = 7) {
  const calls: Call[] = []
  const refused: AnswerRefusal[] = []
  let nowMs = 0
  const caller = new Caller(keyring, {
    client: {
      call: (call) => {
        calls.push(call)
        nowMs += 100
        return Promise.resolve(answer(call))
      },
      stop: () => Promise.resolve(),
    },
    clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
    sender: () => ({ id: NODE, incarnation, clock: VERSION_ZERO }),
    refusals: { count: (reason) => void refused.push(reason) },
  })
  const ping = (): Promise<CallAnswer> => caller.call(HERE, PING, 250)
  return { ping, calls, refused, caller }
}

/** The answer of a node to a call. */
function answeredBy(target: Target, response: Uint8Array = pong()): Answerer {
  return ({ headers, to }) => {
    const admission = target.gate.admit(target.head(headers, { host: to }))
    const proofOf = (status: number, body: Uint8Array): string =>
      admission.kind === 'unknown'
        ? ''
        : (admission.sign(status, body)['Authentication-Info'] ?? '')
    return admission.kind === 'admitted'
      ? { kind: 'response', bytes: response, proof: proofOf(200, response) }
      : { kind: 'denied', proof: proofOf(401, NOTHING) }
  }
}

function pong(): Uint8Array {
  return encodeResponse({ id: OTHER, incarnation: 3, clock: VERSION_ZERO }, PONG)
}

t.test('a first call takes two rounds within one deadline, later ones take one', async (t) => {
  const { ping, calls } = callerOf(answeredBy(new Target()))
  t.match(await ping(), { kind: 'response', response: PONG })
  t.same(
    calls.map(({ timeoutMs }) => timeoutMs),
    [250, 150],
  )
  t.match(await ping(), { kind: 'response', response: PONG })
  t.equal(calls.length, 3)
})

t.test('a target that was restarted costs one more round', async (t) => {
  let target = new Target()
  const { ping, calls } = callerOf((call) => answeredBy(target)(call))
  await ping()
  target = new Target('6'.repeat(32))
  t.match(await ping(), { kind: 'response', response: PONG })
  t.equal(calls.length, 4)
})

t.test('an impostor does not pass: nobody without the secret can answer', async (t) => {
  const recorded: CallResult[] = []
  const target = new Target()
  const listened: Answerer = (call) => {
    const result = answeredBy(target)(call)
    recorded.push(result)
    return result
  }
  // An earlier life of the caller: no two calls ever have the same signature.
  const honest = callerOf(listened, SECRET, 6)
  await honest.ping()
  const proofs = recorded.map((result) => ('proof' in result ? result.proof : ''))
  const [deny = '', prove = ''] = proofs
  const cases: readonly (readonly [string, Answerer, AnswerRefusal, number])[] = [
    ['no signature', () => ({ kind: 'response', bytes: pong(), proof: '' }), 'unproven', 1],
    ['a recorded one', () => ({ kind: 'response', bytes: pong(), proof: prove }), 'unproven', 1],
    ['a recorded denial', () => ({ kind: 'denied', proof: deny }), 'denied', 1],
    ['a denial', () => ({ kind: 'denied', proof: '' }), 'denied', 1],
    ['another secret', answeredBy(new Target('5'.repeat(32), ANOTHER)), 'denied', 1],
    ['no secret', answeredBy(new Target('5'.repeat(32), OPEN)), 'unproven', 1],
    [
      'denied for ever',
      ({ headers, to }) => {
        const admission = target.gate.admit(target.head(headers, { host: to }))
        const proof =
          admission.kind === 'unknown'
            ? ''
            : (admission.sign(401, NOTHING)['Authentication-Info'] ?? '')
        return { kind: 'denied', proof }
      },
      'denied',
      2,
    ],
    ['nonsense of a friend', answeredBy(new Target(), Buffer.from('what')), 'malformed', 2],
  ]
  for (const [title, answerer, reason, rounds] of cases) {
    const { ping, calls, refused } = callerOf(answerer)
    t.same(await ping(), { kind: 'broken' }, title)
    t.same(refused, [reason], title)
    t.equal(calls.length, rounds, title)
  }
})

t.test('an altered answer does not count', async (t) => {
  const target = new Target()
  const { ping, refused } = callerOf((call) => {
    const result = answeredBy(target)(call)
    if (result.kind !== 'response') return result
    const other = { ...PONG, incarnation: 8 }
    const sender = { id: OTHER, incarnation: 3, clock: VERSION_ZERO }
    return { ...result, bytes: encodeResponse(sender, other) }
  })
  t.same(await ping(), { kind: 'broken' })
  t.same(refused, ['unproven'])
})

t.test('without a secret an answer counts as it is, and a denial does not', async (t) => {
  const plain = callerOf(() => ({ kind: 'response', bytes: pong(), proof: '' }), OPEN)
  t.match(await plain.ping(), { kind: 'response', response: PONG })
  const denied = callerOf(answeredBy(new Target()), OPEN)
  t.same(await denied.ping(), { kind: 'broken' })
  t.same([denied.refused, denied.calls.length], [['denied'], 1])
})

t.test('new keys sign the next call; a call under way may be answered with them', async (t) => {
  const both = createKeyring('default', [Buffer.alloc(32, 8), Buffer.alloc(32, 7)])
  const target = new Target()
  const { ping, caller, refused } = callerOf((call) => {
    target.gate.useKeyring(both)
    caller.useKeyring(both)
    return answeredBy(target)(call)
  })
  t.match(await ping(), { kind: 'response', response: PONG })
  t.match(await ping(), { kind: 'response', response: PONG })
  t.same(refused, [])
})
