// Runs bench/ping.mjs: the load generator for protocols that wrk does not speak.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LOAD_CPU, type Server } from './server.ts'
import type { LoadReport } from './wrk.ts'

const run = promisify(execFile)
const PROGRAM = new URL('ping.mjs', import.meta.url).pathname

/** Beyond the time asked for. Unit: ms. */
const EXTRA_WAIT_MS = 20_000

export interface Ping {
  readonly server: Server
  /** Sent in turn, byte by byte. */
  readonly requests: readonly string[]
  /** How every answer ends, and nothing within it. */
  readonly suffix: string
  readonly connections: number
  readonly seconds: number
}

/** Rejects when a connection breaks or an answer does not end. */
export async function ping({ server, seconds, ...about }: Ping): Promise<LoadReport> {
  const { host, port } = server
  const argument = JSON.stringify({ host, port, seconds, ...about })
  const { stdout } = await run('taskset', ['-c', LOAD_CPU, process.execPath, PROGRAM, argument], {
    timeout: seconds * 1000 + EXTRA_WAIT_MS,
  })
  const { count, us, p50, p99, p999, max } = JSON.parse(stdout) as Readonly<
    Record<string, number>
  > & {
    count: number
  }
  const ms = (value = Number.NaN) => value / 1000
  return {
    count,
    perSecond: (count * 1e6) / (us ?? Number.NaN),
    p50Ms: ms(p50),
    p99Ms: ms(p99),
    p999Ms: ms(p999),
    maxMs: ms(max),
    failed: 0,
  }
}
