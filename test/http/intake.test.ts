// The bound on all bodies together: full means refused, and an answered request makes room.
import { once } from 'node:events'
import http from 'node:http'
import { PassThrough } from 'node:stream'
import net from 'node:net'
import t from 'tap'
import { type BodyLimits, Intake, readBody } from '../../src/http/intake.ts'

/** A request whose body comes from a test, and an answer that a test ends. */
function exchange() {
  const req = Object.assign(new http.IncomingMessage(new net.Socket()), { headers: {} })
  const res = new http.ServerResponse(req)
  const body = new PassThrough()
  body.on('data', (chunk: Buffer) => req.push(chunk)).on('end', () => req.push(null))
  return { req, res, body }
}

const limits = (intake: Intake): BodyLimits => ({ intake, bytesMax: 10, tooLarge: 'Too large.' })

t.test('bodies count until their answer is sent', async (t) => {
  const intake = new Intake(10)
  const first = exchange()
  const firstBody = readBody(first, limits(intake))
  first.body.end('12345678')
  t.same(await firstBody, { kind: 'ok', value: Buffer.from('12345678') })

  const second = exchange()
  const secondBody = readBody(second, limits(intake))
  second.body.end('123')
  t.match(await secondBody, {
    kind: 'refused',
    reason: { status: 503, headers: { 'Retry-After': '1' } },
  })

  first.res.emit('close')
  const third = exchange()
  const thirdBody = readBody(third, limits(intake))
  third.body.end('1234567890')
  t.match(await thirdBody, { kind: 'ok' })
})

t.test('a body that is refused takes no room', async (t) => {
  const intake = new Intake(10)
  const large = exchange()
  const largeBody = readBody(large, limits(intake))
  large.body.end('12345678901')
  t.match(await largeBody, { kind: 'refused', reason: { status: 413 } })
  large.res.emit('close')
  t.ok(intake.take(10))
})

t.test('a body that breaks off gives its room back', async (t) => {
  const intake = new Intake(10)
  const broken = exchange()
  const brokenBody = readBody(broken, limits(intake))
  broken.body.write('12345')
  await once(broken.req, 'data')
  broken.req.emit('close')
  t.match(await brokenBody, { kind: 'refused', reason: { status: 400 } })
  broken.res.emit('close')
  t.ok(intake.take(10))
})
