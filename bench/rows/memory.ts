// What an entry takes in memory: of masters, of a node that keeps copies of all, of redis and of memcached.
// What a process took before it had any is taken off; what it takes besides is divided by the entries.
// Processes of Node keep garbage for as long as they like: they are looked at before and after a collection.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { rounded } from '../../test/e2e/measure/figures.ts'
import { addressOf, clusterOf, metricsOf, startCluster, untilTwoMasters } from '../cluster.ts'
import { collectGarbage, INSPECTED } from '../inspector.ts'
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
const MEMCACHED_MB = '4096'

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
  const redis = await ofPeer(await startRedis(join(directory, 'redis'), {}), REDIS, keys)
  const memcached = await ofPeer(
    await startMemcached(join(directory, 'memcached'), ['-m', MEMCACHED_MB]),
    MEMCACHED,
    keys,
  )
  const figures: Kept = { keys, ...named('redis', redis), ...named('memcached', memcached) }
  const { taken, others } = await ofDiststore(join(directory, 'diststore'), keys)
  for (const [name, bytes] of Object.entries(taken)) {
    Object.assign(figures, named(name, bytes), {
      [`${name}: resident, x redis`]: rounded(bytes.resident / redis.resident),
    })
  }
  return { figures: { ...figures, ...others } }
}

function named(name: string, { resident, anonymous }: Taken): Kept {
  return {
    [`${name}: resident, bytes an entry`]: Math.round(resident),
    [`${name}: anonymous, bytes an entry`]: Math.round(anonymous),
  }
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

interface OfDiststore {
  readonly taken: Readonly<Record<string, Taken>>
  readonly others: Kept
}

async function ofDiststore(directory: string, keys: number): Promise<OfDiststore> {
  const room = Math.max(COPY_BYTES_MIN, COPY_BYTES * keys)
  const cluster = await startCluster(directory, {
    nodes: 3,
    net: '127.1.6',
    flags: { 'copy-bytes-max': room },
    nodeFlags: INSPECTED,
  })
  try {
    const { primary, second, third } = await rolesOf(cluster.servers)
    await pause(REST_MS)
    const [ofPrimary, ofSecond] = [
      await Weighed.start(primary, directory),
      await Weighed.start(second, directory),
    ]
    await askAll(primary, DISTSTORE.write, keys)
    const taken = {
      ...(await ofPrimary.end('primary', keys)),
      ...(await ofSecond.end('second master', keys)),
    }
    const ofThird = await Weighed.start(third, directory)
    const before = await metricsOf(third)
    await askAll(third, DISTSTORE.read, keys)
    const full = await metricsOf(third)
    const { copies } = await clusterOf(third)
    if (copies !== keys) throw new Error(`there are ${copies} copies of ${keys} entries`)
    const ofCopies = await ofThird.end('copies', keys)
    const collected = await metricsOf(third)
    return {
      taken: { ...taken, ...ofCopies },
      others: {
        ...pausesBetween(before, full),
        'copies all there: a full collection takes, mean ms': fullMsBetween(full, collected),
      },
    }
  } finally {
    await cluster.stop()
  }
}

async function rolesOf(servers: readonly Server[]) {
  const primary = await untilTwoMasters(servers)
  const { view } = await clusterOf(primary)
  const masters = view?.masters.map(({ address }) => address) ?? []
  const isMaster = (server: Server) => masters.includes(addressOf(server))
  const second = servers.find((each) => each !== primary && isMaster(each))
  const third = servers.find((each) => !isMaster(each))
  if (second === undefined || third === undefined) throw new Error('there are no three nodes')
  return { primary, second, third }
}

/** A node before and after it got its entries: as it is then, and without its garbage. */
class Weighed {
  readonly #server: Server
  readonly #home: string
  readonly #before: Taken

  private constructor(server: Server, home: string) {
    this.#server = server
    this.#home = home
    this.#before = takenBy(server)
  }

  static async start(server: Server, directory: string): Promise<Weighed> {
    const home = join(directory, server.host.split('.').at(-1) ?? '')
    await collectGarbage(home)
    return new Weighed(server, home)
  }

  async end(name: string, keys: number): Promise<Record<string, Taken>> {
    await pause(REST_MS)
    const asIs = since(this.#before, this.#server, keys)
    await collectGarbage(this.#home)
    return { [name]: asIs, [`${name}, collected`]: since(this.#before, this.#server, keys) }
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

const FULLS = 'nodejs_gc_duration_seconds_count{kind="major"}'
const FULL_SECONDS = 'nodejs_gc_duration_seconds_sum{kind="major"}'

/** NaN: there was none. */
function fullMsBetween(before: Metrics, after: Metrics): number {
  const grown = (line: string) => (after.get(line) ?? 0) - (before.get(line) ?? 0)
  return rounded((grown(FULL_SECONDS) * 1000) / grown(FULLS))
}

/** Of the node that keeps the copies, while they came in; as far as its histograms tell. */
function pausesBetween(before: Metrics, after: Metrics): Kept {
  return {
    'copies coming in: full collections': (after.get(FULLS) ?? 0) - (before.get(FULLS) ?? 0),
    'copies coming in: a full collection takes, mean ms': fullMsBetween(before, after),
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
