// Runs work later. The timers never keep the process alive, and never run after they were stopped.

/** Ends a timer. May be called twice. */
export type StopTimer = () => void

/** Runs the work every so often until stopped; a late turn is not made up for. Unit: ms. */
export function every(periodMs: number, work: () => void): StopTimer {
  const timer = setInterval(work, periodMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** Runs the work once unless stopped before. Unit: ms. */
export function after(waitMs: number, work: () => void): StopTimer {
  const timer = setTimeout(work, waitMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Settles after this time. Unit: ms. */
export function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, waitMs)
  })
}

/** Runs the work once the sockets that are readable now have been read. */
export function nextPhase(work: () => void): void {
  setImmediate(work)
}
