// Clients on every host, and the verdict on what they were told, by the checks of the simulator.
import assert from 'node:assert/strict'
import { checkHistory } from '../checker/check.ts'
import type { Sides } from '../checker/findings.ts'
import type { FinalState, HistoryRecord } from '../checker/history.ts'
import { assertSame, type Cluster } from '../e2e/cluster.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { forAll } from '../e2e/eventually.ts'
import { HistoryClients } from '../e2e/history.ts'
import type { Note } from '../e2e/scenario.ts'

/** A default read is at most this old. Unit: ms. docs/PROTOCOL.md, "Reads". */
const STALE_MS_MAX = 2000

const CLIENTS_OF_A_HOST = 3
const HOT_KEYS = 6
const READS_AT_ONCE = 16

/** The version of a delete cannot be asked for: above every other one. */
const DELETED = 'g'

/** Starts clients on the hosts of these nodes; each uses the node of its own host. */
export function startClients(daemons: readonly Daemon[]): HistoryClients {
  const clients = CLIENTS_OF_A_HOST * daemons.length
  return new HistoryClients(daemons, { clients, hotKeys: HOT_KEYS, visits: 'home' })
}

export interface Circumstances {
  /** When nodes lost their memory. */
  readonly memoryLostAt: readonly number[]
  /** Who could know what, worked out from the whole history; undefined: never split. */
  readonly sides: ((records: readonly HistoryRecord[]) => Sides) | undefined
}

/**
 * Ends the load, reads every key at a master and at a node that is none, and judges: nothing lost,
 * stale, resurrected, doubled or made up, and both masters hold the same.
 */
export async function judge(
  cluster: Cluster,
  clients: HistoryClients,
  about: Circumstances & { readonly note: Note },
): Promise<void> {
  await clients.stop()
  const { second, others } = await cluster.roles()
  const beforeMs = performance.now()
  await clients.readAll([second, ...others.slice(0, 1)])
  about.note(clients.summary())
  const last = clients.records.filter(({ invokedAt }) => invokedAt >= beforeMs)
  const unanswered = last.filter(({ outcome }) => outcome === 'unreachable')
  assert.deepEqual(unanswered, [], 'the last reads were answered')
  const { primary } = await cluster.roles()
  const final = await finalState(primary, clients.records)
  const sides = about.sides?.(clients.records)
  const judgement = { staleMsMax: STALE_MS_MAX, memoryLostAt: about.memoryLostAt, sides }
  assert.deepEqual(checkHistory(clients.records, { final, judgement }), [])
  await assertSame(primary, second)
}

/** While others act, it acknowledges no write and vouches for no value. */
export async function assertKnowsNothing({ client, address }: Daemon): Promise<void> {
  const asked = [
    client.put('alone', 'written by nobody'),
    client.get('alone'),
    client.get('hot0'),
    client.get('hot1', { 'Cache-Control': 'no-cache' }),
  ]
  for (const { status, text } of await Promise.all(asked)) {
    assert(status === 503 || status === 504, `${address} answered ${status}: ${text}`)
  }
}

/** What the primary holds, under every key that a client ever spoke of or that it lists. */
async function finalState(primary: Daemon, records: readonly HistoryRecord[]): Promise<FinalState> {
  const listed = await primary.client.list()
  const keys = new Set([...listed.map(decodeURIComponent), ...records.map(({ key }) => key)])
  const final = new Map<string, { version: string; value: string | undefined }>()
  await forAll([...keys], READS_AT_ONCE, async (key) => {
    const { status, text, headers } = await primary.client.getLocal(key)
    const version = headers.get('etag')?.replaceAll('"', '') ?? DELETED
    final.set(key, { version, value: status === 200 ? text : undefined })
  })
  return final
}
