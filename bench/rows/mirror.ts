// A master that is new copies all keys: how long that takes, and how reads of the other one fare meanwhile.
// Beside it redis: an empty replica of a full master, in three settings.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  addressOf,
  type Cluster,
  clusterOf,
  originOf,
  startCluster,
  untilTwoMasters,
} from '../cluster.ts'
import { startNode, until, untilReady } from '../node.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import type { Server } from '../server.ts'
import { askAll, DISTSTORE, REDIS, scattered, startRedis, tellRedis } from '../stores.ts'
import { percentile, type Place, Probe, type Speech } from '../talk.ts'

const KEYS = 1_000_000

/** More would take an hour of filling and waiting. */
const ROUNDS_MAX = 3

/** Reads are measured so long before. Unit: ms. */
const BEFORE_MS = 3000

/** A mirror that is not done by then hangs. Unit: ms. */
const MIRROR_WAIT_MS = 600_000

/** By default redis waits for other replicas before it begins. */
const REDIS_SETTINGS = {
  'redis, diskless on both sides, no delay': {
    'repl-diskless-sync': 'yes',
    'repl-diskless-sync-delay': 0,
    'repl-diskless-load': 'swapdb',
  },
  'redis, no delay': { 'repl-diskless-sync-delay': 0 },
  'redis, by default': {},
}

export const MIRROR: Readonly<Record<string, Row>> = {
  mirror: {
    about: 'a new master copies 1,000,000 x 100 B while the other one is read, unpinned',
    goal: '<= 1.9 s, p99 of reads meanwhile <= 7 ms',
    measure: mirror,
  },
}

/** One mirror. Unit: s, and ms of reads. */
type Times = Readonly<Record<string, number>>

async function mirror(options: RowOptions): Promise<RowReport> {
  const { directory, keys = KEYS } = options
  const rounds = Math.min(options.rounds, ROUNDS_MAX)
  const figures: Record<string, number> = { keys, rounds }
  const note = (name: string, times: readonly Times[]): void => {
    for (const what of Object.keys(times[0] ?? {})) {
      const values = times.map((each) => each[what] ?? Number.NaN).sort((a, b) => a - b)
      const middle = values[values.length >> 1] ?? Number.NaN
      figures[`${name}: ${what}`] = Math.round(middle * 1000) / 1000
    }
  }
  note('diststore', await ofDiststore(join(directory, 'diststore'), { keys, rounds }))
  for (const [name, flags] of Object.entries(REDIS_SETTINGS)) {
    note(
      name,
      await ofRedis(join(directory, name.replaceAll(/\W+/g, '-')), { keys, rounds, flags }),
    )
  }
  return { figures }
}

async function ofDiststore(
  directory: string,
  { keys, rounds }: { keys: number; rounds: number },
): Promise<Times[]> {
  const net = '127.1.5'
  const cluster = await startCluster(directory, { nodes: 3, net })
  const servers = [...cluster.servers]
  try {
    const primary = await untilTwoMasters(servers)
    await askAll(primary, DISTSTORE.write, keys)
    const times: Times[] = []
    for (let round = 1; round <= rounds; round++) {
      const second = await otherMaster(primary, servers)
      times.push(await mirrorAfterLossOf(second, { primary, servers, keys }))
      if (round < rounds)
        servers.push(await replace(second, { primary, cluster, directory, round }))
    }
    return times
  } finally {
    await Promise.all(servers.map((server) => server.kill()))
  }
}

async function mirrorAfterLossOf(
  second: Server,
  { primary, servers, keys }: { primary: Server; servers: readonly Server[]; keys: number },
): Promise<Times> {
  return probed(primary, scattered(DISTSTORE.read, keys), async () => {
    const fromMs = performance.now()
    await second.kill()
    const wait = { waitMs: MIRROR_WAIT_MS, otherwise: 'no new master has all keys' }
    const fresh = await until(async () => {
      const { view } = await clusterOf(primary)
      const others = view?.masters.map(({ address }) => address) ?? []
      return servers.find((it) => it !== second && it !== primary && others.includes(addressOf(it)))
    }, wait)
    const seenMs = performance.now()
    await until(async () => {
      const { view } = await clusterOf(primary)
      const isSynced = view?.masters.length === 2 && view.masters.every(({ inSync }) => inSync)
      return isSynced && (await clusterOf(fresh)).keys === keys ? true : undefined
    }, wait)
    return { fromMs, seenMs }
  })
}

