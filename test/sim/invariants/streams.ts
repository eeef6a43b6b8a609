// I9: a stream has no gaps: a master that says "applied up to here" has flushed every record to there,
// and what a primary calls committed is flushed on every master of its view.
import type { Beat, NodeRequest } from '../../../src/core/messages.ts'
import type { Effect, Event } from '../../../src/core/step.ts'
import type { Version } from '../../../src/core/types.ts'
import { VERSION_ZERO } from '../../../src/core/version.ts'
import { formatBallot, onlyGroup, sameBallot } from '../../../src/core/view.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'
import type { Purges } from './purges.ts'

type Replicate = Extract<NodeRequest, { kind: 'replicate' }>

interface Sent {
  readonly key: string
  readonly version: Version
  readonly isPurge: boolean
}

export class Streams implements Witness {
  readonly #world: World
  readonly #purges: Purges
  /** By ballot: what its primary sent under each number. */
  readonly #sent = new Map<string, Map<number, Sent>>()
  /** By ballot and life: how far its word was checked. */
  readonly #checked = new Map<string, number>()
  /** By ballot: how far its primary's word was checked. */
  readonly #committed = new Map<string, number>()

  constructor(world: World, purges: Purges) {
    this.#world = world
    this.#purges = purges
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'call' && effect.request.kind === 'replicate') {
        this.#sends(life, effect.request)
      } else if (effect.kind === 'respond' && effect.response.kind === 'replicated') {
        const request = life.requestOf(effect.ticket)
        if (request?.kind === 'replicate') {
          this.#applied(life, request, effect.response.appliedSeq)
        }
      } else if (effect.kind === 'send' && effect.datagram.kind === 'beat') {
        this.#says(life, effect.datagram)
      }
    }
  }

  #sends(life: Life, request: Replicate): void {
    const name = formatBallot(request.ballot)
    const sent = this.#sent.get(name) ?? new Map<number, Sent>()
    this.#sent.set(name, sent)
    request.records.forEach((record, i) => {
      const { key, version } = record.kind === 'entry' ? record.entry : record
      const seq = request.firstSeq + i
      const known = sent.get(seq)
      if (known === undefined) {
        sent.set(seq, { key, version, isPurge: record.kind === 'purge' })
      } else if (known.key !== key || known.version !== version) {
        const both = `${known.key} ${known.version}, then ${key} ${version}`
        this.#world.breach('I9', `${life.machine.name} numbered ${seq} of ${name} twice: ${both}`)
      }
    })
  }

  /** What was purged later, or has become newer, was applied as well. */
  #isDone(sent: Sent, held: Version, at: { ballot: string; seq: number }): boolean {
    if (sent.isPurge) {
      const isBack = held === sent.version && this.#isSentAgain(sent, at)
      return held === VERSION_ZERO || held > sent.version || isBack
    }
    return held >= sent.version || this.#purges.upTo(sent.key) >= sent.version
  }

  /** A retried delete sends its tombstone again, and may come right after the purge of it. */
  #isSentAgain({ key, version }: Sent, { ballot, seq }: { ballot: string; seq: number }): boolean {
    const all = [...(this.#sent.get(ballot) ?? [])]
    return all.some(([n, it]) => n > seq && it.key === key && it.version === version && !it.isPurge)
  }

  #applied(life: Life, request: Replicate, appliedSeq: number): void {
    const ballot = formatBallot(request.ballot)
    const view = life.machine.disk.store.state?.view
    if (view === undefined || !sameBallot(view.ballot, request.ballot)) return
    const name = `${ballot} ${life.machine.name}${life.incarnation}`
    const checked = this.#checked.get(name) ?? view.start.seq
    for (let seq = checked + 1; seq <= appliedSeq; seq++) {
      const sent = this.#sent.get(ballot)?.get(seq)
      const held = sent === undefined ? '' : life.machine.disk.durableVersion(sent.key)
      if (sent !== undefined && this.#isDone(sent, held, { ballot, seq })) continue
      const what = sent === undefined ? 'which nobody sent' : `but has ${held} of ${sent.key}`
      const who = `${life.machine.name}${life.incarnation}`
      this.#world.breach('I9', `${who} says it has applied ${seq} of ${ballot}, ${what}`)
    }
    this.#checked.set(name, Math.max(checked, appliedSeq))
  }

  /** A heartbeat of an active primary: every record up to the position it names is on every master. */
  #says(life: Life, beat: Beat): void {
    const view = life.machine.disk.store.state?.view
    if (!beat.isActive || beat.master === undefined || view === undefined) return
    const ballot = formatBallot(beat.ballot)
    const { seq: committedSeq } = beat.master.committed
    const checked = this.#committed.get(ballot) ?? view.start.seq
    if (committedSeq <= checked) return
    this.#committed.set(ballot, committedSeq)
    for (let seq = checked + 1; seq <= committedSeq; seq++) {
      const sent = this.#sent.get(ballot)?.get(seq)
      for (const master of onlyGroup(view).masters) {
        const machine = this.#world.machineOf(master.id)
        // In a later life its disk may have lost it by damage.
        const isSameLife = (machine?.life?.incarnation ?? master.incarnation) === master.incarnation
        if (sent === undefined || machine === undefined || !isSameLife) continue
        const held = machine.disk.durableVersion(sent.key)
        if (this.#isDone(sent, held, { ballot, seq })) continue
        const what = `${seq} of ${ballot} is committed, but ${machine.name} has ${held} of ${sent.key}`
        this.#world.breach('I9', `${life.machine.name}${life.incarnation} says that ${what}`)
      }
    }
  }
}
