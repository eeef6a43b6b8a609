// The machines of one node on a bench: a real outbox, a store in memory, time as an argument.
// Does nothing by itself: a test takes the effects and says how each of them ended.
import type { ProtocolRange } from '../../src/core/protocol-version.ts'
import type { Beat, CallAnswer } from '../../src/core/messages.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import type { CopyReader } from '../../src/core/ports.ts'
import { Outbox } from '../../src/core/outbox.ts'
import { createParts, type Parts } from '../../src/core/parts.ts'
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import type { ClusterSettings } from '../../src/core/settings.ts'
import type { Effect } from '../../src/core/step.ts'
import type { Copy, DurableState, Entry, NodeId, View } from '../../src/core/types.ts'
import { primaryOf } from '../../src/core/view.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { addressOf, beat, nameOf, response, sender, state } from './words.ts'

export type Call = Extract<Effect, { kind: 'call' }>

export interface LabOptions {
  readonly protocol?: ProtocolRange
  readonly me: NodeId
  readonly incarnation?: number
  readonly isWitness?: boolean
  readonly state?: DurableState
  readonly entries?: readonly Entry[]
  readonly settings?: Partial<ClusterSettings>
  readonly rules?: Partial<Rules>
  readonly random?: () => number
  readonly bytesMax?: number
  readonly diskBytes?: number
}

export class Lab {
  readonly me: NodeId
  readonly out = new Outbox()
  readonly parts: Parts
  readonly store: MemoryStore
  readonly copies = new LabCopies()
  /** What the listener of `Standing` was told, in order. */
  readonly told: string[] = []
  #unflushed: number[] = []
  /** The latest time that it was told, for waits of no time. */
  #nowMs = 0
  #effects: Effect[] = []

  constructor(options: LabOptions) {
    const { me, incarnation = 1, settings, rules, random = () => 0.5 } = options
    this.me = me
    this.store = new MemoryStore({
      nodeId: me,
      incarnation,
      state: options.state,
      bytesMax: options.bytesMax,
      diskBytes: options.diskBytes,
      flushLater: () => {},
    })
    const changes = (options.entries ?? []).map((entry) => ({ kind: 'put', entry }) as const)
    this.store.apply(changes, () => {})
    const identity = {
      id: me,
      incarnation,
      address: addressOf(me),
      isWitness: options.isWitness ?? false,
      state: options.state ?? state(undefined),
    }
    this.parts = createParts(
      this.out,
      { store: this.store, copies: this.copies, random },
      {
        options: {
          identity,
          settings: {
            mode: 'available',
            voters: 0,
            minCopies: 1,
            valueBytesMax: 1000,
            ...settings,
          },
          fingerprint: 7,
          protocol: options.protocol,
          rules: { ...ALL_RULES, ...rules },
        },
        listener: {
          viewChanged: (view, nowMs) => this.#viewChanged(view, nowMs),
          activated: (view, nowMs) => this.#activated(view, nowMs),
          stoodDown: (nowMs) => this.#stoodDown(nowMs),
        },
      },
    )
    const { view } = this.parts.standing
    if (view !== undefined) this.parts.follower.follow(view)
  }

  /** The effects since the last time; what they change in stores and copies is visible now. */
  take(): Effect[] {
    this.#collect()
    return this.#effects.splice(0)
  }

