// What an entry takes in memory: of masters, of a node that keeps copies of all, of redis and of memcached.
// What a process took before it had any is taken off; what it takes besides is divided by the entries.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { clusterOf, metricsOf, startCluster } from '../cluster.ts'
import { untilTwoMasters } from '../peers.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import type { Server } from '../server.ts'
import {
  askAll,
  DISTSTORE,
  MEMCACHED,
  REDIS,
  type Speeches,
  startMemcached,
  startRedis,
} from '../stores.ts'

const KEYS = 1_000_000

/** Room for copies: none is pushed out. Unit: bytes. */
const COPY_BYTES = 1024
const COPY_BYTES_MIN = 64 * 1024 * 1024

/** Of memcached, which takes it only as it needs it. Unit: MB. */
const MEMCACHED_MB = 4096

/** After work: what is to be freed soon is freed, and nothing is under way any more. Unit: ms. */
const REST_MS = 5000

export const MEMORY: Readonly<Record<string, Row>> = {
  memory: {
    about: 'bytes an entry in memory: 1,000,000 keys of 20 B, values of 100 B, unpinned',
    goal: 'copies <= 1 x redis, masters resident below redis, full GC < 10 ms, no pause of 50 ms',
    measure: memory,
  },
}

interface Taken {
  readonly resident: number
  readonly anonymous: number
}

type Kept = Record<string, number>

async function memory({ directory, keys = KEYS }: RowOptions): Promise<RowReport> {
  const redis = await ofPeer(await startRedis(placeFor(directory, 'redis'), {}), REDIS, keys)
  const memcached = await ofPeer(
    await startMemcached(placeFor(directory, 'memcached'), MEMCACHED_MB),
    MEMCACHED,
    keys,
  )
  const figures: Kept = { keys, ...named('redis', redis), ...named('memcached', memcached) }
  const { master, second, copies, inserting } = await ofDiststore(
    placeFor(directory, 'diststore'),
    keys,
  )
  Object.assign(figures, named('primary', master), named('second master', second))
  Object.assign(figures, named('copies', copies), {
    'copies, anonymous: x redis': hundredths(copies.anonymous / redis.anonymous),
    'primary, resident: x redis': hundredths(master.resident / redis.resident),
    'second master, resident: x redis': hundredths(second.resident / redis.resident),
    ...inserting,
  })
  return { figures }
}

function placeFor(directory: string, name: string): string {
  const place = join(directory, name)
  mkdirSync(place, { recursive: true })
  return place
}

function named(name: string, { resident, anonymous }: Taken): Kept {
  return {
    [`${name}: resident, bytes an entry`]: Math.round(resident),
    [`${name}: anonymous, bytes an entry`]: Math.round(anonymous),
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

async function ofPeer(server: Server, { write }: Speeches, keys: number): Promise<Taken> {
  try {
    const before = takenBy(server)
    await askAll(server, write, keys)
    await pause(REST_MS)
    return since(before, server, keys)
  } finally {
    await server.kill()
  }
}

async function ofDiststore(directory: string, keys: number) {
  const room = Math.max(COPY_BYTES_MIN, COPY_BYTES * keys)
  const cluster = await startCluster(directory, {
    nodes: 3,
    net: '127.1.6',
    flags: { 'copy-bytes-max': room },
  })
  try {
    const { servers } = cluster
    const primary = await untilTwoMasters(servers)
    const { view } = await clusterOf(primary)
    const masters = view?.masters.map(({ address }) => address) ?? []
    const isMaster = ({ host, port }: Server) => masters.includes(`${host}:${port}`)
    const second = servers.find((each) => each !== primary && isMaster(each))
    const third = servers.find((each) => !isMaster(each))
    if (second === undefined || third === undefined) throw new Error('there are no three nodes')
    await pause(REST_MS)
    const [ofPrimary, ofSecond] = [takenBy(primary), takenBy(second)]
    await askAll(primary, DISTSTORE.write, keys)
    await pause(REST_MS)
    const master = since(ofPrimary, primary, keys)
    const before = takenBy(third)
    const metrics = await metricsOf(third)
    await askAll(third, DISTSTORE.read, keys)
    const after = await metricsOf(third)
    await pause(REST_MS)
    const { copies } = await clusterOf(third)
    if (copies !== keys) throw new Error(`there are ${copies} copies of ${keys} entries`)
    return {
      master,
      second: since(ofSecond, second, keys),
      copies: since(before, third, keys),
      inserting: { ...pausesBetween(metrics, after), ...(await heapOf(third, metrics, keys)) },
    }
  } finally {
    await cluster.stop()
  }
}

function takenBy(server: Server): Taken {
  return { resident: server.residentBytes, anonymous: server.anonymousBytes }
}

/** Unit: bytes an entry. */
function since(before: Taken, server: Server, keys: number): Taken {
  const { resident, anonymous } = takenBy(server)
  return {
    resident: (resident - before.resident) / keys,
    anonymous: (anonymous - before.anonymous) / keys,
  }
}

type Metrics = ReadonlyMap<string, number>

/** Of the node that keeps the copies, while they came in; as far as its histograms tell. */
function pausesBetween(before: Metrics, after: Metrics): Kept {
  const grown = (line: string) => (after.get(line) ?? 0) - (before.get(line) ?? 0)
  const fulls = grown('nodejs_gc_duration_seconds_count{kind="major"}')
  const seconds = grown('nodejs_gc_duration_seconds_sum{kind="major"}')
  return {
    'copies coming in: full garbage collections': fulls,
    'copies coming in: a full one takes, mean ms': hundredths((seconds * 1000) / fulls),
    'copies coming in: the longest full one is below, ms': longest(
      before,
      after,
      /^nodejs_gc_duration_seconds_bucket\{le="([^"]+)",kind="major"\}$/,
    ),
    'copies coming in: the loop was never late by, ms': longest(
      before,
      after,
      /^diststore_event_loop_delay_seconds_bucket\{le="([^"]+)"\}$/,
    ),
  }
}

/** What V8 says that it holds: without what it keeps for later, with garbage not yet collected. */
async function heapOf(server: Server, before: Metrics, keys: number): Promise<Kept> {
  const after = await metricsOf(server)
  const names = ['nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes']
  const bytes = names.reduce(
    (sum, name) => sum + (after.get(name) ?? 0) - (before.get(name) ?? 0),
    0,
  )
  return { 'copies: heap and buffers in use, bytes an entry': Math.round(bytes / keys) }
}

/** The bound of the highest bucket in which something was counted. Unit: ms. 0: nothing was. */
function longest(before: Metrics, after: Metrics, pattern: RegExp): number {
  let [boundMs, counted] = [0, 0]
  for (const [line, count] of after) {
    const bound = pattern.exec(line)?.[1]
    if (bound === undefined) continue
    const grown = count - (before.get(line) ?? 0)
    // Buckets count what is in those below them too.
    if (grown > counted) boundMs = bound === '+Inf' ? Infinity : Number(bound) * 1000
    counted = Math.max(counted, grown)
  }
  return boundMs
}
