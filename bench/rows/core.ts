// How fast the core itself decides: microbenchmarks of the ways that carry the load of a cluster.
import { PATHS, type Path } from '../core/paths.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'

/** Times that are done between two looks at the clock. A whole number of every batch. */
const PIECE = 640

export const CORE: Readonly<Record<string, Row>> = {
  core: {
    about: 'the core alone, no network, no disk: how often a second, median round',
    goal: 'far above what HTTP lets through',
    measure: (options) => Promise.resolve(core(options)),
  },
}

function core({ rounds, seconds }: RowOptions): RowReport {
  const figures: Record<string, number> = {}
  for (const path of PATHS) {
    const measured = Array.from({ length: rounds }, () => round(path, seconds))
    measured.sort((a, b) => a.perSecond - b.perSecond)
    const median = measured[Math.floor(rounds / 2)]
    if (median === undefined) throw new Error('no round was measured')
    figures[`${path.name}, a second`] = Math.round(median.perSecond)
    figures[`${path.name}, events a second`] = Math.round(median.eventsPerSecond)
  }
  return { figures }
}

/** Of the time: before it counts, what is compiled late is compiled. */
const WARM_UP_SHARE = 1 / 3

function round({ prepare }: Path, seconds: number) {
  const work = prepare()
  during(work, seconds * WARM_UP_SHARE)
  return during(work, seconds)
}

function during(work: (count: number) => number, seconds: number) {
  const fromMs = performance.now()
  let [done, events, ms] = [0, 0, 0]
  while (ms < seconds * 1000) {
    events += work(PIECE)
    done += PIECE
    ms = performance.now() - fromMs
  }
  return { perSecond: (done * 1000) / ms, eventsPerSecond: (events * 1000) / ms }
}