  /** The new effects of one kind, and forgets the others. */
  new<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.take().filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind)
  }

  /** The new calls of one kind of request. */
  calls(kind?: string): Call[] {
    return this.new('call').filter((call) => kind === undefined || call.request.kind === kind)
  }

  /** The one new call; a test that meant another number of them fails here. */
  call(kind?: string): Call {
    const calls = this.calls(kind)
    const [only] = calls
    if (only === undefined || calls.length !== 1) {
      throw new Error(`${calls.length} calls instead of one ${kind ?? ''}`)
    }
    return only
  }

  answer(call: Call, answer: CallAnswer, nowMs: number): void {
    this.#nowMs = nowMs
    this.out.answered(call.ticket, answer, nowMs)
  }

  /** All that has arrived was taken: waits of no time end. */
  turn(nowMs: number): void {
    this.#nowMs = nowMs
    this.#collect()
  }

  /** The disk is done with the oldest `count` stores. */
  flush(nowMs: number, count = Infinity): void {
    this.turn(nowMs)
    for (const ticket of this.#unflushed.splice(0, count)) this.out.stored(ticket, nowMs)
    this.#collect()
  }

  /** Flushes until nothing waits for the disk any more. */
  settle(nowMs: number): void {
    do this.flush(nowMs)
    while (this.#unflushed.length > 0)
  }

  /** Hears a node, and lets it pass its first ping. */
  meet(id: NodeId, nowMs: number, more: Partial<Beat> & { incarnation?: number } = {}): void {
    const { incarnation = 1, ...words } = more
    this.hear(id, nowMs, more)
    for (const call of this.calls('ping')) {
      if (call.request.kind !== 'ping' || call.to !== (words.address ?? addressOf(id))) continue
      const { nonce } = call.request
      this.answer(call, response(id, { kind: 'pong', nonce, id, incarnation, others: [] }), nowMs)
    }
    this.parts.leases.heard(sender(id, incarnation), beat(id, words))
    this.take()
  }

  hear(id: NodeId, nowMs: number, more: Partial<Beat> & { incarnation?: number } = {}): boolean {
    const { incarnation = 1, ...words } = more
    const wallMs = this.parts.self.wallMs(nowMs)
    return this.parts.members.heard(
      sender(id, incarnation),
      { beat: beat(id, { wallMs, ...words }), way: 'multicast' },
      nowMs,
    )
  }

  /** Waits of no time end here: whoever looks at the effects looks after the turn. */
  #collect(): void {
    for (let effects = this.out.take(); effects.length > 0; effects = this.out.take()) {
      for (const effect of effects) this.#act(effect)
      this.#effects.push(...effects)
    }
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'store':
        this.store.apply(effect.changes, () => {})
        this.#unflushed.push(effect.ticket)
        return
      case 'wake':
        if (effect.afterMs === 0) this.out.woken(effect.ticket, this.#nowMs)
        return
      case 'keep':
        this.copies.set(effect.copy.key, effect.copy)
        return
      case 'drop':
        this.copies.drop(effect.keyHash)
        return
      case 'dropAll':
        this.copies.clear()
        return
      default:
    }
  }

  #viewChanged(view: View, nowMs: number): void {
    this.told.push(`changed ${view.ballot.epoch}${nameOf(view.ballot.proposer)}`)
    this.parts.synced.start(view.ballot)
    if (this.parts.standing.mastership?.inSync === false) this.parts.remembered.clear()
    this.parts.follower.follow(view)
    if (this.parts.standing.mastership === undefined) this.parts.commits.clear()
    else this.parts.commits.enter(view.start)
    if (primaryOf(view).id === this.me) this.parts.stream.enter(view.start, nowMs)
    else this.parts.stream.drop(nowMs)
  }

  #stoodDown(nowMs: number): void {
    this.told.push('stood down')
    this.parts.stream.drop(nowMs)
  }

  #activated(view: View, nowMs: number): void {
    this.told.push(`activated ${view.ballot.epoch}${nameOf(view.ballot.proposer)}`)
    this.parts.stream.start(view, nowMs)
  }
}

/** Copies without a bound. */
class LabCopies extends Map<string, Copy> implements CopyReader {
  byHash(hash: string): Copy | undefined {
    return [...this.values()].find((copy) => keyHash(copy.key) === hash)
  }

  hashes(): readonly string[] {
    return [...this.keys()].map(keyHash)
  }

  drop(hash: string): void {
    for (const key of this.keys()) if (keyHash(key) === hash) this.delete(key)
  }
}

/** An active primary of this view; its other masters are known and alive. */
export function primaryLab(view: View, options: Partial<LabOptions> = {}): Lab {
  const lab = new Lab({ me: primaryOf(view).id, state: state(view), ...options })
  lab.parts.self.setWall(0, 0)
  for (const master of view.groups[0]?.masters ?? []) {
    if (master.id !== lab.me) lab.meet(master.id, 0, { incarnation: master.incarnation })
  }
  lab.parts.commits.enter(view.start)
  lab.parts.stream.enter(view.start, 0)
  lab.parts.standing.rememberActive(view, () => {})
  lab.parts.standing.activate(0)
  lab.settle(0)
  lab.take()
  return lab
}
