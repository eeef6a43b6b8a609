// A cluster with a secret, and what somebody in its network can do without it: nothing that shows.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { NodeRequest } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { CallSigner } from '../../src/node/call-signer.ts'
import { createKeyring } from '../../src/wire/keyring.ts'
import { decodeResponse, encodeRequest } from '../../src/wire/node-message.ts'
import type { Daemon } from './daemon.ts'
import { eventually, pause } from './eventually.ts'
import { scenario } from './scenario.ts'
import { heard, listen, SECRET, secretFile, statesAt, withSecret } from './secret-cluster.ts'

scenario('a node with another secret stays alone', async (cluster) => {
  await withSecret(cluster)
  cluster.flags = ['--secret-file', secretFile(cluster, 'theirs', randomBytes(32))]
  const stranger = cluster.node(4)
  stranger.start()
  await eventually(async () => {
    const { view } = await stranger.client.cluster()
    assert.deepEqual(
      view?.roster.map(({ address }) => address),
      [stranger.address],
    )
  })
  for (const daemon of cluster.nodes(1, 2, 3)) {
    assert(!((await statesAt(daemon))[stranger.address] ?? false), 'a member without the secret')
    assert.deepEqual((await daemon.client.cluster()).warnings, [])
  }
  assert.equal((await cluster.node(1).client.post('k', 'ours')).status, 200)
  assert.equal((await stranger.client.get('k')).status, 404)
  const { warnings } = await stranger.client.cluster()
  assert.deepEqual(warnings, [])
  // `tag` when both secrets have the same key number by chance.
  await eventually(() =>
    assert.match(cluster.node(1).logTail(), /"event":"packets-refused","(key|tag)":/),
  )
})

scenario('a dead node is not conjured by its heartbeats, repeated', async (cluster) => {
  await withSecret(cluster)
  const ear = await listen(cluster)
  try {
    const { others, primary } = await cluster.roles()
    const [victim] = others
    assert(victim !== undefined)
    const recorded = await heard(ear, 60)
    await victim.kill()
    const states = () => Promise.all(cluster.running().map(statesAt))
    const isDead = async () => {
      for (const seen of await states()) assert.equal(seen[victim.address] ?? 'dead', 'dead')
    }
    await eventually(isDead)
    const view = await cluster.settled().catch(() => undefined)
    // The primary comes back knowing nobody: for it these are the first packets of the dead node.
    await primary.kill()
    primary.start()
    for (let round = 0; round < 30; round++) {
      await ear.send(recorded)
      for (const seen of await states().catch(() => [])) {
        assert.notEqual(seen[victim.address], 'alive', 'the dead node is back')
      }
      await pause(50)
    }
    await eventually(isDead)
    assert.notEqual(view, undefined)
    await cluster.settled()
  } finally {
    ear.end()
  }
})

const PING: NodeRequest = { kind: 'ping', nonce: 'n', hearsYou: true }
const US = { id: 'feedfeedfeedfeed', incarnation: 1, clock: VERSION_ZERO }
const PATH = '/_node/ping'

