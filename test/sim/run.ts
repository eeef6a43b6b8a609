// One run: a scenario with a seed, from the first start to the verdict.
import type { Version } from '../../src/core/types.ts'
import { checkHistory } from '../checker/check.ts'
import { Acknowledged } from './invariants/acknowledged.ts'
import { Audits } from './invariants/audits.ts'
import { Forks } from './invariants/forks.ts'
import { Forced } from './invariants/forced.ts'
import { Lineage } from './invariants/lineage.ts'
import { Load } from './invariants/load.ts'
import { Purges } from './invariants/purges.ts'
import { Sides } from './invariants/sides.ts'
import { Promises } from './invariants/promises.ts'
import { Streams } from './invariants/streams.ts'
import { Vouching } from './invariants/vouching.ts'
import { Clients } from './clients.ts'
import { Faults } from './faults.ts'
import {
  ailment,
  disagreements,
  finalState,
  isQuiet,
  mastersOf,
  opinions,
  unanswered,
} from './health.ts'
import { prefill } from './prefill.ts'
import type { RunOptions, Scenario } from './scenario.ts'
import { Stage } from './stage.ts'
import { Tracer } from './tracer.ts'
import type { Violation } from './violation.ts'
import { World } from './world.ts'

export interface RunReport {
  readonly violations: readonly Violation[]
  readonly acknowledged: number
  readonly views: number
  readonly faults: number
  /** Keys that were purged. */
  readonly purged: number
  readonly endMs: number
  /** The longest time between two acknowledged writes while clients were at work. Unit: ms. */
  readonly silenceMs: number
}

/** Fresh reads are at most this old: two leases. Unit: ms. */
const STALE_MS_MAX = 2000

/** A healed cluster must be whole within this, and then stay so. Unit: ms. */
const SETTLE_MS_MAX = 40_000
const STABLE_MS = 1500

/** A healthy cluster without clients has a moment without anything under way within this. Unit: ms. */
const QUIET_MS_MAX = 5000

/** Clients stop this long before, or after, everything is repaired. Unit: ms. */
const STOP_BEFORE_MS = 10
const STOP_AFTER_MS = 1500

/** Views that a run may use up: so many at the start, and for every fault. */
const VIEWS_AT_START = 8
const VIEWS_A_NODE = 3
const VIEWS_A_FAULT = 5

export function run(scenario: Scenario, options: RunOptions): RunReport {
  return new Run(scenario, options).play()
}

class Run {
  readonly #scenario: Scenario
  readonly #world: World
  readonly #purges: Purges
  readonly #acknowledged: Acknowledged
  readonly #lineage: Lineage
  readonly #clients: Clients
  readonly #faults: Faults | undefined
  readonly #stage: Stage
  readonly #sides: Sides
  readonly #forks: Forks
  readonly #forced: Forced

