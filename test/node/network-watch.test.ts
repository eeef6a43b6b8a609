// What GET /admin/network tells of packets that were refused: how many, for which reason, from where.
import t from 'tap'
import type { NodeSettings } from '../../src/config/settings.ts'
import { NetworkWatch } from '../../src/node/network-watch.ts'
import { PACKET_REFUSALS } from '../../src/node/packet-gate.ts'
import { Refusals } from '../../src/node/refusals.ts'
import { createKeyring } from '../../src/wire/keyring.ts'

const HERE = { id: 'a'.repeat(16), address: '10.0.0.1:8181' }
const THERE = '10.0.0.9:8181'

t.test('refused packets are counted by reason, and strangers by address', async (t) => {
  const packetRefusals = new Refusals(PACKET_REFUSALS, {
    event: 'packets-refused',
    log: () => {},
    after: () => () => {},
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that is asked of them
  const settings = { clusterName: 'default', group: '239.0.0.1', groupPort: 1 } as NodeSettings
  const watch = new NetworkWatch(settings, {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    security: { keyring: createKeyring('default', []), packetRefusals },
    node: () => HERE,
  })
  t.strictSame(watch.report().refused, {})
  for (const reason of ['cluster', 'replay', 'cluster', 'body'] as const) {
    watch.refusals.count(reason, THERE)
  }
  t.strictSame(watch.report().refused, { cluster: 2, body: 1, replay: 1 })
  t.strictSame(watch.report().strangers, [
    { address: THERE, reason: 'cluster', packets: 2, lastMs: 0 },
  ])
})
