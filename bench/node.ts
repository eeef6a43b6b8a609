// One node of diststore as a process, and what starting any server needs: a free port, flags, patience.
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Server } from './server.ts'
import { serviceEnvironment } from './service-environment.ts'

const DAEMON = resolve('dist/bin/diststored.js')

/** It takes connections before it is in a view. Unit: ms. Forty others on two processors delay that by half a minute. */
const READY_WAIT_MS = 120_000

/** What is asked for again and again is asked for this often. Unit: ms. */
const LOOK_EVERY_MS = 20

export type Flags = Readonly<Record<string, string | number>>

/** Takes connections when this resolves; whether it is ready is another matter. */
export function startNode(
  directory: string,
  flags: Flags & { host: string; port: number },
  how: { readonly isFree?: boolean; readonly nodeFlags?: readonly string[] } = {},
): Promise<Server> {
  const { isFree = false, nodeFlags = [] } = how
  const args = [...nodeFlags, DAEMON, ...flagsOf({ ...flags, 'data-dir': join(directory, 'data') })]
  const { host, port } = flags
  const about = { program: process.execPath, args, directory, host, port, isFree }
  return Server.start({ ...about, environment: serviceEnvironment() })
}

export async function untilReady({ host, port }: Server): Promise<void> {
  await until(
    async () => (await fetch(`http://${host}:${port}/health/ready`)).status === 200 || undefined,
    { waitMs: READY_WAIT_MS, otherwise: 'the node is not ready' },
  )
}

export function flagsOf(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** Free now; whoever asks takes it at once. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('a port was asked for')
  return address.port
}

/**
 * Looks until there is something; throws that sentence when it takes too long. A node that cannot be asked now
 * is asked again: fifty of them that start on two processors do not all answer in time.
 */
export async function until<T>(
  look: () => Promise<T | undefined>,
  about: { readonly waitMs: number; readonly otherwise: string },
): Promise<T> {
  const untilMs = performance.now() + about.waitMs
  for (;;) {
    let cause: unknown
    try {
      const seen = await look()
      if (seen !== undefined) return seen
    } catch (error) {
      if (!isUnreachable(error)) throw error
      cause = error
    }
    if (performance.now() > untilMs) throw new Error(about.otherwise, { cause })
    await pause(LOOK_EVERY_MS)
  }
}

/** What fetch throws when there is no answer. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed'
}
