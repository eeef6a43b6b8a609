// What happened, in a line for people: events, effects and messages.
// Shows names for ids and sizes for bytes; leaves out nothing that decides.
import type { Beat } from '../../src/core/messages.ts'
import type { Effect, Event } from '../../src/core/step.ts'
import type { Ballot, Entry, View } from '../../src/core/types.ts'
import type { Names } from './names.ts'

export class Describer {
  readonly #names: Names

  constructor(names: Names) {
    this.#names = names
  }

  /** What came in; undefined when it is of no interest. */
  event(event: Event): string | undefined {
    switch (event.kind) {
      case 'tick':
        return undefined
      case 'datagram':
        if (event.datagram.kind === 'beat') return undefined
        return `<- ${this.#names.of(event.sender.id)} ${this.#message(event.datagram)}`
      case 'request':
        return `<- ${this.#names.of(event.sender.id)} #${event.ticket} ${this.#message(event.request)}`
      case 'answer': {
        const { answer } = event
        if (answer.kind !== 'response') return `call #${event.ticket} ${answer.kind}`
        const from = this.#names.of(answer.sender.id)
        return `call #${event.ticket} <- ${from} ${this.#message(answer.response)}`
      }
      case 'stored':
        return `stored #${event.ticket}`
      case 'woken':
        return `woken #${event.ticket}`
      case 'write':
        return `client #${event.ticket} writes ${this.#value(event.command)}`
      case 'read':
        return `client #${event.ticket} reads ${this.#value(event.query)}`
      case 'audit':
        return 'is asked for an audit'
      case 'leave':
        return 'leaves'
      case 'lookFor':
        return `looks for ${event.addresses.map((address) => this.#names.of(address)).join(' ')}`
      case 'moved':
        return `is now at ${event.address}`
      case 'order':
        return `is ordered to ${event.order.kind}`
    }
  }

  /** What went out; undefined when it is of no interest. */
  effect(effect: Effect): string | undefined {
    switch (effect.kind) {
      case 'send':
        if (effect.datagram.kind === 'beat') return this.#beat(effect.datagram)
        return `-> ${this.#names.of(effect.to)} ${this.#message(effect.datagram)}`
      case 'call':
        return `-> ${this.#names.of(effect.to)} call #${effect.ticket} ${this.#message(effect.request)}`
      case 'respond':
        return `-> #${effect.ticket} ${this.#message(effect.response)}`
      case 'store':
        return `stores #${effect.ticket} ${effect.changes.map((c) => this.#value(c)).join(', ')}`
      case 'wake':
      case 'committed':
        return undefined
      case 'finish':
        return `client #${effect.ticket} gets ${this.#value(effect.outcome)}`
      case 'keep':
        return `keeps a copy of ${effect.copy.key}`
      case 'drop':
        return `drops its copy of hash ${effect.keyHash}`
      case 'dropAll':
        return 'drops all its copies'
      case 'log':
        return `${effect.level}: ${this.log(effect)}`
      case 'gone':
        return 'has left'
      case 'stop':
        return `stops itself: ${effect.reason}`
    }
  }

  /** `view-active: ballot 1.a, reason no-primary`. */
  log(entry: Extract<Effect, { kind: 'log' }>): string {
    const fields = this.#value(entry.fields).replace(/^\{(.*)\}$/, '$1')
    return fields === '' ? entry.event : `${entry.event}: ${fields}`
  }

  /** `view 7.b of b+ c-`, the roster's size and history when they matter. */
  view(view: View): string {
    const masters = view.groups.map((group) =>
      group.masters
        .map((m) => `${this.#names.of(m.id)}${m.incarnation}${m.inSync ? '+' : '-'}`)
        .join(' '),
    )
    return `view ${this.ballot(view.ballot)} of ${masters.join(' | ')}, ${view.roster.length} nodes`
  }

  ballot(ballot: Ballot): string {
    return `${ballot.epoch}.${this.#names.of(ballot.proposer)}`
  }

  /** Four beats a second and node say the same: only what a beat claims is shown. */
  #beat(beat: Beat): string {
    const acts = beat.isActive ? ', acts' : ''
    const held = beat.lineages.map((ballot) => this.ballot(ballot)).join(' ')
    const ballots = `at ${this.ballot(beat.ballot)}, promised ${this.ballot(beat.promised)}`
    return `BEATS ${beat.phase} ${ballots}, holds ${held || 'nothing'}${acts}`
  }

  #message(message: { readonly kind: string }): string {
    return this.#value(message)
  }

  #value(value: unknown): string {
    if (typeof value === 'string') return this.#names.shorten(value)
    if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
    if (typeof value !== 'object' || value === null) return String(value)
    if (value instanceof Uint8Array) return `${value.length} bytes`
    if (Array.isArray(value)) return `[${value.map((item) => this.#value(item)).join(' ')}]`
    if (isBallot(value)) return this.ballot(value)
    if (isView(value)) return this.view(value)
    if (isEntry(value)) {
      const end = value.content.kind === 'tombstone' ? ' deleted' : ''
      return `${value.key}@${this.#names.version(value.version)}${end}`
    }
    const { kind, ...fields } = value as Record<string, unknown>
    const texts = Object.entries(fields)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => `${name} ${this.#value(field)}`)
    const start = typeof kind === 'string' ? `${kind} ` : ''
    return `${start}${texts.length > 0 ? `{${texts.join(', ')}}` : ''}`.trim()
  }
}

function isBallot(value: object): value is Ballot {
  return 'epoch' in value && 'proposer' in value
}

function isView(value: object): value is View {
  return 'groups' in value && 'ballot' in value
}

function isEntry(value: object): value is Entry {
  return 'content' in value && 'version' in value
}
