// Rotation: at every step of a roll-out any two nodes understand each other.
import t from 'tap'
import {
  digestOf,
  isGenuine,
  parseClaim,
  provenStamp,
  signRequest,
  signResponse,
} from '../../src/wire/call-auth.ts'
import {
  createKeyring,
  decodeDatagram,
  encodeDatagram,
  type Keyring,
} from '../../src/wire/datagram.ts'
import { BEAT, ENVELOPE, NODE } from './examples.ts'

const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)
const ring = (...secrets: Buffer[]): Keyring => createKeyring('default', secrets)

function hears(receiver: Keyring, sender: Keyring): boolean {
  return decodeDatagram(encodeDatagram(ENVELOPE, BEAT, sender), receiver).kind === 'ok'
}

const STAMP = `${'5'.repeat(32)}.7`

/** A call from one to the other, and the answer back. */
function calls(caller: Keyring, target: Keyring): boolean {
  const body = Buffer.from('question')
  const numbered = { id: NODE, incarnation: 7, number: 1 }
  const request = { path: '/_node/ping', host: '10.0.0.1:8181', digest: digestOf(body) }
  const { authorization, mac } = signRequest({ ...request, stamp: STAMP, numbered }, caller)
  const claim = parseClaim(authorization)
  if (claim === undefined || !isGenuine(claim, request, target)) return false
  const response = { status: 200, requestMac: mac, body: Buffer.from('answer') }
  return (
    provenStamp(signResponse({ ...response, stamp: STAMP }, target), response, caller) === STAMP
  )
}

t.test(
  'rolling from one secret to another, no two nodes of any moment are strangers',
  async (t) => {
    const steps: readonly (readonly [string, Keyring, Keyring])[] = [
      ['the new one is added', ring(OLD), ring(OLD, NEW)],
      ['the new one signs', ring(OLD, NEW), ring(NEW, OLD)],
      ['the old one goes', ring(NEW, OLD), ring(NEW)],
    ]
    for (const [title, before, after] of steps) {
      for (const [one, other] of [
        [before, before],
        [before, after],
        [after, before],
        [after, after],
      ] as const) {
        t.ok(hears(one, other), `${title}: packets`)
        t.ok(calls(one, other), `${title}: calls`)
      }
    }
  },
)

t.test(
  'nodes without a secret in common are strangers, and so is a node without any',
  async (t) => {
    const pairs: readonly (readonly [Keyring, Keyring])[] = [
      [ring(OLD), ring(NEW)],
      [ring(OLD), ring()],
      [ring(), ring(NEW)],
      // Two steps at once: what one signs with, the other has dropped.
      [ring(OLD, NEW), ring(NEW)],
      [createKeyring('default', [OLD]), createKeyring('other', [OLD])],
    ]
    for (const [one, other] of pairs) {
      t.notOk(hears(one, other) && hears(other, one))
      t.notOk(calls(one, other) && calls(other, one))
    }
  },
)

t.test('two secrets with the same key id are told apart', async (t) => {
  const idOf = (byte: number) => ring(Buffer.alloc(32, byte)).signer.keyId
  const known = new Map<number, number>()
  let pair: readonly [number, number] | undefined
  for (let byte = 0; byte < 256 && pair === undefined; byte++) {
    const other = known.get(idOf(byte))
    if (other !== undefined) pair = [other, byte]
    known.set(idOf(byte), byte)
  }
  const [one, other] = (pair ?? [0, 0]).map((byte) => Buffer.alloc(32, byte))
  if (one === undefined || other === undefined || one.equals(other)) {
    t.fail('no such pair')
    return
  }
  t.ok(hears(ring(one, other), ring(other)))
  t.ok(calls(ring(one, other), ring(other, one)))
  t.notOk(hears(ring(one), ring(other)))
})
