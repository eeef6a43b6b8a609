// Rows in which several servers do the same over HTTP on 64 connections.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, contest } from '../contest.ts'
import type { Pair, Start, Started } from '../peers.ts'
import type { RowOptions, RowReport } from '../row.ts'
import { load, type Request } from '../wrk.ts'

export const CONNECTIONS = 64

/** Of a client, and of the caches of a processor, more than one key. */
const KEYS = 1000

type Work = (peer: Started, pairs: readonly Pair[]) => readonly Request[]

export const reads: Work = ({ get }, pairs) => pairs.map(get)
export const writes: Work = ({ put }, pairs) => pairs.map(put)

interface Comparison {
  /** Of each value. */
  readonly bytes: number
  readonly work: Work
  /** Ours first. */
  readonly peers: readonly Start[]
  readonly isFree?: boolean
}

/** Keys of one length, with values that are alike. */
export function pairsOf(bytes: number, count = KEYS): Pair[] {
  const value = 'x'.repeat(bytes)
  return Array.from({ length: count }, (_, i) => ({
    key: `key-${String(i).padStart(8, '0')}`,
    value,
  }))
}

export function compared(about: Comparison) {
  const { isFree = false } = about
  return async (options: RowOptions): Promise<RowReport> => {
    const pairs = pairsOf(about.bytes)
    const started: Started[] = []
    try {
      for (const [i, start] of about.peers.entries()) {
        const directory = join(options.directory, String(i))
        mkdirSync(directory, { recursive: true })
        const peer = await start(directory)
        started.push(peer)
        await peer.fill(pairs)
      }
      const contenders = started.map((peer, i) => {
        const directory = join(options.directory, String(i))
        return contender(peer, { requests: about.work(peer, pairs), directory, isFree })
      })
      return { results: await contest(contenders, options) }
    } finally {
      for (const peer of started) await peer.stop()
    }
  }
}

/** Its first server is asked. */
function contender(
  { name, servers }: Started,
  how: { requests: readonly Request[]; directory: string; isFree: boolean },
): Contender {
  const [first] = servers
  if (first === undefined) throw new Error(`${name} has no server`)
  const url = `http://${first.host}:${first.port}`
  return {
    name,
    servers,
    load: (seconds) => load({ url, connections: CONNECTIONS, seconds, ...how }),
  }
}
