// A small cluster driven by words, and what comes of them in words: see the *.txt files beside this.
// Same world as the simulator's, without faults of its own: what goes wrong stands in the script.
import { ALL_RULES } from '../../src/core/rules.ts'
import type { Effect } from '../../src/core/step.ts'
import type { Change, ReadOutcome, WriteOutcome } from '../../src/core/types.ts'
import { onlyGroup } from '../../src/core/view.ts'
import { Describer } from '../sim/describe.ts'
import type { Client, Life } from '../sim/life.ts'
import type { Machine } from '../sim/machine.ts'
import { World } from '../sim/world.ts'

/** A client gives up after this. Unit: ms. Longer than any deadline. */
const CLIENT_WAIT_MS = 8000

/** A whole cluster comes together within this. Unit: ms. */
const SETTLE_MS = 3000

/** What is quicker than this is not worth telling. Unit: ms. */
const SLOW_MS = 100

export const COMMANDS = `
  start a b ...     kill a ...       unplug a ...     leave a ...
  pause a 1500ms    cut a b          mend
  run 3s            settle (a run of 3 s of which nothing is told)
  put a key value   delete a key     get a key        strong a key
  views             disks
`

export class Transcript {
  readonly #world: World
  readonly #describe: Describer
  #lines: string[] = []
  #writes = 0