  constructor(scenario: Scenario, options: RunOptions) {
    const world = new World(options.seed, { ...scenario.world, ...options })
    const tracer = options.trace === undefined ? undefined : new Tracer(world, options.trace)
    this.#scenario = scenario
    this.#world = world
    this.#purges = new Purges(world)
    const sides = new Sides(world, scenario)
    this.#sides = sides
    const forks = new Forks(scenario.mayFork)
    this.#forks = forks
    this.#acknowledged = new Acknowledged(world, {
      settings: scenario.world.settings,
      forks,
      purges: this.#purges,
      sides,
    })
    const forced = new Forced(world, this.#purges)
    this.#forced = forced
    this.#lineage = new Lineage(world, {
      forks,
      isForced: () => forced.isOrdered,
      onActive: (view) => {
        sides.acts(view)
        this.#acknowledged.viewActs(view)
      },
    })
    if (tracer !== undefined) world.watch(tracer)
    if (options.witness !== undefined) world.watch(options.witness)
    for (const witness of [
      forks,
      sides,
      new Promises(world),
      this.#purges,
      new Audits(world),
      this.#acknowledged,
      this.#lineage,
      new Streams(world, this.#purges),
      new Vouching(world),
      new Load(world),
    ]) {
      world.watch(witness)
    }
    this.#clients = new Clients(world, scenario.clients)
    const note = (what: string): void => tracer?.note('--', what)
    this.#faults = scenario.faults && new Faults(world, scenario.faults, note)
    this.#stage = new Stage(world, {
      clients: this.#clients,
      forced,
      endMs: scenario.faultsUntilMs,
      note,
    })
  }

  play(): RunReport {
    this.#schedule()
    const { faultsUntilMs } = this.#scenario
    this.#runUntil(faultsUntilMs + STOP_AFTER_MS)
    this.#settle(faultsUntilMs + SETTLE_MS_MAX)
    if (this.#isFine) this.#probe()
    if (this.#isFine) this.#awaitQuiet()
    if (this.#isFine) this.#judgeEnd()
    this.#judgeHistory()
    this.#judgeSilence()
    return {
      violations: this.#world.violations,
      acknowledged: this.#acknowledged.count,
      views: this.#lineage.count,
      faults: this.#faultCount,
      purged: this.#purges.count,
      endMs: this.#world.agenda.nowMs,
      silenceMs: this.#clients.silenceMs(),
    }
  }

  get #faultCount(): number {
    return (this.#faults?.count ?? 0) + this.#stage.faultsAt.length
  }

  get #isFine(): boolean {
    return this.#world.violations.length === 0
  }

  #schedule(): void {
    const { agenda, machines } = this.#world
    const { clientsFromMs, faultsFromMs, faultsUntilMs, prefilled, script } = this.#scenario
    const chance = this.#world.fork()
    if (prefilled > 0) {
      for (const write of prefill(this.#world, prefilled)) {
        this.#clients.remember(write)
        this.#acknowledged.add(write.key, write.version ?? '')
      }
    }
    let startMs = 0
    for (const machine of machines) {
      agenda.at(startMs, () => this.#world.start(machine))
      startMs += chance.between(this.#scenario.startEveryMs)
    }
    agenda.at(clientsFromMs, () => this.#clients.start())
    agenda.at(faultsFromMs, () => this.#faults?.start())
    script?.(this.#stage)
    agenda.at(faultsUntilMs, () => {
      this.#faults?.stop()
      this.#world.repair()
    })
    const stopsBefore = chance.happens(0.5)
    const stopMs = faultsUntilMs + (stopsBefore ? -STOP_BEFORE_MS : STOP_AFTER_MS)
    agenda.at(stopMs, () => this.#clients.stop())
  }

  #runUntil(endMs: number): void {
    this.#world.agenda.runUntil(endMs, () => !this.#isFine)
  }

  /** I12: everything works again, so the cluster must come together, and stay. */
  #settle(untilMs: number): void {
    const { agenda } = this.#world
    let stableSinceMs: number | undefined
    let reason: string | undefined
    while (this.#isFine && agenda.nowMs < untilMs) {
      this.#runUntil(agenda.nowMs + 100)
      reason = this.#clients.isIdle ? ailment(this.#world) : 'clients wait'
      stableSinceMs = reason === undefined ? (stableSinceMs ?? agenda.nowMs) : undefined
      if (stableSinceMs !== undefined && agenda.nowMs - stableSinceMs >= STABLE_MS) return
    }
    if (!this.#isFine) return
    this.#world.breach('I12', `never whole again: ${reason}\n${opinions(this.#world)}`)
  }

  #probe(): void {
    for (const machine of this.#world.running) this.#clients.probe(machine)
    this.#runUntil(this.#world.agenda.nowMs + 1000)
    if (!this.#clients.isIdle) this.#world.breach('I12', 'a write after healing takes for ever')
  }

  /** Masters are compared between two steps of clearing up or two views, not in the middle of one. */
  #awaitQuiet(): void {
    const untilMs = this.#world.agenda.nowMs + QUIET_MS_MAX
    const isCalm = (): boolean => isQuiet(this.#world) && ailment(this.#world) === undefined
    while (!isCalm() && this.#isFine && this.#world.agenda.nowMs < untilMs) {
      this.#runUntil(this.#world.agenda.nowMs + 1)
    }
  }

  #judgeEnd(): void {
    for (const text of disagreements(this.#world)) this.#world.breach('I13', text)
    this.#purges.judge(mastersOf(this.#world))
    this.#forced.judge(mastersOf(this.#world))
    for (const text of unanswered(this.#world)) this.#world.breach('contract', text)
    const faults = this.#faultCount + this.#stage.orders
    const viewsMax =
      VIEWS_AT_START + VIEWS_A_NODE * this.#world.machines.length + VIEWS_A_FAULT * faults
    if (this.#lineage.count <= viewsMax) return
    this.#world.breach('I11', `${this.#lineage.count} views for ${faults} faults`)
  }

  /** G2: writes go on, or resume soon, where one fault at a time allows it. */
  #judgeSilence(): void {
    const { silenceMsMax } = this.#scenario
    const silenceMs = this.#clients.silenceMs()
    if (silenceMsMax === undefined || silenceMs <= silenceMsMax) return
    this.#world.breach('G2', `no write was acknowledged for ${silenceMs.toFixed(0)} ms`)
  }

  /** The end is judged only if it was reached. */
  #judgeHistory(): void {
    const findings = checkHistory(this.#clients.records(), {
      final: this.#isFine ? finalState(this.#world, this.#purges.all()) : undefined,
      judgement: {
        staleMsMax: STALE_MS_MAX,
        sides: this.#forks.isPossible ? this.#sides : undefined,
        wasPurged: (key, from, below) => this.#purges.wasPurged(key, from, below),
        isGone: this.#forced.isOrdered ? (key, version) => this.#isGone(key, version) : undefined,
        memoryLostAt: [...(this.#faults?.memoryLostAt ?? []), ...this.#stage.faultsAt],
      },
    })
    for (const { rule, key, text } of findings) this.#world.breach(rule, `${key}: ${text}`)
  }

  /** The holders of the lineage in which it was acknowledged are lost for good. */
  #isGone(key: string, version: Version): boolean {
    const view = mastersOf(this.#world)[0]?.disk.store.state?.view
    return view !== undefined && this.#sides.isGone(key, version, view)
  }
}
