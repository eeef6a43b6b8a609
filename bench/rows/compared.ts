// Rows in which several servers do the same over HTTP on 64 connections.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { contest } from '../contest.ts'
import type { Pair, Start, Started } from '../peers.ts'
import type { RowOptions, RowReport } from '../row.ts'
import type { Request } from '../wrk.ts'

const CONNECTIONS = 64

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

export function compared(about: Comparison) {
  return async (options: RowOptions): Promise<RowReport> => {
    const pairs = Array.from({ length: KEYS }, (_, i) => ({
      key: `key-${String(i).padStart(8, '0')}`,
      value: String(i % 10).repeat(about.bytes),
    }))
    const started: Started[] = []
    try {
      for (const [i, start] of about.peers.entries()) {
        const directory = join(options.directory, String(i))
        mkdirSync(directory, { recursive: true })
        const peer = await start(directory)
        started.push(peer)
        await peer.fill(pairs)
      }
      const contenders = started.map((peer) => ({ ...peer, requests: about.work(peer, pairs) }))
      return {
        results: await contest(contenders, {
          ...options,
          connections: CONNECTIONS,
          isFree: about.isFree ?? false,
        }),
      }
    } finally {
      for (const peer of started) await peer.stop()
    }
  }
}
