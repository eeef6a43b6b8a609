// Counts the requests of clients by route and status, and how long they took.
// The hottest place of all metrics: an answer from memory costs it two looks at the clock.
import type { CountRequest, RequestMeter, RouteName } from '../../http/request-meter.ts'
import type { Labels, Sample } from '../../system/metrics/counts.ts'
import { Timings } from '../../system/metrics/timings.ts'

/** No status is as high. */
const STATUS_END = 600

interface RouteCounts {
  readonly byStatus: Float64Array
  readonly timings: Timings
}

export class RequestCounts implements RequestMeter {
  readonly nowMs: () => number
  readonly #routes = new Map<RouteName, RouteCounts>()

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  of(route: RouteName): CountRequest {
    const { byStatus, timings } = this.#countsOf(route)
    return (status, tookMs) => {
      byStatus[status] = (byStatus[status] ?? 0) + 1
      timings.add(tookMs)
    }
  }

  /** By route and status, where there was a request. */
  samples(): Sample[] {
    return [...this.#routes].flatMap(([route, { byStatus }]) =>
      Array.from(byStatus, (value, status) => ({
        labels: { route, status: String(status) },
        value,
      })).filter(({ value }) => value > 0),
    )
  }

  /** By route. */
  timings(): { labels: Labels; cell: Timings }[] {
    return Array.from(this.#routes, ([route, { timings }]) => ({
      labels: { route },
      cell: timings,
    })).filter(({ cell }) => cell.count > 0)
  }

  #countsOf(route: RouteName): RouteCounts {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    const counts = { byStatus: new Float64Array(STATUS_END), timings: new Timings() }
    this.#routes.set(route, counts)
    return counts
  }
}
