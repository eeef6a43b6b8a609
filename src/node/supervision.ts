// Keeps the service manager informed about a running node, from the loop that does the node's work:
// a loop that hangs falls silent, and is restarted. Decides nothing about the node.
import type { Clock } from '../system/clock.ts'
import type { ServiceManager } from '../system/service-manager.ts'
import type { StopTimer } from '../system/timers.ts'
import { READY_EVERY_MS, READY_WAIT_MS, SUMMARY_EVERY_MS, WATCHDOG_SHARE } from './limits.ts'

/** What the service manager learns of a node. */
export interface Supervised {
  /** It is in the roster, and what it has to hold is there. */
  isReady(): boolean
  /** How it is, in one line. */
  summary(): string
}

export interface SupervisionParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly every: (periodMs: number, work: () => void) => StopTimer
}

/**
 * Says "ready" once the node is, or after READY_WAIT_MS: a node that waits for others is no reason
 * to hold up the start of its host. From then on a sign of life in time, and the summary with it.
 * Gives a function that says goodbye; it may be called twice.
 */
export function supervise(
  node: Supervised,
  manager: ServiceManager,
  { clock, every }: SupervisionParts,
): () => void {
  if (!manager.isListening) return () => {}
  const readyByMs = clock.monotonicMs() + READY_WAIT_MS
  let said = ''
  let isStopping = false
  const look = (isAlive: boolean) => {
    const summary = node.summary()
    const news = summary === said ? {} : { STATUS: summary }
    said = summary
    manager.tell(isAlive ? { ...news, WATCHDOG: '1' } : news)
  }
  const { watchdogMs } = manager
  const isWatched = watchdogMs !== undefined
  const stopLooking = every(isWatched ? watchdogMs * WATCHDOG_SHARE : SUMMARY_EVERY_MS, () =>
    look(isWatched),
  )
  look(isWatched)
  const stopWaiting = every(READY_EVERY_MS, () => {
    if (!node.isReady() && clock.monotonicMs() < readyByMs) return
    stopWaiting()
    manager.tell({ READY: '1' })
    look(isWatched)
  })
  return () => {
    if (isStopping) return
    isStopping = true
    stopLooking()
    stopWaiting()
    manager.tell({ STOPPING: '1', STATUS: 'leaving the cluster' })
  }
}
