// Beside memcached, by its own protocol. wrk does not speak that, so both are asked by a small program of
// ours, which is slower than wrk: where the server is not busy all the time, it is what limits.
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Contender, contest } from '../contest.ts'
import { diststore, type Pair, type Started } from '../peers.ts'
import { type Ping, ping } from '../ping.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import type { Server } from '../server.ts'
import { startMemcached } from '../stores.ts'
import { CONNECTIONS, pairsOf } from './compared.ts'

export const MEMCACHED: Readonly<Record<string, Row>> = {
  'get-100-raw': {
    about: 'GET of a stored value, 100 B, 64 connections, memcached by its own protocol',
    goal: '>= 0.7 x memcached',
    measure,
  },
}

async function measure(options: RowOptions): Promise<RowReport> {
  const pairs = pairsOf(100)
  const ours = await diststore(join(options.directory, 'ours'))
  let memcached: Server | undefined
  try {
    await ours.fill(pairs)
    // One thread: the server has one processor.
    const its = join(options.directory, 'memcached')
    memcached = await startMemcached(its, ['-t', '1'], { isFree: false })
    await fillMemcached(memcached, pairs)
    const contenders = [byHttp(ours, pairs), byItsOwn(memcached, pairs)]
    return { results: await contest(contenders, options) }
  } finally {
    await ours.stop()
    await memcached?.stop()
  }
}

function byHttp({ name, servers }: Started, pairs: readonly Pair[]): Contender {
  const [server] = servers
  if (server === undefined) throw new Error(`${name} has no server`)
  const requests = pairs.map(({ key }) => `GET /get/${key} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const suffix = pairs[0]?.value ?? ''
  return { name, servers, load: asks({ server, requests, suffix }) }
}

function byItsOwn(server: Server, pairs: readonly Pair[]): Contender {
  const requests = pairs.map(({ key }) => `get ${key}\r\n`)
  const load = asks({ server, requests, suffix: 'END\r\n' })
  return { name: 'memcached', servers: [server], load }
}

function asks(about: Pick<Ping, 'server' | 'requests' | 'suffix'>): Contender['load'] {
  return (seconds) => ping({ ...about, connections: CONNECTIONS, seconds })
}

/** Every key is there when it has answered the question after them. */
async function fillMemcached({ host, port }: Server, pairs: readonly Pair[]): Promise<void> {
  const socket = connect(port, host)
  for (const { key, value } of pairs) {
    socket.write(`set ${key} 0 0 ${value.length} noreply\r\n${value}\r\n`)
  }
  socket.write('version\r\n')
  await once(socket, 'data', { signal: AbortSignal.timeout(FILL_WAIT_MS) })
  socket.destroy()
}

/** Unit: ms. */
const FILL_WAIT_MS = 10_000
