// A network falls into two halves that both have clients, and becomes one again: two switches without
// a cable between them. Links stay up; only the others are gone.
import assert from 'node:assert/strict'
import { SplitSides } from './sides.ts'
import type { HistoryRecord } from '../checker/history.ts'
import type { Cluster } from '../e2e/cluster.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually, pause } from '../e2e/eventually.ts'
import type { HistoryClients } from '../e2e/history.ts'
import { assertKnowsNothing, judge, startClients } from './load.ts'
import { hostOf } from './net-cluster.ts'
import { type Hosts, longNetScenario, netScenario } from './scenario.ts'

/** Acknowledged writes before each fault, and after it on each side that goes on. */
const WRITES = 60

/** At least so long is a cut: three times as long as a copy may be served without proof. Unit: ms. */
const CUT_MS_MIN = 6000

/** Keys that the test itself writes on both sides. */
const CONFLICTS = 20

interface Case {
  readonly hosts: number
  /** Who is on the side of the primary: so many others, and the second master or not. */
  readonly withPrimary: { readonly second: boolean; readonly others: number }
  /** Which sides acknowledge writes. */
  readonly goesOn: 'both' | 'primary' | 'other'
  readonly flags: readonly string[]
}

const MAJORITY = ['--mode', 'majority']
const OF_ONE = [...MAJORITY, '--voters', '1']
const OF_FIVE = [...MAJORITY, '--voters', '5']

const CASES: readonly (readonly [string, Case, typeof netScenario])[] = [
  [
    'available, 3|2: each side has a master, and both go on',
    { hosts: 5, withPrimary: { second: false, others: 2 }, goesOn: 'both', flags: [] },
    netScenario,
  ],
  [
    'available, 1|1: both go on',
    { hosts: 2, withPrimary: { second: false, others: 0 }, goesOn: 'both', flags: [] },
    netScenario,
  ],
  [
    'majority, 2|1: the primary is alone',
    { hosts: 3, withPrimary: { second: false, others: 0 }, goesOn: 'other', flags: MAJORITY },
    netScenario,
  ],
  [
    'available, 2|1: the primary is alone',
    { hosts: 3, withPrimary: { second: false, others: 0 }, goesOn: 'other', flags: [] },
    longNetScenario,
  ],
  [
    'available, 2|1: a copy holder is alone',
    { hosts: 3, withPrimary: { second: true, others: 0 }, goesOn: 'primary', flags: [] },
    longNetScenario,
  ],
  [
    'available, 3|2: both masters on the smaller side',
    { hosts: 5, withPrimary: { second: true, others: 0 }, goesOn: 'primary', flags: [] },
    longNetScenario,
  ],
  [
    'majority, 2|1: a copy holder is alone',
    { hosts: 3, withPrimary: { second: true, others: 0 }, goesOn: 'primary', flags: MAJORITY },
    longNetScenario,
  ],
  [
    'majority, 1|1: the one voter goes on',
    { hosts: 2, withPrimary: { second: false, others: 0 }, goesOn: 'primary', flags: OF_ONE },
    longNetScenario,
  ],
  [
    'majority, 3|2: the primary on the smaller side',
    { hosts: 5, withPrimary: { second: false, others: 1 }, goesOn: 'other', flags: OF_FIVE },
    longNetScenario,
  ],
  [
    'majority, 3|2: the primary on the larger side',
    { hosts: 5, withPrimary: { second: false, others: 2 }, goesOn: 'primary', flags: OF_FIVE },
    longNetScenario,
  ],
]

for (const [title, about, register] of CASES) {
  register(`a split: ${title}`, { hosts: about.hosts }, (hosts) => splitAndHeal(hosts, about))
}

