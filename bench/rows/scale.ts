// What one write and one miss cost a whole cluster in messages, by its size. Counted in the simulator,
// which sees every datagram and every call that a core sends; heartbeats and pings of an idle cluster
// are counted first, and taken off.
import type { Effect } from '../../src/core/step.ts'
import type { Life } from '../../test/sim/life.ts'
import type { Witness } from '../../test/sim/world.ts'
import { type CalmWorld, calmWorld, pass } from '../core/calm-world.ts'
import { keyAt, putOf } from '../core/work.ts'
import type { Figures, Row, RowOptions, RowReport } from '../row.ts'

const NODES = [3, 10, 30, 50, 100]

/** Of each kind of work. */
const COUNT = 100

/** Between two of them: the first is then over. Unit: ms of the simulation. */
const EVERY_MS = 50

/** Messages in the whole cluster. A multicast is one, however many nodes hear it. */
interface Messages {
  multicasts: number
  unicasts: number
  calls: number
}

/** Keys 0 to COUNT - 1 are read by one node after they were written, or by all of them. */
interface Work {
  readonly name: string
  readonly begin: (calm: CalmWorld, index: number, then: () => void) => void
}

const WORKS: readonly Work[] = [
  { name: 'write at the primary', begin: ({ primary }, i, then) => write(primary, i, then) },
  { name: 'write at another node', begin: ({ bystander }, i, then) => write(bystander, i, then) },
  {
    name: 'miss, held by masters alone',
    begin: ({ bystander }, i, then) => read(bystander, i, then),
  },
  { name: 'miss, all other nodes have a copy', begin: missOfAll },
]

export const SCALE: Readonly<Record<string, Row>> = {
  scale: {
    about: 'messages a write and a miss cost the whole cluster, by its size (simulator)',
    goal: 'do not grow with the nodes',
    measure: (options) => Promise.resolve(scale(options)),
  },
}

function scale({ nodes = NODES }: RowOptions): RowReport {
  const figures: Record<string, number> = {}
  const chart: string[] = []
  const bySize = nodes.map((size) => ({ size, costs: costsIn(size) }))
  for (const { name } of WORKS) {
    chart.push(name)
    for (const { size, costs } of bySize) {
      const cost = costs.get(name)
      if (cost === undefined) throw new Error(`bug: ${name} was not measured`)
      for (const [kind, count] of Object.entries(cost)) {
        figures[`${name}, ${size} nodes: ${kind}`] = count
      }
      chart.push(`${String(size).padStart(5)} nodes ${barOf(cost)}`)
    }
  }
  chart.push('M multicast, u unicast datagram, c call; one sign is one message')
  return { figures, chart }
}

function barOf({ multicasts, unicasts, calls }: Messages): string {
  const signs = (sign: string, count: number) => sign.repeat(Math.max(0, Math.round(count)))
  return signs('M', multicasts) + signs('u', unicasts) + signs('c', calls)
}

function costsIn(size: number): ReadonlyMap<string, Figures & Messages> {
  const calm = calmWorld(size)
  const counter = new Counter()
  calm.world.watch(counter)
  const idle = counter.during(() => pass(calm.world, COUNT * EVERY_MS))
  return new Map(
    WORKS.map(({ name, begin }) => {
      let ended = 0
      if (begin === missOfAll) readEverywhere(calm)
      const all = counter.during(() => {
        for (let i = 0; i < COUNT; i++) {
          begin(calm, i, () => ended++)
          pass(calm.world, EVERY_MS)
        }
      })
      if (ended < COUNT) throw new Error(`${name}: ${ended} of ${COUNT} ended`)
      return [name, eachOf(all, idle)]
    }),
  )
}

/** Of one piece of work, beyond what the same time costs an idle cluster. */
function eachOf(all: Messages, idle: Messages): Figures & Messages {
  const each = (kind: keyof Messages) => Math.round(((all[kind] - idle[kind]) / COUNT) * 100) / 100
  return { multicasts: each('multicasts'), unicasts: each('unicasts'), calls: each('calls') }
}

class Counter implements Witness {
  #now: Messages = { multicasts: 0, unicasts: 0, calls: 0 }

  stepped(_life: Life, _event: unknown, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'call') this.#now.calls++
      else if (effect.kind === 'send' && effect.to === 'everyone') this.#now.multicasts++
      else if (effect.kind === 'send') this.#now.unicasts++
    }
  }

  during(work: () => void): Messages {
    this.#now = { multicasts: 0, unicasts: 0, calls: 0 }
    work()
    return this.#now
  }
}

let writes = 0

function write(at: Life, index: number, then: () => void): void {
  at.write(putOf(keyAt(index), ++writes), {
    sinceMs: 0,
    ended: (outcome) => {
      if (outcome?.kind !== 'applied') throw new Error(`a write: ${outcome?.kind}`)
      then()
    },
  })
}

function read(at: Life, index: number, then: () => void): void {
  at.read(
    { key: keyAt(index), strength: 'fresh' },
    {
      sinceMs: 0,
      ended: (outcome) => {
        if (outcome?.kind !== 'found') throw new Error(`a read: ${outcome?.kind}`)
        then()
      },
    },
  )
}

/** The bystander has the keys no more, all other nodes have them. */
function readEverywhere(calm: CalmWorld): void {
  const others = calm.world.machines.flatMap(({ life }) => life ?? [])
  for (let i = 0; i < COUNT; i++) {
    for (const life of others) if (life !== calm.bystander) read(life, i, () => {})
    pass(calm.world, EVERY_MS)
  }
  calm.bystander.copies.clear()
}

function missOfAll({ bystander }: CalmWorld, index: number, then: () => void): void {
  if (bystander.copies.get(keyAt(index)) !== undefined) throw new Error('bug: it is no miss')
  read(bystander, index, then)
}
