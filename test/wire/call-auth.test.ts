// The signatures of calls: their bytes are a promise, and every part of them counts.
import fc from 'fast-check'
import t from 'tap'
import {
  digestOf,
  isGenuine,
  NO_STAMP,
  parseClaim,
  provenStamp,
  signRequest,
  signResponse,
} from '../../src/wire/call-auth.ts'
import { createKeyring } from '../../src/wire/keyring.ts'
import { NODE } from './examples.ts'
import { holds } from './holds.ts'

const keyring = createKeyring('default', [Buffer.alloc(32, 7)])
const BODY = Buffer.from('question')
const STAMP = `${'0123456789abcdef'.repeat(2)}.60000`
const numbered = { id: NODE, incarnation: 7, number: 258 }
const request = { path: '/_node/ping', host: '10.0.0.1:8181', digest: digestOf(BODY) }
const { authorization, mac } = signRequest({ ...request, stamp: STAMP, numbered }, keyring)

t.test('the headers are a promise', async (t) => {
  t.equal(request.digest, 'sha-256=:H1CH25Gc7VwSPH9QfT/M6BjLDPbnfC+VqKNelR4D/bk=:')
  t.equal(
    authorization,
    `DC1 164,${STAMP},${NODE}-7-258,edcc5aea52c4529384049d93f96ad6ba9fc70098061fe465c77c43dd32d2ebe0`,
  )
  const first = signRequest({ ...request, stamp: NO_STAMP, numbered }, keyring).authorization
  t.match(first, new RegExp(`^DC1 164,none,${NODE}-7-258,[0-9a-f]{64}$`))
  const response = { status: 200, requestMac: mac, stamp: STAMP, body: BODY }
  t.equal(
    signResponse(response, keyring),
    `DC1 164,${STAMP},1545fdae0ea082e81a09aecc8e6640438ce859d87498bcc19069f9af847afa31`,
  )
})

t.test('a claim is taken apart, and anything else is none', async (t) => {
  t.same(parseClaim(authorization), { keyId: 164, stamp: STAMP, numbered, mac })
  const bad = [
    '',
    'DC1',
    'Basic Zm9v',
    authorization.slice(0, -1),
    `${authorization}0`,
    `${authorization}\n`,
    ` ${authorization}`,
    authorization.replace('DC1', 'DC2'),
    authorization.replace(STAMP, 'never'),
    authorization.replace(STAMP, `${STAMP}.1`),
    authorization.replace('-258', '-9007199254740992'),
    authorization.replace('-258', ''),
    authorization.toUpperCase(),
  ]
  for (const header of bad) t.equal(parseClaim(header), undefined, header)
})

t.test('every part of a request is signed', async (t) => {
  const claim = parseClaim(authorization)
  if (claim === undefined) {
    t.fail('no claim')
    return
  }
  t.ok(isGenuine(claim, request, keyring))
  const claims = [
    { ...claim, keyId: 1 },
    { ...claim, stamp: NO_STAMP },
    { ...claim, stamp: STAMP.replace('60000', '60001') },
    { ...claim, numbered: { ...numbered, id: NODE.replace('a', 'b') } },
    { ...claim, numbered: { ...numbered, incarnation: 8 } },
    { ...claim, numbered: { ...numbered, number: 259 } },
    { ...claim, mac: mac.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
  ]
  for (const other of claims) t.notOk(isGenuine(other, request, keyring), JSON.stringify(other))
  const requests = [
    { ...request, path: '/_node/commit' },
    { ...request, host: '10.0.0.2:8181' },
    { ...request, digest: digestOf(Buffer.from('another')) },
  ]
  for (const other of requests) t.notOk(isGenuine(claim, other, keyring), JSON.stringify(other))
})

t.test('every part of an answer is signed, and it answers one request', async (t) => {
  const response = { status: 200, requestMac: mac, body: BODY }
  const proof = signResponse({ ...response, stamp: STAMP }, keyring)
  t.equal(provenStamp(proof, response, keyring), STAMP)
  const others = [
    { ...response, status: 401 },
    { ...response, requestMac: mac.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
    { ...response, body: Buffer.from('another') },
  ]
  for (const other of others) t.equal(provenStamp(proof, other, keyring), undefined)
  const proofs = ['', 'DC1', proof.slice(0, -1), proof.replace('60000', '60001'), authorization]
  for (const other of proofs) t.equal(provenStamp(other, response, keyring), undefined, other)
  // The signature of a request is none of its answer, though both are made with one key.
  t.equal(provenStamp(`DC1 164,${STAMP},${mac}`, response, keyring), undefined)
})

t.test('no header breaks it', async (t) => {
  const parts = authorization.split(/([ ,.-])/)
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.oneof(fc.constantFrom(...parts), fc.string()), { maxLength: 20 })
      .map((it) => it.join('')),
  )
  const response = { status: 200, requestMac: mac, body: BODY }
  const property = fc.property(header, (text) => {
    const claim = parseClaim(text)
    if (claim !== undefined && text !== authorization) {
      return !isGenuine(claim, request, keyring)
    }
    return provenStamp(text, response, keyring) === undefined
  })
  holds(t, property, 1000)
})
