// A read of what this node does not have: a question to the group, an answer, a fetch. Beside it etcd, asked at a
// member that does not lead: it too must hear from another one before it answers.
import { join } from 'node:path'
import { percentile } from '../../test/e2e/measure/figures.ts'
import { addressOf, clusterOf } from '../cluster.ts'
import { type Pair, type Start, type Started, threeEtcds, threeNodes } from '../peers.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import type { Server } from '../server.ts'
import { askInTurn, type Speech } from '../talk.ts'
import type { Request } from '../wrk.ts'
import { pairsOf } from './compared.ts'

const BYTES = 100

/** Reads of one round. A miss happens once a key. */
const READS = 2000

/** The first reads find code that is not compiled yet: a node that has run for a minute is measured. */
const WARM_UP = 5000

export const MISS: Readonly<Record<string, Row>> = {
  miss: {
    about: 'GET at the third node of what only the masters have, 100 B, one connection, unpinned',
    goal: 'p50 <= 0.5 ms, p99 <= 3 ms',
    measure,
  },
}

/** How an answer is told from others, and who is asked. */
interface Contender {
  readonly start: Start
  readonly mark: string
  readonly bad: RegExp
  readonly askedOf: (peer: Started) => Promise<Server | undefined>
}

const CONTENDERS: readonly Contender[] = [
  { start: threeNodes, mark: 'Source: fetched', bad: /: copy|HTTP\/1.1 [45]/, askedOf: noMaster },
  { start: threeEtcds, mark: '"count":"1"', bad: /"error"|HTTP\/1.1 [45]/, askedOf: noLeader },
]

async function measure({ directory, rounds }: RowOptions): Promise<RowReport> {
  const figures: Record<string, number> = {}
  for (const contender of CONTENDERS) {
    const peer = await contender.start(join(directory, contender.start.name))
    try {
      const times = await timesOf(peer, { ...contender, count: WARM_UP + rounds * READS })
      const misses = times.slice(WARM_UP)
      figures[`${peer.name}: p50 ms`] = percentile(misses, 0.5)
      figures[`${peer.name}: p99 ms`] = percentile(misses, 0.99)
    } finally {
      await peer.stop()
    }
  }
  return { figures }
}

async function timesOf(
  peer: Started,
  { count, mark, bad, askedOf }: Contender & { count: number },
): Promise<number[]> {
  const pairs = pairsOf(BYTES, count)
  await peer.fill(pairs)
  const server = await askedOf(peer)
  if (server === undefined) throw new Error(`${peer.name} has nobody to ask`)
  const speech: Speech = { mark, bad, ask: (index) => textOf(peer.get(pairs[index] as Pair)) }
  return askInTurn(server, speech, count)
}

async function noMaster({ servers }: Started): Promise<Server | undefined> {
  const [primary] = servers
  if (primary === undefined) return undefined
  const { view } = await clusterOf(primary)
  const masters = view?.masters.map(({ address }) => address) ?? []
  return servers.find((server) => !masters.includes(addressOf(server)))
}

async function noLeader({ servers }: Started): Promise<Server | undefined> {
  return servers.at(-1)
}

function textOf({ method, path, body = '' }: Request): string {
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
