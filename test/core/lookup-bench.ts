// A node that looks keys up, on a bench: what it asks, whom, and what its readers get, in words.
// Holds no expectations.
import type { CallAnswer, Datagram, NodeResponse } from '../../src/core/messages.ts'
import type { Effect } from '../../src/core/step.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Entry, ReadOutcome, ReadQuery } from '../../src/core/types.ts'
import { type Call, Lab } from './lab.ts'
import { A, addressOf, B, ballot, C, entry, nameOf, node, response } from './words.ts'
import { sender, state, version, view } from './words.ts'

export const V2 = view('2A', 'A+ B+')
export const POSITION = { stream: ballot('2A'), seq: 1 }

type Answer = Extract<Datagram, { kind: 'answer' }>

export class Bench {
  readonly lab: Lab
  #nonce = 0
  readonly #wakes: { ticket: number; atMs: number }[] = []
  readonly #calls: Call[] = []
  /** Everything that went out, in words. */
  readonly heard: string[] = []

  constructor(lab = new Lab({ me: C, state: state(V2), random: counting() })) {
    this.lab = lab
    lab.meet(A, 0)
    lab.meet(B, 0)
  }

  read(ticket: number, nowMs = 0, strength: ReadQuery['strength'] = 'fresh', key = 'k'): void {
    this.lab.parts.lookups.read(ticket, { key, strength }, nowMs)
    this.collect(nowMs)
  }

  /** What happened since: questions, reads, outcomes. */
  news(): string {
    return this.heard.splice(0).join(', ')
  }

  collect(nowMs: number): void {
    for (const effect of this.lab.take()) this.#note(effect, nowMs)
  }

  #note(effect: Effect, nowMs: number): void {
    if (effect.kind === 'wake')
      this.#wakes.push({ ticket: effect.ticket, atMs: nowMs + effect.afterMs })
    if (effect.kind === 'finish')
      this.heard.push(`${effect.ticket} ${text(effect.outcome as ReadOutcome)}`)
    if (effect.kind === 'send' && effect.datagram.kind === 'query') {
      this.#nonce = effect.datagram.nonce
      this.heard.push('query')
    }
    if (effect.kind === 'call' && effect.request.kind === 'read') {
      this.#calls.push(effect)
      this.heard.push(`read ${nameOf(node(Number(effect.to.slice(7, 9)).toString(16)))}`)
    }
    if (effect.kind === 'call' && effect.request.kind === 'ping') this.heard.push('ping')
    if (effect.kind === 'keep')
      this.heard.push(`keep ${effect.copy.known.kind} ${effect.copy.provenAtMs}`)
  }

  /** Time passes: waits that are over run, then the tick. */
  at(nowMs: number): void {
    for (;;) {
      const next = this.#wakes.findIndex((wake) => wake.atMs <= nowMs)
      const [wake] = next < 0 ? [] : this.#wakes.splice(next, 1)
      if (wake === undefined) break
      this.lab.out.woken(wake.ticket, wake.atMs)
      this.collect(wake.atMs)
    }
    this.lab.parts.lookups.tick(nowMs)
    this.collect(nowMs)
  }

  /** A datagram answers the last question. */
  answer(found: Entry, nowMs: number, more: Partial<Answer> = {}): void {
    const inline = 'inline' in more ? undefined : toTravel(found, 0)
    const answer: Answer = {
      kind: 'answer',
      nonce: this.#nonce,
      version: found.version,
      isMaster: true,
      position: POSITION,
      ageMs: 0,
      valueBytes: 1,
      ...more,
      inline,
    }
    this.lab.parts.lookups.answered(addressOf(A), answer, nowMs)
    this.collect(nowMs)
  }

  absent(
    from: string,
    nowMs: number,
    more: { life?: number; tombstone?: string; ageMs?: number } = {},
  ): void {
    const { life = 1, tombstone = '', ageMs = 0 } = more
    const answer = {
      kind: 'absent',
      nonce: this.#nonce,
      position: POSITION,
      ageMs,
      tombstone,
    } as const
    this.lab.parts.lookups.absent(sender(node(from), life), answer, nowMs)
    this.collect(nowMs)
  }

  /** The oldest direct read ends. */
  end(answer: CallAnswer | NodeResponse, nowMs: number, from = A): void {
    const call = this.#calls.shift()
    if (call === undefined) throw new Error('no read is open')
    const isAnswer = ['response', 'refused', 'broken', 'late'].includes(answer.kind)
    this.lab.answer(
      call,
      isAnswer ? (answer as CallAnswer) : response(from, answer as NodeResponse),
      nowMs,
    )
    this.collect(nowMs)
  }
}

/** Nonces 1, 2, 3. */
export function counting(): () => number {
  let nonce = 0
  return () => ++nonce / 2 ** 32
}

function text(outcome: ReadOutcome): string {
  if (outcome.kind === 'unreachable') return `unreachable: ${outcome.reason}`
  const what = outcome.kind === 'found' ? `found ${outcome.entry.version.slice(8, 12)}` : 'absent'
  return `${what} ${outcome.source} ${outcome.ageMs}`
}

export const V5 = entry('k', version(5))
export const V7 = entry('k', version(7))
export const found = (e: Entry, ageMs = 0): NodeResponse => ({
  kind: 'found',
  entry: toTravel(e, 0),
  ageMs,
  isMaster: true,
  position: POSITION,
})
export const none = (ageMs = 0): NodeResponse => ({
  kind: 'absent',
  tombstone: '',
  ageMs,
  position: POSITION,
})
