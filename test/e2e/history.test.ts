// Mixed load while masters die: what the clients of real processes were told is judged by the same
// checks as in the simulator.
import assert from 'node:assert/strict'
import { checkHistory } from '../checker/check.ts'
import { HistoryClients } from './history.ts'
import { scenario } from './scenario.ts'

/** Acknowledged writes before each kill, and after it. */
const WRITES = 120

/** A default read is at most this old. Unit: ms. docs/PROTOCOL.md, "Reads". */
const STALE_MS_MAX = 2000

scenario('each master is killed in turn: the history holds', async (cluster, note) => {
  await cluster.start(1, 2, 3)
  const clients = new HistoryClients(cluster.running(), {
    clients: 6,
    hotKeys: 6,
    visits: 'anybody',
  })
  const killedAt: number[] = []
  for (const role of ['primary', 'second', 'primary'] as const) {
    await clients.acknowledged(WRITES)
    const victim = (await cluster.roles())[role]
    killedAt.push(performance.now())
    await victim.kill()
    await clients.acknowledged(WRITES)
    victim.start()
    await cluster.settled()
  }
  await clients.stop()
  await clients.readAll()
  note(clients.summary())

  const unreachable = clients.records.slice(-20).filter(({ outcome }) => outcome === 'unreachable')
  assert.deepEqual(unreachable, [], 'the last reads were answered')
  const judgement = { staleMsMax: STALE_MS_MAX, memoryLostAt: killedAt, sides: undefined }
  assert.deepEqual(checkHistory(clients.records, { final: undefined, judgement }), [])
})