/** What happened when: `seenMs` is when the new master was known as such. */
interface Moments {
  readonly fromMs: number
  readonly seenMs: number
}

/** The times of a mirror, and of reads before it, until it begins, and meanwhile. */
async function probed(
  place: Place,
  speech: Speech,
  mirrored: () => Promise<Moments>,
): Promise<Times> {
  const probe = await Probe.start(place, speech)
  const startMs = performance.now()
  let moments: Moments
  let doneMs: number
  try {
    await pause(BEFORE_MS)
    moments = await mirrored()
    doneMs = performance.now()
  } finally {
    await probe.stop()
  }
  const { fromMs, seenMs } = moments
  const meanwhile = probe.begun(seenMs, doneMs)
  return {
    's until both have all keys': (doneMs - seenMs) / 1000,
    ...(seenMs > fromMs && {
      's before that, until the loss is seen': (seenMs - fromMs) / 1000,
      'reads until the loss is seen, longest ms': probe.begun(fromMs, seenMs).at(-1) ?? 0,
    }),
    'reads before, p99 ms': percentile(probe.begun(startMs, fromMs), 0.99),
    'reads meanwhile, p99 ms': percentile(meanwhile, 0.99),
    'reads meanwhile, longest ms': meanwhile.at(-1) ?? Number.NaN,
    'reads meanwhile, how many': meanwhile.length,
  }
}

/** The master in sync that is not the primary. */
async function otherMaster(primary: Server, servers: readonly Server[]): Promise<Server> {
  const { view } = await clusterOf(primary)
  const other = view?.masters.find(({ address }) => address !== addressOf(primary))
  const server = servers.find((each) => addressOf(each) === other?.address)
  if (server === undefined) throw new Error('there is no second master')
  return server
}

/** The lost node is given up, and an empty one comes, which has not been there before. */
async function replace(
  lost: Server,
  about: { primary: Server; cluster: Cluster; directory: string; round: number },
): Promise<Server> {
  const { primary, cluster, directory, round } = about
  const response = await fetch(`${originOf(primary)}/admin/forget`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ address: addressOf(lost) }),
  })
  if (response.status !== 200) throw new Error(`forget: ${await response.text()}`)
  const number = cluster.servers.length + round
  const server = await startNode(
    join(directory, String(number)),
    { ...cluster.flags, host: `${cluster.net}.${number}`, port: primary.port },
    { isFree: true },
  )
  await untilReady(server)
  return server
}

async function ofRedis(
  directory: string,
  about: { keys: number; rounds: number; flags: Readonly<Record<string, string | number>> },
): Promise<Times[]> {
  const { keys, rounds, flags } = about
  const master = await startRedis(join(directory, 'master'), flags)
  try {
    await askAll(master, REDIS.write, keys)
    const times: Times[] = []
    for (let round = 1; round <= rounds; round++) {
      const replica = await startRedis(join(directory, `replica-${round}`), flags)
      try {
        times.push(await fullSync(master, replica, keys))
      } finally {
        await replica.kill()
      }
    }
    return times
  } finally {
    await master.kill()
  }
}

async function fullSync(master: Server, replica: Server, keys: number): Promise<Times> {
  return probed(master, scattered(REDIS.read, keys), async () => {
    const fromMs = performance.now()
    await tellRedis(replica, `REPLICAOF ${master.host} ${master.port}`)
    await until(
      async () => {
        const info = await tellRedis(replica, 'INFO')
        const isUp = info.includes('master_link_status:up')
        return isUp && info.includes(`db0:keys=${keys},`) ? true : undefined
      },
      { waitMs: MIRROR_WAIT_MS, otherwise: 'the replica has not all keys' },
    )
    return { fromMs, seenMs: fromMs }
  })
}
