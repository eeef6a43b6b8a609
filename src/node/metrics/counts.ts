// What one node counts while it runs: plain numbers, raised where things happen.
// Names and forms are in traffic.ts and state.ts; nothing here is ever reset.
import type { CallAnswer, NodeRequest } from '../../core/messages.ts'
import type { Effect } from '../../core/step.ts'
import type { ReadOutcome, Source, Way, WriteOutcome } from '../../core/types.ts'
import { VIEW_CAUSES } from '../../core/view-causes.ts'
import { DATAGRAM_KINDS } from '../../wire/datagram-body.ts'
import { type Count, counters, Counts, type Labels } from '../../system/metrics/counts.ts'
import { Timings } from '../../system/metrics/timings.ts'
import { NODE_REQUEST_KINDS } from '../../wire/node-message.ts'
import { RequestCounts } from './request-counts.ts'

type LogEffect = Extract<Effect, { kind: 'log' }>

const SOURCES: readonly Source[] = ['local', 'copy', 'fetched']
const WRITE_OUTCOMES: readonly WriteOutcome['kind'][] = [
  'applied',
  'conflict',
  'reused',
  'full',
  'refused',
  'unknown',
]
const WAYS: readonly Way[] = ['multicast', 'unicast']
const LEVELS: readonly LogEffect['level'][] = ['debug', 'info', 'warn', 'error']

/** A view that this node heard of as active, without having promised; and a cause from newer nodes. */
const OTHER_CAUSES = ['adopted', 'other'] as const
const CAUSES: readonly string[] = [...VIEW_CAUSES, ...OTHER_CAUSES]

export class NodeCounts {
  readonly requests: RequestCounts
  readonly reads = counters(
    ['source', 'result'],
    [
      ...SOURCES.flatMap((source) => [
        [source, 'found'],
        [source, 'absent'],
      ]),
      ['none', 'unreachable'],
    ],
  )
  readonly writes = counters(['outcome'], singles(WRITE_OUTCOMES))
  readonly viewChanges = counters(['cause'], singles(CAUSES))
  readonly logLines = counters(['level'], singles(LEVELS))
  readonly datagramsIn = counters(
    ['kind', 'way'],
    DATAGRAM_KINDS.flatMap((kind) => WAYS.map((way) => [kind, way])),
  )
  readonly datagramsOut = counters(['kind'], singles(DATAGRAM_KINDS))
  readonly requestsIn = counters(['kind'], singles(NODE_REQUEST_KINDS))
  /** Only what happened: most kinds of calls never end in most ways. */
  readonly callsOut = counters(['kind', 'outcome'])
  readonly callTimes = new Counts(['kind'], () => new Timings())
  readonly flushes = new Timings()
  readonly loopDelay = new Timings()
  readonly #found: Readonly<Record<Source, Count>>
  readonly #absent: Readonly<Record<Source, Count>>

  constructor(nowMs: () => number) {
    this.requests = new RequestCounts(nowMs)
    this.#found = bySource((source) => this.reads.of(source, 'found'))
    this.#absent = bySource((source) => this.reads.of(source, 'absent'))
  }

  /** Every read passes here. */
  read(outcome: ReadOutcome): void {
    if (outcome.kind === 'found') this.#found[outcome.source].value++
    else if (outcome.kind === 'absent') this.#absent[outcome.source].value++
    else this.reads.of('none', 'unreachable').value++
  }

  wrote(outcome: WriteOutcome): void {
    this.writes.of(outcome.kind).value++
  }

  /** The core says something. A view that became this node's is one of its events. */
  logged({ event, fields }: LogEffect): void {
    if (event !== 'view-active' && event !== 'view-accepted') return
    const cause = String(fields['reason'])
    // The cause may have come from another node.
    this.viewChanges.of(CAUSES.includes(cause) ? cause : 'other').value++
  }

  called(kind: NodeRequest['kind'], outcome: CallAnswer['kind'], tookMs: number): void {
    this.callsOut.of(kind, outcome).value++
    this.callTimes.of(kind).add(tookMs)
  }
}

/** One set of durations without labels, as a histogram wants it. */
export function unlabelled(timings: Timings): { labels: Labels; cell: Timings }[] {
  return [{ labels: {}, cell: timings }]
}

function singles(values: readonly string[]): string[][] {
  return values.map((value) => [value])
}

function bySource(cell: (source: Source) => Count): Record<Source, Count> {
  return { local: cell('local'), copy: cell('copy'), fetched: cell('fetched') }
}
