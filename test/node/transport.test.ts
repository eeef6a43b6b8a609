// Two nodes on real sockets: what one sends and calls, the other hears, whatever keys are replaced.
import assert from 'node:assert'
import { once } from 'node:events'
import http from 'node:http'
import t from 'tap'
import type { Datagram, Sender } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { createNodeApi } from '../../src/http/node-api.ts'
import type { NodeSettings } from '../../src/config/settings.ts'
import { CALL_REFUSALS, CallGate } from '../../src/node/call-gate.ts'
import { ANSWER_REFUSALS } from '../../src/node/caller.ts'
import { PACKET_REFUSALS } from '../../src/node/packet-gate.ts'
import { Refusals } from '../../src/node/refusals.ts'
import { Transport } from '../../src/node/transport.ts'
import { realClock } from '../../src/system/clock.ts'
import { createKeyring, type Keyring } from '../../src/wire/keyring.ts'
import { BEAT } from '../wire/examples.ts'

const PORT = 8197
const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)
const ring = (...secrets: Buffer[]): Keyring => createKeyring('default', secrets)

/** What a transport and a gate are told of the settings. */
const settingsAt = (host: string) =>
  ({
    cluster: { mode: 'available', minCopies: 'auto', valueBytesMax: 1024 },
    host,
    port: PORT,
    interfaceAddress: host,
    group: '239.192.73.98',
    groupPort: 4997,
  }) as unknown as NodeSettings

class Node {
  readonly address: string
  readonly sender: Sender
  readonly refused = {
    packets: new Refusals(PACKET_REFUSALS, quiet),
    calls: new Refusals(CALL_REFUSALS, quiet),
    answers: new Refusals(ANSWER_REFUSALS, quiet),
  }
  transport!: Transport
  readonly #gate: CallGate
  readonly #waiting: ((datagram: Datagram) => void)[] = []

  constructor(host: string, keyring: Keyring) {
    this.address = `${host}:${PORT}`
    const id = host.replaceAll('.', '').padStart(16, '0')
    this.sender = { id, incarnation: 1, clock: VERSION_ZERO.replace(/-.*/, `-${id}`) }
    const session = id.repeat(2)
    const { calls: refusals } = this.refused
    this.#gate = new CallGate(keyring, {
      clock: realClock,
      session,
      address: this.address,
      refusals,
    })
  }

  static async start(test: Pick<typeof t, 'teardown'>, host: string, keyring: Keyring) {
    const node = new Node(host, keyring)
    node.transport = await Transport.open(settingsAt(host), {
      received: ({ sender, datagram }) => node.#received(sender, datagram),
      sender: () => node.sender,
      clock: realClock,
      keyring,
      packetRefusals: node.refused.packets,
      answerRefusals: node.refused.answers,
      log: () => {},
    })
    const { id, incarnation } = node.sender
    const api = createNodeApi(
      {
        sender: () => node.sender,
        answer: () => Promise.resolve({ kind: 'pong', nonce: 'n', id, incarnation, others: [] }),
      },
      { valueBytesMax: 1024, log: () => {}, gate: node.#gate },
    )
    const server = http.createServer(api)
    server.listen(PORT, host)
    await once(server, 'listening')
    test.teardown(async () => {
      server.close()
      server.closeAllConnections()
      await node.transport.stop()
    })
    return node
  }

  use(keyring: Keyring): void {
    this.transport.useKeyring(keyring)
    this.#gate.useKeyring(keyring)
  }

  /** The next datagram of another node; the test's timeout bounds it. */
  hear(): Promise<Datagram> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  #received(sender: Sender, datagram: Datagram): void {
    if (sender.id === this.sender.id) return
    for (const resolve of this.#waiting.splice(0)) resolve(datagram)
  }
}

const quiet = { event: 'packets-refused' as const, log: () => {}, after: () => () => {} }

/** One hears the other, by multicast and unicast, and is answered. */
async function understands(one: Node, other: Node): Promise<void> {
  const beat: Datagram = { ...BEAT, address: one.address, wallMs: Date.now() }
  for (const to of ['everyone', other.address] as const) {
    const heard = other.hear()
    one.transport.send(to, beat)
    assert.equal((await heard).kind, 'beat')
  }
  const ping = { kind: 'ping', nonce: 'n', hearsYou: true } as const
  const answer = await one.transport.call(other.address, ping, 5000)
  assert.equal(answer.kind, 'response')
}

t.test('keys are replaced while both run, one after the other, and nothing is lost', async (t) => {
  const [one, other] = await Promise.all([
    Node.start(t, '127.1.9.21', ring(OLD)),
    Node.start(t, '127.1.9.22', ring(OLD)),
  ])
  const meet = async () => {
    await understands(one, other)
    await understands(other, one)
  }
  await meet()
  for (const next of [ring(OLD, NEW), ring(NEW, OLD), ring(NEW)]) {
    for (const node of [one, other]) {
      node.use(next)
      await meet()
    }
  }
  for (const { refused } of [one, other]) {
    for (const each of Object.values(refused)) {
      t.same(
        Object.entries(each.totals()).filter(([, count]) => count > 0),
        [],
      )
    }
  }
  one.use(ring(OLD))
  const ping = { kind: 'ping', nonce: 'n', hearsYou: true } as const
  t.same(await one.transport.call(other.address, ping, 5000), { kind: 'broken' })
  t.match(one.refused.answers.totals(), { denied: 1 })
  t.match(other.refused.calls.totals(), { key: 1 })
})
