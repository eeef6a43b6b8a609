// Several clients at several nodes of real processes, and the history of what each was told, for the
// same checks that judge the simulator. Decides nothing about what is right.
import { type Answer, Client, written } from './client.ts'
import type { Daemon } from './daemon.ts'
import { eventually, forAll, pause } from './eventually.ts'
import type { HistoryRecord, ReadRecord, WriteRecord } from '../checker/history.ts'

export interface MixOptions {
  /** Clients that each have one request under way. */
  readonly clients: number
  /** Keys that all of them write and read; a third of the writes go to keys of their own. */
  readonly hotKeys: number
  /** Where each of them goes: to any node each time, or to that of its own host while it runs. */
  readonly visits: 'anybody' | 'home'
}

/** Tries of one write whose outcome is unknown, each at another node. */
const TRIES_MAX = 4

/** Between two requests of one client. Unit: ms. */
const PAUSE_MS = { from: 5, to: 40 }

/** Shares of requests: the rest are puts. */
const SHARES = { fresh: 0.25, strong: 0.1, remove: 0.15, conditional: 0.1 }

/** A forgotten load ends by itself. Unit: records. */
const RECORDS_MAX = 50_000

const READS_AT_ONCE = 16

type Started = Omit<WriteRecord, 'endedAt' | 'outcome' | 'version' | 'node' | 'invokedAt'>

export class HistoryClients {
  readonly records: HistoryRecord[] = []
  readonly #daemons: readonly Daemon[]
  readonly #options: MixOptions
  readonly #keys = new Set<string>()
  readonly #seen = new Map<string, string>()
  readonly #running: Promise<void>[]
  #made = 0
  #isStopped = false

  constructor(daemons: readonly Daemon[], options: MixOptions) {
    this.#daemons = daemons
    this.#options = options
    this.#running = Array.from({ length: options.clients }, (_, i) => this.#run(i))
  }

  /** Waits until this many more writes were acknowledged. */
  async acknowledged(count: number): Promise<void> {
    const from = this.records.length
    await eventually(() => {
      const done = this.records.slice(from).filter(({ outcome }) => outcome === 'applied').length
      if (done < count) throw new Error(`${done} of ${count} writes were acknowledged`)
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  /** A strong read of every key at every node: what the history came to. */
  async readAll(): Promise<void> {
    for (const daemon of this.#daemons) {
      await forAll([...this.#keys], READS_AT_ONCE, (key) => this.#read(daemon, key, 'strong'))
    }
  }

  /** How often each outcome was told, in words. */
  summary(): string {
    const counts = new Map<string, number>()
    for (const { op, outcome } of this.records) {
      const what = `${op === 'read' ? 'read' : 'write'} ${outcome}`
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    return [...counts].map(([what, count]) => `${count} x ${what}`).join(', ')
  }

  async #run(number: number): Promise<void> {
    for (let turn = 0; !this.#isStopped && this.records.length < RECORDS_MAX; turn++) {
      await this.#request(number, turn)
      await pause(PAUSE_MS.from + Math.random() * (PAUSE_MS.to - PAUSE_MS.from))
    }
  }

  async #request(number: number, turn: number): Promise<void> {
    const name = `client${number}`
    const goesTo = () => this.#goesTo(number)
    const dice = Math.random()
    const hotKey = `hot${Math.floor(Math.random() * this.#options.hotKeys)}`
    if (dice < SHARES.fresh) return this.#read(goesTo(), hotKey, 'fresh')
    if (dice < SHARES.fresh + SHARES.strong) return this.#read(goesTo(), hotKey, 'strong')
    const isOwn = Math.random() < 1 / 3
    const key = isOwn ? `${name}-${turn}` : hotKey
    const seen = this.#seen.get(key)
    const isConditional = seen !== undefined && Math.random() < SHARES.conditional
    const isRemoval = Math.random() < SHARES.remove
    this.#keys.add(key)
    const write: Started = {
      op: isRemoval ? 'delete' : 'put',
      requestId: `${name}-${turn}-${process.pid}`,
      key,
      value: isRemoval ? '' : `v${++this.#made}`,
      ttlMs: undefined,
      condition: isConditional ? { kind: 'oneOf', versions: [seen] } : { kind: 'none' },
    }
    await this.#write(write, goesTo)
  }

  /** Again with the same request id while nobody knows what became of it. */
  async #write(write: Started, goesTo: () => Daemon): Promise<void> {
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      const daemon = goesTo()
      const invokedAt = performance.now()
      const answer = await send(daemon.client, write).catch(() => undefined)
      const outcome = answer === undefined ? 'unknown' : outcomeOf(answer)
      const version = answer?.status === 200 ? written(answer).version : undefined
      if (version !== undefined) this.#seen.set(write.key, version)
      const endedAt = performance.now()
      this.records.push({ ...write, node: daemon.address, invokedAt, endedAt, outcome, version })
      if (outcome !== 'unknown') return
      await pause(PAUSE_MS.from)
    }
  }

  async #read(daemon: Daemon, key: string, strength: ReadRecord['strength']): Promise<void> {
    const invokedAt = performance.now()
    const headers = strength === 'strong' ? { 'Cache-Control': 'no-cache' } : undefined
    const answer = await daemon.client.get(key, headers).catch(() => undefined)
    const isFound = answer?.status === 200
    const version = isFound ? answer.headers.get('etag')?.replaceAll('"', '') : undefined
    if (version !== undefined) this.#seen.set(key, version)
    this.records.push({
      op: 'read',
      strength,
      key,
      node: daemon.address,
      invokedAt,
      endedAt: performance.now(),
      outcome: isFound ? 'found' : answer?.status === 404 ? 'absent' : 'unreachable',
      version,
      value: isFound ? answer.text : undefined,
    })
  }

  #goesTo(number: number): Daemon {
    const home = this.#daemons[number % this.#daemons.length]
    const isAtHome = this.#options.visits === 'home' && home?.isRunning
    return isAtHome ? home : this.#anybody()
  }

  /** Any of them that runs: its clients know no more. */
  #anybody(): Daemon {
    const running = this.#daemons.filter((daemon) => daemon.isRunning)
    const daemon = running[Math.floor(Math.random() * running.length)] ?? this.#daemons[0]
    if (daemon === undefined) throw new Error('clients need a node')
    return daemon
  }
}

function send(client: Client, { op, key, value, requestId, condition }: Started): Promise<Answer> {
  const headers = {
    'Idempotency-Key': requestId,
    ...(condition.kind === 'oneOf' && { 'If-Match': `"${condition.versions[0] ?? ''}"` }),
  }
  return op === 'put' ? client.put(key, value, headers) : client.delete(key, headers)
}

/** What an answer says became of a write. */
function outcomeOf({ status }: Answer): WriteRecord['outcome'] {
  switch (status) {
    case 200:
      return 'applied'
    case 412:
      return 'conflict'
    case 422:
      return 'reused'
    case 507:
      return 'full'
    case 503:
      return 'refused'
    case 504:
      return 'unknown'
    default:
      throw new Error(`a write was answered ${status}`)
  }
}
