// A flood of packets beside the work of a cluster. It takes what the machine has: nothing else runs
// beside it, or the nodes have no turn, and that is not what it is about.
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { pause } from '../eventually.ts'
import { scenario } from '../scenario.ts'
import { heard, listen, statesAt, withSecret } from '../secret-cluster.ts'

const FLOOD = 100_000

/** Far above what a minute's summary takes, far below a line a packet. Unit: bytes. */
const LOG_GROWTH_MAX = 20_000

/** Real packets as they were, altered, and noise. */
function* flood(recorded: readonly Buffer[]): Iterable<Buffer> {
  for (let i = 0; i < FLOOD; i++) {
    const packet = recorded[i % recorded.length]
    assert(packet !== undefined)
    if (i % 3 === 0) yield packet
    else if (i % 3 === 1) {
      const altered = Buffer.from(packet)
      const at = randomInt(altered.length)
      altered[at] = (altered[at] ?? 0) ^ (1 + randomInt(255))
      yield altered
    } else yield randomBytes(randomInt(1300))
  }
}

scenario(
  'a flood of repeated, altered and random packets is not noticed',
  async (cluster, note) => {
    await withSecret(cluster)
    const ear = await listen(cluster)
    try {
      const nodes = cluster.nodes(1, 2, 3)
      const before = await cluster.settled()
      const states = await Promise.all(nodes.map(statesAt))
      for (const [i, { client }] of nodes.entries()) await client.get(`nothing-${i}`)
      const recorded = await heard(ear, 100)
      const logged = nodes.map((daemon) => daemon.logBytes())

      const startedMs = Date.now()
      const flooding = { isOver: false }
      const times: number[] = []
      const clients = async () => {
        for (let i = 0; !flooding.isOver || i < 10; i++) {
          const [one, other] = [nodes[i % 3], nodes[(i + 1) % 3]]
          assert(one !== undefined && other !== undefined)
          const sentMs = Date.now()
          assert.equal((await one.client.post(`k${i}`, `v${i}`)).status, 200)
          assert.equal((await other.client.get(`k${i}`)).text, `v${i}`)
          times.push(Date.now() - sentMs)
          await pause(20)
        }
      }
      const running = clients()
      const sent = await ear.send(
        flood(recorded),
        nodes.map(({ address }) => address),
      )
      flooding.isOver = true
      await running
      const tookMs = Date.now() - startedMs

      const after = await cluster.settled()
      assert.deepEqual(after, before, 'the view changed')
      assert.deepEqual(await Promise.all(nodes.map(statesAt)), states, 'a member came or went')
      const growth = nodes.map((daemon, i) => daemon.logBytes() - (logged[i] ?? 0))
      for (const bytes of growth) assert(bytes < LOG_GROWTH_MAX, `a log grew by ${bytes} bytes`)
      note(`${sent} packets to the group and as many to single nodes in ${tookMs} ms`)
      note(`${times.length} writes and reads, the slowest pair took ${Math.max(...times)} ms`)
      note(`the logs grew by ${growth.join(', ')} bytes`)
      // They did arrive. What was not said yet is said at the end.
      const [last] = nodes
      assert.equal((await last?.stop())?.code, 0)
      const {
        level: _,
        time: __,
        event: ___,
        ...refused
      } = last?.logged('packets-refused').at(-1) ?? {}
      note(`one node refused ${JSON.stringify(refused)}`)
      for (const reason of ['replay', 'tag', 'magic']) {
        assert(Number(refused[reason]) > FLOOD / 20, `${reason}: ${String(refused[reason])}`)
      }
    } finally {
      ear.end()
    }
  },
)