scenario('a call must be signed, for this node, now and once', async (cluster) => {
  await withSecret(cluster)
  const [one, other] = cluster.nodes(1, 2)
  assert(one !== undefined && other !== undefined)
  const type = { 'content-type': 'application/x-diststore' }
  const body = Buffer.from(encodeRequest(US, PING))
  const send = (to: Daemon, headers: Readonly<Record<string, string>>, bytes = body) =>
    to.client.send(PATH, { method: 'POST', body: bytes, headers: { ...type, ...headers } })

  // Were the body looked at, this would be 400.
  assert.equal((await send(one, {}, Buffer.from('no message'))).status, 401)
  assert.equal((await send(one, {})).headers.get('authentication-info'), null)

  const keyring = createKeyring(cluster.name, [SECRET])
  const signer = new CallSigner(keyring, US)
  const first = signer.sign(one.address, PATH, body)
  const denied = await send(one, first.headers)
  assert.equal(denied.status, 401)
  const proofOf = ({ headers }: typeof denied) => headers.get('authentication-info') ?? ''
  const nothing = new Uint8Array(0)
  assert(first.isAnswered({ status: 401, body: nothing, proof: proofOf(denied) }))

  const signed = signer.sign(one.address, PATH, body)
  const pong = await send(one, signed.headers)
  assert.equal(pong.status, 200)
  assert(signed.isAnswered({ status: 200, body: pong.body, proof: proofOf(pong) }))
  assert(!first.isAnswered({ status: 200, body: pong.body, proof: proofOf(pong) }))
  assert.equal(decodeResponse(pong.body).kind, 'ok')

  assert.equal((await send(one, signed.headers)).status, 401, 'sent again')
  assert.equal((await send(other, signed.headers)).status, 401, 'sent to another node')
  const third = signer.sign(one.address, PATH, body)
  const longer = Buffer.concat([body, body])
  assert.equal((await send(one, third.headers, longer)).status, 401, 'another body')
  const foreign = new CallSigner(createKeyring(cluster.name, [randomBytes(32)]), US)
  const forged = await send(one, foreign.sign(one.address, PATH, body).headers)
  assert.equal(forged.status, 401, 'another secret')
  assert.equal(proofOf(forged), '', 'a stranger is not answered with a signature')
})

scenario('a secret is rotated node by node, while the cluster works', async (cluster, note) => {
  const next = randomBytes(32)
  await withSecret(cluster)
  const nodes = cluster.nodes(1, 2, 3)
  const startedMs = Date.now()
  let restarts = 0
  for (const secrets of [[SECRET, next], [next, SECRET], [next]]) {
    secretFile(cluster, 'ours', ...secrets)
    for (const daemon of nodes) {
      await daemon.stop()
      daemon.start()
      restarts++
      const { roster } = await cluster.settled()
      assert.equal(roster.length, 3, 'a part went on by itself')
      assert.equal((await daemon.client.post(`k${restarts}`, 'v')).status, 200)
      for (const { client } of nodes) assert.equal((await client.get(`k${restarts}`)).text, 'v')
    }
  }
  note(`${restarts} restarts in ${Date.now() - startedMs} ms`)
})

const HOUR_MS = 3_600_000

/** Starts a node whose wall clock is off by so much; the test's own is not touched. */
function startWithClockOff(daemon: Daemon, aheadMs: number): void {
  const shift = `const now = Date.now; Date.now = () => now() + ${aheadMs}`
  const before = process.env['NODE_OPTIONS']
  process.env['NODE_OPTIONS'] = `--import "data:text/javascript,${encodeURIComponent(shift)}"`
  daemon.start()
  if (before === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = before
}

scenario('a clock that is an hour off keeps nobody out, and is named', async (cluster) => {
  cluster.flags = ['--secret-file', secretFile(cluster, 'ours', SECRET)]
  await cluster.start(1, 2)
  const [one, two, late] = cluster.nodes(1, 2, 3)
  assert(one !== undefined && two !== undefined && late !== undefined)
  startWithClockOff(late, -HOUR_MS)
  const isWhole = async () => assert.equal((await cluster.settled()).roster.length, 3)
  await eventually(isWhole)
  for (const { client } of [one, two]) {
    const { warnings } = await client.cluster()
    const named: string = `the clock of ${late.address} is off and it cannot become master: set its clock`
    assert.deepEqual(warnings, [named])
  }
  const [off] = one.logged('clock-off')
  assert.equal(off?.['address'], late.address)
  assert(Math.abs(Number(off['aheadS']) + HOUR_MS / 1000) < 10, `${String(off['aheadS'])} s ahead`)

  // Whoever restarts meets it again.
  await one.kill()
  one.start()
  await eventually(isWhole)
  assert.equal((await late.client.post('k', 'v')).status, 200)
  assert.equal((await one.client.get('k')).text, 'v')
})
