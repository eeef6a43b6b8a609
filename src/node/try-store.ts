// Whether a store can be opened at all, tried in a process of its own: lmdb trusts its file, and a
// damaged one can end the process that opens it, with no word for whoever started it.
import { hasEnvironment, tryEnvironment } from '../storage/lmdb-environment.ts'
import { START_ANEW } from '../storage/storage-error.ts'
import type { Ended } from '../system/process.ts'
import { TRY_STORE_WAIT_MS } from './limits.ts'

/** By which a program that reads a damaged file ends itself. Any other comes from somebody else. */
const SIGNALS_OF_DAMAGE = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP'])

/** In that process. Rejects when the store cannot be opened; the real opening says why. */
export async function tryStore(dir: string): Promise<void> {
  await tryEnvironment(dir)
}

/**
 * A sentence for the operator when opening the store is known to be fatal; undefined when the node
 * may open it, which may still fail in good order. `run` calls `tryStore` in another process.
 */
export async function storeTrouble(
  dir: string,
  run: (waitMs: number) => Promise<Ended>,
): Promise<string | undefined> {
  if (!hasEnvironment(dir)) return undefined
  const ended = await run(TRY_STORE_WAIT_MS)
  if (ended.kind === 'exit') return undefined
  if (ended.kind === 'signal' && !SIGNALS_OF_DAMAGE.has(ended.signal)) return undefined
  const why =
    ended.kind === 'late' ? 'opening it does not end' : `opening it ends in ${ended.signal}`
  return `The store in ${dir} is damaged (${why}): ${START_ANEW}`
}
