// Copies on nodes that are no masters follow what is written elsewhere, whatever datagrams are lost.
// That they are at most 2 s old is a promise; how old they are is printed.
import assert from 'node:assert/strict'
import { percentile } from './measure/figures.ts'
import { scenario } from './scenario.ts'
import { measureStaleness } from './stale-reads.ts'

/** docs/PROTOCOL.md: the two leases together. Unit: ms. */
const STALE_MS_MAX = 2000

/** The type byte of a datagram that tells of writes. */
const INVALIDATION = 5

const CASES = [
  { nodes: 3, lost: 0, writes: 80 },
  { nodes: 5, lost: 0, writes: 80 },
  { nodes: 3, lost: 0.5, writes: 80 },
  { nodes: 5, lost: 1, writes: 80 },
] as const

for (const { nodes, lost, writes } of CASES) {
  const title = `copies of ${nodes} nodes that lose ${lost * 100} % of the invalidations`
  scenario(`${title} are never 2 s old`, async (cluster, note) => {
    const numbers = Array.from({ length: nodes }, (_, i) => i + 1)
    for (const daemon of cluster.nodes(...numbers)) daemon.lose(INVALIDATION, lost)
    await cluster.start(...numbers)
    const { primary, second, others } = await cluster.roles()
    const writer = nodes === 3 ? primary : second
    const readers = others.map(({ client }) => client)
    const { staleMs, reads, fromCopies, refused } = await measureStaleness(writer.client, readers, {
      key: 'read in a loop',
      writes,
      everyMs: 40,
    })
    const maxMs = Math.max(...staleMs)
    note(
      `${reads} reads, ${fromCopies} of them from copies: p50 ${percentile(staleMs, 0.5)} ms, ` +
        `p99 ${percentile(staleMs, 0.99)} ms, max ${maxMs.toFixed(1)} ms old`,
    )
    assert.ok(maxMs < STALE_MS_MAX, `a copy was ${maxMs} ms old`)
    assert.equal(refused, 0)
    assert.ok(fromCopies > 0, 'no read was answered from a copy')
    for (const { client } of cluster.running()) {
      assert.equal(
        (await client.get('read in a loop', { 'cache-control': 'no-cache' })).text,
        `${writes - 1}`,
      )
    }
  })
}
