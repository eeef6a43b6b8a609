// wrk as a load generator: it sends prepared requests over and over, and reports how that went.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LOAD_CPU } from './server.ts'

const run = promisify(execFile)

/** Beyond the time asked for: connecting and reporting. Unit: ms. */
const EXTRA_WAIT_MS = 20_000

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Load {
  readonly url: string
  /** Sent in turn, by every connection from another one on. */
  readonly requests: readonly Request[]
  readonly connections: number
  readonly seconds: number
  /** For the script that wrk reads. */
  readonly directory: string
  /** Not held to one processor. */
  readonly isFree?: boolean
}

export interface LoadReport {
  readonly count: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** Answers that were not 2xx or 3xx, connections that broke, and waits that were too long. */
  readonly failed: number
}

/** Rejects when wrk does. Says in its report what was answered badly. */
export async function load(about: Load): Promise<LoadReport> {
  const { url, connections, seconds, directory, isFree = false } = about
  const script = join(directory, 'load.lua')
  writeFileSync(script, scriptOf(about.requests))
  const args = ['-t1', `-c${connections}`, `-d${seconds}`, '--latency', '-s', script, url]
  const [program = '', ...rest] = isFree
    ? ['wrk', ...args]
    : ['taskset', '-c', LOAD_CPU, 'wrk', ...args]
  const { stdout } = await run(program, rest, { timeout: seconds * 1000 + EXTRA_WAIT_MS })
  const line = stdout.split('\n').find((each) => each.startsWith(REPORT))
  if (line === undefined) throw new Error(`wrk reported nothing: ${stdout}`)
  const numbers = line.slice(REPORT.length).trim().split(' ').map(Number)
  const [count = 0, us = 1, p50 = 0, p99 = 0, p999 = 0, max = 0, failed = 0] = numbers
  return {
    count,
    perSecond: (count * 1e6) / us,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    p999Ms: p999 / 1000,
    maxMs: max / 1000,
    failed,
  }
}

/** Begins the line with the numbers. */
const REPORT = 'REPORT'

/** Requests are formatted once, so that wrk spends no time on them. */
function scriptOf(requests: readonly Request[]): string {
  const lines = requests.map(({ method, path, headers = {}, body }) => {
    const fields = Object.entries(headers).map(
      ([name, value]) => `[${quoted(name)}]=${quoted(value)}`,
    )
    const last = body === undefined ? 'nil' : quoted(body)
    return `  all[#all + 1] = wrk.format(${quoted(method)}, ${quoted(path)}, {${fields.join(', ')}}, ${last})`
  })
  return `
local all = {}
function init()
${lines.join('\n')}
end
local at = 0
function request()
  at = at % #all + 1
  return all[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("${REPORT} %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

/** A text of Lua. Every byte beyond plain characters by its number. */
function quoted(text: string): string {
  const escape = (byte: string) => `\\${byte.charCodeAt(0).toString().padStart(3, '0')}`
  return `"${Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^ !#-[\]-~]/g, escape)}"`
}