async function splitAndHeal({ net, cluster, note }: Hosts, about: Case): Promise<void> {
  cluster.flags = about.flags
  await cluster.start(...Array.from({ length: about.hosts }, (_, index) => index + 1))
  const clients = startClients(cluster.running())
  await clients.acknowledged(WRITES)
  const sides = await sidesOf(cluster, about)
  const ids = await idsOf(cluster)

  const cutAt = performance.now()
  await net.move(sides.other.map(hostOf), 'right')
  const going = {
    both: [sides.primary, sides.other],
    primary: [sides.primary],
    other: [sides.other],
  }
  const sidesThatGoOn = going[about.goesOn]
  await Promise.all(sidesThatGoOn.map((side) => cluster.settled(side)))
  if (about.goesOn === 'both') await writeOnBoth(clients, sides)
  await Promise.all(sidesThatGoOn.map((side) => clients.acknowledged(WRITES, side)))
  // The fault itself takes this long: who is alone and serves what it has must be found out.
  await pause(Math.max(0, cutAt + CUT_MS_MIN - performance.now()))
  const stranded = [sides.primary, sides.other].filter((side) => !sidesThatGoOn.includes(side))
  await Promise.all(stranded.flat().map(assertKnowsNothing))
  await Promise.all(sidesThatGoOn.map((side) => clients.acknowledged(WRITES, side)))
  const healedAt = performance.now()
  await net.move(sides.other.map(hostOf), 'left')

  await merged(cluster)
  const mergedAt = performance.now()
  note(
    `cut for ${seconds(healedAt - cutAt)} s, one view and nothing due after ${seconds(mergedAt - healedAt)} s`,
  )
  await clients.acknowledged(WRITES)
  if (about.goesOn === 'both') await assertListed(cluster)
  const isOther = (address: string) => sides.other.some((each) => each.address === address)
  const sideOf = (address: string) => (isOther(address) ? 'other' : 'primary')
  const sideOfId = (id: string) => sideOf(ids.get(id) ?? '')
  const split = { cutAt, healedAt, mergedAt, sideOf, sideOfId }
  // Where one side alone goes on there is one history, and everybody is held to it.
  const judged = (records: readonly HistoryRecord[]) => new SplitSides(split, records)
  await judge(cluster, clients, {
    memoryLostAt: [],
    sides: about.goesOn === 'both' ? judged : undefined,
    note,
  })
}

interface TwoSides {
  readonly primary: readonly Daemon[]
  readonly other: readonly Daemon[]
}

async function sidesOf(cluster: Cluster, { withPrimary, flags }: Case): Promise<TwoSides> {
  if (flags === OF_ONE) await voterLeads(cluster)
  const { primary, second, others } = await cluster.roles()
  const here = [
    primary,
    ...(withPrimary.second ? [second] : []),
    ...others.slice(0, withPrimary.others),
  ]
  return { primary: here, other: cluster.running().filter((daemon) => !here.includes(daemon)) }
}

/** The voter founded the cluster, and on a busy machine the other one may have taken over since. */
async function voterLeads(cluster: Cluster): Promise<void> {
  const { primary } = await cluster.roles()
  const [voter] = (await primary.client.cluster()).view?.voters ?? []
  assert(voter !== undefined)
  if (voter.address === primary.address) return
  const { status, text } = await primary.client.send('/admin/handoff', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ to: voter.address }),
  })
  assert.equal(status, 200, text)
}

async function idsOf(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const { client, address } of cluster.running()) {
    ids.set((await client.cluster()).node.id, address)
  }
  return ids
}

/** The same keys on both sides, one after the other. */
async function writeOnBoth(clients: HistoryClients, sides: TwoSides): Promise<void> {
  for (const [daemon] of [sides.primary, sides.other]) {
    assert(daemon !== undefined)
    for (let count = 0; count < CONFLICTS; count++)
      await clients.apply('put', `both-${count}`, daemon)
  }
}

/** Every node follows one view, and nothing is left to be merged. */
async function merged(cluster: Cluster): Promise<void> {
  await eventually(async () => {
    await cluster.settled()
    for (const { client, address } of cluster.running()) {
      assert.equal((await client.cluster()).merge.due, 0, `${address} has something to merge`)
    }
  })
}

/**
 * What was written on both sides has one winner everywhere, and the loser is on a list: that of the
 * node which has merged, who need not be primary any more.
 */
async function assertListed(cluster: Cluster): Promise<void> {
  const winners = new Map<string, string>()
  for (const { client } of cluster.running()) {
    const { text } = await client.send('/admin/conflicts')
    const { conflicts } = JSON.parse(text) as {
      conflicts: readonly { key: string; winner: string }[]
    }
    for (const { key, winner } of conflicts) {
      assert.equal(winners.get(key) ?? winner, winner, `${key} has two winners`)
      winners.set(key, winner)
    }
  }
  for (let count = 0; count < CONFLICTS; count++) {
    const key = `both-${count}`
    for (const { client, address } of cluster.running()) {
      const { status, headers } = await client.get(key, { 'Cache-Control': 'no-cache' })
      const found = { status, version: headers.get('etag') }
      assert.deepEqual(
        found,
        { status: 200, version: `"${winners.get(key)}"` },
        `${key} at ${address}`,
      )
    }
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
