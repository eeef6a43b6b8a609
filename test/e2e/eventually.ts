// Waits for what processes do in their own time: tries again until it holds or a deadline passes.
// Never waits a fixed time for something to have happened.

/** Generous: a busy machine that runs other tests besides must not fail one. Unit: ms. */
export const PATIENCE_MS = 60_000

const PAUSE_MS = 40

/** The first result of `attempt` that comes without an error. Rejects with the last error. */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() >= deadline) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`not so within ${patienceMs / 1000} s: ${reason}`, { cause: error })
      }
    }
    await pause(PAUSE_MS)
  }
}

/** Between two attempts, or between two requests of a steady load; never in place of a condition. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** Calls `work` for every item, this many at a time. Stops at the first failure. */
export async function forAll<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