  constructor() {
    this.#world = new World(1, {
      nodes: 5,
      witnesses: 0,
      settings: { mode: 'available', voters: 0, minCopies: 'auto', valueBytesMax: 1_000_000 },
      rules: ALL_RULES,
      network: {
        delayMs: { from: 0.5, to: 0.5 },
        spikeShare: 0,
        spikeMs: { from: 0, to: 0 },
        lossShare: 0,
        groupLossShare: 0,
        doubleShare: 0,
        callLoss: {},
        callDouble: {},
        doubleAfterMs: { from: 0, to: 0 },
        callLate: {},
        lateMs: { from: 0, to: 0 },
      },
      disk: {
        flushMs: { from: 2, to: 2 },
        slowShare: 0,
        slowFlushMs: { from: 0, to: 0 },
        bytesMax: undefined,
      },
      wallErrorMs: 0,
      drift: 0,
      tickIsFirst: false,
      blindTo: [],
    })
    this.#describe = new Describer(this.#world.names)
    this.#world.watch({ stepped: (life, _event, effects) => this.#tell(life, effects) })
  }

  /** Carries out one command; returns what there is to tell since the last one. */
  command(line: string): string[] {
    const [verb = '', ...words] = line.trim().split(/\s+/)
    this.#carryOut(verb, words)
    for (const { rule, text } of this.#world.violations) this.#lines.push(`BROKEN ${rule}: ${text}`)
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  #carryOut(verb: string, words: readonly string[]): void {
    const [first = '', second = '', ...more] = words
    const world = this.#world
    switch (verb) {
      case 'start':
        return words.forEach((name) => world.start(this.#machine(name)))
      case 'kill':
        return words.forEach((name) => world.end(this.#machine(name), 'killed'))
      case 'unplug':
        return words.forEach((name) => world.end(this.#machine(name), 'unplugged'))
      case 'leave':
        return words.forEach((name) => world.leave(this.#machine(name)))
      case 'pause':
        return this.#machine(first).life?.pause(milliseconds(second))
      case 'run':
        return this.#run(milliseconds(first))
      case 'settle':
        this.#run(SETTLE_MS)
        this.#lines = []
        return
      case 'cut':
        return this.#cut(this.#machine(first), this.#machine(second))
      case 'mend':
        return world.network.mend()
      case 'put': {
        const bytes = Buffer.from(more.join(' '))
        return this.#write(first, second, {
          kind: 'put',
          bytes,
          contentType: 'text/plain',
          ttlMs: undefined,
        })
      }
      case 'delete':
        return this.#write(first, second, { kind: 'delete' })
      case 'get':
        return this.#read(first, second, 'fresh')
      case 'strong':
        return this.#read(first, second, 'strong')
      case 'views':
        return world.running.forEach((machine) => this.#showView(machine))
      case 'disks':
        return world.machines.forEach((machine) => this.#showDisk(machine))
      default:
        throw new Error(`no command ${verb}; there are:${COMMANDS}`)
    }
  }

  #machine(name: string): Machine {
    const machine = this.#world.machines.find((m) => m.name === name)
    if (machine === undefined) throw new Error(`no node ${name}`)
    return machine
  }

  #run(forMs: number): void {
    this.#world.agenda.runUntil(this.#world.agenda.nowMs + forMs)
  }

  #cut(one: Machine, other: Machine): void {
    this.#world.network.cut(one, other)
    this.#world.network.cut(other, one)
  }

  #write(name: string, key: string, change: Change): void {
    const requestId = String(++this.#writes).padStart(32, '0')
    const command = {
      requestId,
      fingerprint: requestId.slice(16),
      key,
      change,
      condition: { kind: 'none' },
    } as const
    this.#await((client) => this.#machine(name).life?.write(command, client))
  }

  #read(name: string, key: string, strength: 'fresh' | 'strong'): void {
    this.#await((client) => this.#machine(name).life?.read({ key, strength }, client))
  }

  /** Runs the world until a client has its answer, and tells it. */
  #await(ask: (client: Client<WriteOutcome | ReadOutcome>) => void): void {
    const { agenda } = this.#world
    const sinceMs = agenda.nowMs
    let answer: string | undefined
    ask({
      sinceMs,
      ended: (outcome) => {
        answer = outcome === undefined ? 'the connection broke' : this.#answer(outcome)
      },
    })
    agenda.runUntil(sinceMs + CLIENT_WAIT_MS, () => answer !== undefined)
    const tookMs = agenda.nowMs - sinceMs
    const late = tookMs > SLOW_MS ? `, after ${(tookMs / 1000).toFixed(1)} s` : ''
    this.#lines.push(`=> ${this.#world.names.shorten(answer ?? 'no answer')}${late}`)
  }

  #answer(outcome: WriteOutcome | ReadOutcome): string {
    switch (outcome.kind) {
      case 'applied':
        return `applied, ${outcome.copies} ${outcome.copies === 1 ? 'copy' : 'copies'}`
      case 'found': {
        const { content } = outcome.entry
        const text = content.kind === 'value' ? Buffer.from(content.bytes).toString() : 'deleted'
        return `${text} (${outcome.source})`
      }
      case 'absent':
        return `absent (${outcome.source})`
      case 'refused':
      case 'unknown':
      case 'unreachable':
        return `${outcome.kind}: ${outcome.reason}`
      default:
        return outcome.kind
    }
  }

  #showView(machine: Machine): void {
    const { life } = machine
    const view = life?.core.status(life.nowMs()).view
    if (view === undefined) {
      this.#lines.push(`${machine.name}: no view yet`)
      return
    }
    const masters = view.masters.map(
      ({ id, inSync }) => `${this.#world.names.of(id)}${inSync ? '' : ' (syncing)'}`,
    )
    const acts = life?.isActing === true ? ', acts as primary' : ''
    const roster = view.roster.map(({ id }) => this.#world.names.of(id)).sort()
    this.#lines.push(
      `${machine.name}: view ${this.#describe.ballot(view.ballot)}, masters ${masters.join(', ')}, ` +
        `nodes ${roster.join(' ')}${acts}`,
    )
  }

  /** What a power cut would leave: only of machines that have anything. */
  #showDisk(machine: Machine): void {
    const { disk } = machine
    const entries = [...disk.durableVersions.keys()].sort().map((key) => {
      const content = disk.store.get(key)?.content
      return content?.kind === 'value'
        ? `${key}=${Buffer.from(content.bytes).toString()}`
        : `${key} deleted`
    })
    const view = disk.durableState?.view
    if (view === undefined && entries.length === 0) return
    const isHolder =
      view !== undefined && onlyGroup(view).masters.some((m) => m.id === machine.id && m.inSync)
    const held = isHolder ? `, a holder of view ${this.#describe.ballot(view.ballot)}` : ''
    this.#lines.push(`${machine.name}: ${entries.join(', ') || 'nothing'}${held}`)
  }

  /** What nodes say of themselves, as far as an operator would see it. */
  #tell(life: Life, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'log' || effect.level === 'debug') continue
      const at = (this.#world.agenda.nowMs / 1000).toFixed(2)
      const text = this.#describe.log(effect).replace(/, address \w+/, '')
      this.#lines.push(`${at} ${life.machine.name} ${text}`)
    }
  }
}

/** `1500ms` or `3s`. */
function milliseconds(text: string): number {
  const number = Number.parseFloat(text)
  if (!/^[0-9.]+(ms|s)$/.test(text) || Number.isNaN(number)) throw new Error(`no time: ${text}`)
  return text.endsWith('ms') ? number : number * 1000
}
