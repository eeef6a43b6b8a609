// One node watches another one: a story is what happens, when, and what the watcher then thinks of it.
import t from 'tap'
import type { CallAnswer } from '../../src/core/messages.ts'
import type { Effect } from '../../src/core/step.ts'
import type { NodeId } from '../../src/core/types.ts'
import { type Call, Lab } from './lab.ts'
import { A, B, BROKEN, LATE, REFUSED, response } from './words.ts'

type Wake = Extract<Effect, { kind: 'wake' }>

/** One node watching B; every step is a line. */
export class Watch {
  readonly lab = new Lab({ me: A })
  readonly #open: Call[] = []
  readonly #waits: Wake[] = []
  /** B is watched as one master watches another. */
  isFellow = false

  constructor() {
    this.lab.parts.self.setWall(0, 0)
  }

  phase(id = B): string {
    this.#collect()
    const member = this.lab.parts.members.get(id)
    return member === undefined ? 'none' : member.phase
  }

  #collect(): void {
    for (const effect of this.lab.take()) {
      if (effect.kind === 'call') this.#open.push(effect)
      if (effect.kind === 'wake') this.#waits.push(effect)
    }
  }

  /** A wait ends that was meant to last 50 ms. */
  wake(nowMs: number): void {
    this.#collect()
    const wait = this.#waits.shift()
    if (wait?.afterMs !== 50) throw new Error('nothing waits for 50 ms')
    this.lab.out.woken(wait.ticket, nowMs)
  }

  /** Pings that have not ended. */
  get pings(): number {
    this.phase()
    return this.#open.length
  }

  beat(nowMs: number, incarnation = 1): void {
    this.lab.hear(B, nowMs, { incarnation })
  }

  /** The oldest ping ends. */
  ping(how: 'pong' | CallAnswer, nowMs: number, from: { id?: NodeId; life?: number } = {}): void {
    this.phase()
    const call = this.#open.shift()
    if (call?.request.kind !== 'ping') throw new Error('no ping is open')
    const { id = B, life: incarnation = 1 } = from
    const pong = { kind: 'pong', nonce: call.request.nonce, id, incarnation, others: [] } as const
    this.lab.answer(call, how === 'pong' ? response(id, pong) : how, nowMs)
  }

  tick(nowMs: number): void {
    this.lab.parts.members.tick(nowMs, this.isFellow ? [B] : [])
  }
}

export type Step = readonly [
  what:
    | 'beat'
    | 'reborn'
    | 'pong'
    | 'other'
    | 'refused'
    | 'broken'
    | 'late'
    | 'busy'
    | 'tick'
    | 'call'
    | 'wake'
    | 'bye',
  atMs: number,
  phase: string,
]

export function run(w: Watch, [what, atMs]: Step): void {
  switch (what) {
    case 'beat':
      return w.beat(atMs)
    case 'reborn':
      return w.beat(atMs, 2)
    case 'pong':
      return w.ping('pong', atMs)
    case 'other':
      return w.ping('pong', atMs, { life: 2 })
    case 'refused':
      return w.ping(REFUSED, atMs)
    case 'broken':
      return w.ping(BROKEN, atMs)
    case 'busy':
      return w.ping(response(B, { kind: 'unable', reason: 'overloaded' }), atMs)
    case 'late':
      return w.ping(LATE, atMs)
    case 'tick':
      return w.tick(atMs)
    case 'call':
      return w.lab.parts.members.suspect(B, atMs)
    case 'wake':
      return w.wake(atMs)
    case 'bye':
      return w.lab.parts.members.left(B, 1)
  }
}

export const MET: readonly Step[] = [
  ['beat', 0, 'unverified'],
  ['pong', 1, 'alive'],
]

/** A test for each story. */
export function tellAll(
  stories: Readonly<Record<string, readonly Step[]>>,
  { isFellow }: { isFellow: boolean },
): void {
  for (const [title, steps] of Object.entries(stories)) {
    t.test(title, async (t) => {
      const w = new Watch()
      w.isFellow = isFellow
      for (const step of steps) {
        run(w, step)
        t.equal(w.phase(), step[2], step.slice(0, 2).join(' at '))
      }
    })
  }
}
