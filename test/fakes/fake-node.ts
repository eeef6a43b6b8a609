// A node in memory: what the HTTP apps stand before in tests. One key space, no cluster, no waiting.
// Says whatever a test tells it to; remembers what it was asked.
import type { Conflict } from '../../src/core/conflicts.ts'
import type { NodeRequest, NodeResponse, Sender } from '../../src/core/messages.ts'
import type {
  Entry,
  Order,
  OrderOutcome,
  ReadOutcome,
  WriteCommand,
  WriteOutcome,
} from '../../src/core/types.ts'
import { VersionClock } from '../../src/core/version.ts'
import type { NetworkReport } from '../../src/http/network-report.ts'
import type {
  BackupAnswer,
  EventsAnswer,
  Freshness,
  HeldEntry,
  InternalNode,
  KeyList,
  NodeStatusReport,
  PublicNode,
} from '../../src/http/node-access.ts'

export const FAKE_ID = '00000000000000aa'

export class FakeNode implements PublicNode, InternalNode {
  readonly entries = new Map<string, Entry>()
  readonly localEntries = new Map<string, Entry>()
  /** Every command that reached the node, in order. */
  readonly writes: WriteCommand[] = []
  readonly reads: { readonly key: string; readonly freshness: Freshness }[] = []
  /** The version that the last read named. */
  minVersion: string | undefined
  readonly requests: NodeRequest[] = []
  /** What the next reads and writes come to, instead of the truth. */
  nextRead: ReadOutcome | undefined
  nextWrite: WriteOutcome | undefined
  readonly orders: Order[] = []
  nextOrder: OrderOutcome = { kind: 'done', sentence: 'it is done' }
  nextResponse: NodeResponse = { kind: 'noted' }
  copies = 2
  ageMs = 0
  /** Of what it holds itself; undefined: nobody has proven it. */
  heldAgeMs: number | undefined = 0
  now = 1_700_000_000_000
  ready = true
  hears: NetworkReport = {
    node: { id: FAKE_ID, address: '127.0.0.1:8181' },
    cluster: 'default',
    hasSecret: false,
    group: '239.192.73.81:4983',
    interfaces: [{ address: '127.0.0.1', trouble: undefined }],
    receiveBuffer: { asked: 8_388_608, granted: 8_388_608 },
    packets: { received: 0, sent: 0, errors: 0 },
    refused: {},
    nodes: [],
    strangers: [],
  }
  lost: Conflict[] = []
  /** Prefixes that were asked for. */
  readonly followed: string[] = []
  changes: EventsAnswer = { kind: 'notNow', reason: 'Nobody told this node what to say.' }
  backups: BackupAnswer = { kind: 'notNow', reason: 'Nobody told this node what to say.' }
  report: NodeStatusReport = {
    node: { id: FAKE_ID, address: '127.0.0.1:8181', incarnation: 1, state: 'member', role: 'node' },
    view: undefined,
    nodes: [],
    keys: 0,
    copies: 0,
    stream: { id: '', committed: 0 },
    proofAgeMs: undefined,
    audit: { lastMs: undefined, differences: 0 },
    mode: 'available',
    merge: { due: 0, merged: 0, conflicts: 0 },
    warnings: [],
  }
  readonly #clock = new VersionClock(FAKE_ID)

  async write(command: WriteCommand): Promise<WriteOutcome> {
    this.writes.push(command)
    this.onWrite()
    const outcome = this.nextWrite ?? this.#apply(this.entries, command, this.copies)
    await this.slow.get(command.key)
    return outcome
  }

  audits = 0

  audit(): void {
    this.audits++
  }

  async order(order: Order): Promise<OrderOutcome> {
    this.orders.push(order)
    return this.nextOrder
  }

  async putLocal(command: WriteCommand): Promise<WriteOutcome> {
    this.writes.push(command)
    return this.nextWrite ?? this.#apply(this.localEntries, command, 0)
  }

  /** Keys whose reads and writes are answered only once this settles. */
  readonly slow = new Map<string, Promise<void>>()
  onRead: () => void = () => {}
  onWrite: () => void = () => {}

  read(key: string, freshness: Freshness, minVersion?: string): ReadOutcome | Promise<ReadOutcome> {
    this.reads.push({ key, freshness })
    this.minVersion = minVersion
    this.onRead()
    const outcome = this.#outcomeOf(key)
    return this.slow.get(key)?.then(() => outcome) ?? outcome
  }

  #outcomeOf(key: string): ReadOutcome {
    if (this.nextRead !== undefined) return this.nextRead
    const entry = this.localEntries.get(key) ?? this.entries.get(key)
    const { ageMs } = this
    if (entry === undefined) return { kind: 'absent', ageMs, source: 'local' }
    return { kind: 'found', entry, ageMs, source: 'local' }
  }

  copiesOf(): number {
    return this.copies
  }

  getLocal(key: string): HeldEntry | undefined {
    const entry = this.localEntries.get(key) ?? this.entries.get(key)
    return entry && { entry, ageMs: this.heldAgeMs, source: 'local' }
  }

  *list({ prefix, after, limit, scope }: KeyList): Iterable<string> {
    const table = scope === 'local' ? this.localEntries : this.entries
    const keys = [...table.keys()].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)))
    const isAfter = (key: string) =>
      after === undefined || Buffer.from(key).compare(Buffer.from(after)) > 0
    const wanted = keys.filter((key) => key.startsWith(prefix) && isAfter(key))
    yield* wanted.slice(0, limit)
  }

  conflicts(): readonly Conflict[] {
    return this.lost
  }

  events(prefix: string): EventsAnswer {
    this.followed.push(prefix)
    return this.changes
  }

  backup(): BackupAnswer {
    return this.backups
  }

  status(): NodeStatusReport {
    return this.report
  }

  network(): NetworkReport {
    return this.hears
  }

  isReady(): boolean {
    return this.ready
  }

  wallMs(): number {
    return this.now
  }

  async answer(_: Sender, request: NodeRequest): Promise<NodeResponse> {
    this.requests.push(request)
    return this.nextResponse
  }

  sender(): Sender {
    return { id: FAKE_ID, incarnation: 1, clock: this.#clock.now() }
  }

  #apply(table: Map<string, Entry>, command: WriteCommand, copies: number): WriteOutcome {
    const { key, change, condition, requestId } = command
    const current = table.get(key)?.version
    const holds =
      condition.kind === 'none' ||
      (condition.kind === 'exists' && current !== undefined) ||
      (condition.kind === 'absent' && current === undefined) ||
      (condition.kind === 'oneOf' && current !== undefined && condition.versions.includes(current))
    if (!holds) return { kind: 'conflict', current }
    const version = this.#clock.next(this.now)
    if (change.kind === 'delete') {
      table.delete(key)
      return { kind: 'applied', version, copies }
    }
    const { bytes, contentType, ttlMs } = change
    const expiresAtMs = ttlMs === undefined ? undefined : this.now + ttlMs
    const content = { kind: 'value', bytes, contentType } as const
    table.set(key, { key, version, expiresAtMs, requestId, content })
    return { kind: 'applied', version, copies }
  }
}
