// Who is told of changes, as they are committed: subscribers of this node while it is the primary.
// Decides whether this node is the one to ask. A reader that is too slow is told how much it lost.
import type { NodeCore } from '../core/node.ts'
import type { CommittedChange } from '../core/step.ts'
import type { ClusterStatus } from '../core/status.ts'
import type { View } from '../core/types.ts'
import { formatBallot } from '../core/view.ts'
import type { EventsAnswer } from '../http/node-access.ts'
import { every, type StopTimer } from '../system/timers.ts'
import { EventQueue } from './event-queue.ts'
import { EVENTS_BEAT_EVERY_MS, SUBSCRIBERS_MAX } from './limits.ts'

type ObservedCore = Pick<NodeCore, 'route' | 'status'>

export class Events {
  readonly #core: ObservedCore
  readonly #nowMs: () => number
  readonly #subscribers = new Map<EventQueue, string>()
  #route: View | undefined
  #stopBeating: StopTimer = () => {}

  /** `nowMs`: the monotonic clock. */
  constructor(core: ObservedCore, nowMs: () => number) {
    this.#core = core
    this.#nowMs = nowMs
  }

  /** The changes of keys that begin with `prefix`, and those of the cluster, from now on. */
  subscribe(prefix: string): EventsAnswer {
    const status = this.#core.status(this.#nowMs())
    if (status.node.role !== 'primary') return elsewhere(status)
    if (this.#subscribers.size >= SUBSCRIBERS_MAX) {
      const reason = `${SUBSCRIBERS_MAX} clients follow the changes here, and more are not taken.`
      return { kind: 'full', reason }
    }
    const queue = new EventQueue(() => this.#left(queue))
    if (this.#subscribers.size === 0) {
      this.#stopBeating = every(EVENTS_BEAT_EVERY_MS, () => this.#beat())
    }
    this.#subscribers.set(queue, prefix)
    queue.add(viewEvent(status))
    return { kind: 'events', texts: queue }
  }

  /** The primary committed a write. */
  committed({ key, version, isDeleted }: CommittedChange): void {
    if (this.#subscribers.size === 0) return
    let text: string | undefined
    for (const [queue, prefix] of this.#subscribers) {
      if (!key.startsWith(prefix)) continue
      text ??= eventText(isDeleted ? 'delete' : 'put', { key, version })
      queue.add(text)
    }
  }

  /** Called after every step: cheap while the view is the same. */
  routed(): void {
    const { route } = this.#core
    if (route === this.#route) return
    this.#route = route
    if (this.#subscribers.size === 0) return
    const status = this.#core.status(this.#nowMs())
    const text = viewEvent(status)
    for (const queue of this.#subscribers.keys()) queue.add(text)
    if (status.node.role !== 'primary') this.stop()
  }

  /** Ends all subscriptions: whoever goes on asks again, and is sent to the primary. */
  stop(): void {
    for (const queue of this.#subscribers.keys()) queue.end()
  }

  #left(queue: EventQueue): void {
    this.#subscribers.delete(queue)
    if (this.#subscribers.size === 0) this.#stopBeating()
  }

  /** A comment: readers pass over it, and find out when the connection is dead. */
  #beat(): void {
    for (const queue of this.#subscribers.keys()) queue.add(': beat\n\n')
  }
}

/** Not to itself: a primary that does not act knows of no changes. */
function elsewhere({ node, view }: ClusterStatus): EventsAnswer {
  const primary = view?.masters[0]?.address
  if (primary !== undefined && primary !== node.address)
    return { kind: 'elsewhere', address: primary }
  const reason = 'There is no primary now, which knows of the changes: ask again, or see /cluster.'
  return { kind: 'notNow', reason }
}

function viewEvent({ view }: ClusterStatus): string {
  if (view === undefined) return eventText('view', { ballot: null, masters: [], nodes: 0 })
  const { ballot, masters, roster } = view
  return eventText('view', { ballot: formatBallot(ballot), masters, nodes: roster.length })
}

/** One event as text/event-stream has it. JSON has no line ends. */
export function eventText(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
