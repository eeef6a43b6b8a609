// Is the cluster whole, and do its masters agree? Looks at everything at once, as no node can.
import type { ClusterStatus } from '../../src/core/status.ts'
import { formatBallot, mastershipOf, onlyGroup } from '../../src/core/view.ts'
import { MASTERS_PER_GROUP } from '../../src/core/limits.ts'
import type { FinalState } from '../checker/history.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import type { Machine } from './machine.ts'
import type { World } from './world.ts'

/** Undefined: one active primary, every master in sync, every node routes to it. Else: what ails. */
export function ailment(world: World): string | undefined {
  const machines = world.machines.filter((machine) => machine.wasStarted)
  if (!world.network.isWhole) return 'the network is cut'
  for (const { life, name } of machines) {
    if (life === undefined) return `${name} does not run`
    if (life.isPaused) return `${name} is paused`
  }
  const primaries = machines.filter((machine) => machine.life?.isActing)
  const [primary] = primaries
  if (primary === undefined || primaries.length > 1) return `${primaries.length} primaries act`
  return ailmentUnder(primary, machines)
}

function ailmentUnder(primary: Machine, machines: readonly Machine[]): string | undefined {
  const view = primary.disk.store.state?.view
  if (view === undefined) return 'the primary has no view'
  const { masters } = onlyGroup(view)
  const wanted = Math.min(MASTERS_PER_GROUP, machines.length)
  if (masters.length < wanted) return `${masters.length} of ${wanted} masters`
  if (view.roster.length < machines.length) return 'the roster is not complete'
  for (const machine of machines) {
    const incarnation = machine.life?.incarnation ?? 0
    const isListed = masters.some((m) => m.id === machine.id)
    const mastership = mastershipOf(view, { id: machine.id, incarnation })
    if (isListed && mastership === undefined) return `${machine.name} is listed with an old life`
    if (mastership?.inSync === false) return `${machine.name} is syncing`
    const route = statusOf(machine)?.view?.ballot
    if (route === undefined || formatBallot(route) !== formatBallot(view.ballot)) {
      return `${machine.name} does not route to ${primary.name}`
    }
    if (machine.life?.core.isReady() !== true) return `${machine.name} is not ready`
  }
  return undefined
}

/** What every node thinks, for a report. */
export function opinions(world: World): string {
  const lines = world.machines
    .filter((machine) => machine.wasStarted)
    .map((machine) => {
      const status = statusOf(machine)
      if (status === undefined) return `  ${machine.name}: does not run`
      const { view, node } = status
      const masters = view?.masters.map((m) => `${m.id}${m.inSync ? '+' : '-'}`).join(' ')
      const promised = machine.disk.store.state?.promised
      const nodes = status.nodes.map((n) => `${n.id} ${n.state}`).join(', ')
      const owed = machine.disk.store.state?.owed.map((v) => formatBallot(v.ballot)).join(' ')
      return (
        `  ${machine.name}${node.incarnation} ${node.role} ${node.state}, ` +
        `view ${view === undefined ? 'none' : formatBallot(view.ballot)} of ${masters}, ` +
        `promised ${promised === undefined ? 'none' : formatBallot(promised)}, ` +
        `owes ${owed || 'nothing'}, hears ${nodes}`
      )
    })
  return world.names.shorten(lines.join('\n'))
}

/** Nothing is under way: clearing up goes on without clients, a moment now and then. */
export function isQuiet(world: World): boolean {
  return world.machines.every(({ disk, life }) => {
    const isAsked = [...(life?.asked ?? [])].length > 0
    return disk.isQuiet && !isAsked && (life?.core.load()['stream'] ?? 0) === 0
  })
}

/** Requests between nodes that a quiet cluster has not answered. */
export function unanswered(world: World): string[] {
  return world.running.flatMap(({ life, name }) =>
    [...(life?.asked ?? [])].map(
      ({ request, sinceMs }) =>
        `${name} never answered a ${request.kind} of ${sinceMs.toFixed(1)} ms`,
    ),
  )
}

/** I13: masters hold the same, on disk as in memory, and their digests tell the truth. */
export function disagreements(world: World): string[] {
  const masters = mastersOf(world)
  const [first] = masters
  if (first === undefined) return ['there is no master']
  const found: string[] = []
  const expected = contentsOf(first)
  for (const machine of masters) {
    const { store } = machine.disk
    const contents = contentsOf(machine)
    found.push(
      ...differences(expected, contents).map((d) => `${first.name}, ${machine.name}: ${d}`),
    )
    const recomputed = recomputedDigest(machine)
    if (Buffer.compare(store.digest(), recomputed) !== 0) {
      found.push(`${machine.name}: its digest is not that of its entries`)
    }
  }
  return found
}

/** What the masters hold at the end; a key that was purged is deleted as of that version. */
export function finalState(world: World, purged: ReadonlyMap<string, string>): FinalState {
  const [primary] = mastersOf(world)
  const final = new Map<string, { version: string; value: string | undefined }>()
  for (const [key, version] of purged) final.set(key, { version, value: undefined })
  if (primary === undefined) return final
  for (const key of primary.disk.durableVersions.keys()) {
    const entry = primary.disk.store.get(key)
    if (entry === undefined) continue
    const { content, version } = entry
    const value = content.kind === 'value' ? Buffer.from(content.bytes).toString() : undefined
    final.set(key, { version, value: value?.replace(/\.+$/, '') })
  }
  return final
}

/** The masters of the acting primary's view, primary first. */
export function mastersOf(world: World): Machine[] {
  const primary = world.machines.find((machine) => machine.life?.isActing)
  const view = primary?.disk.store.state?.view
  if (view === undefined) return []
  return onlyGroup(view).masters.flatMap(({ id }) => world.machineOf(id) ?? [])
}

/** `key` to `version and kind`, of what is flushed; a difference to memory shows up as such. */
function contentsOf(machine: Machine): Map<string, string> {
  const contents = new Map<string, string>()
  for (const [key, version] of machine.disk.durableVersions) {
    const entry = machine.disk.store.get(key)
    const isSame = entry?.version === version
    const bytes = entry?.content.kind === 'value' ? entry.content.bytes.length : 'deleted'
    contents.set(key, isSame ? `${version} ${bytes}` : `${version} on disk, ${entry?.version}`)
  }
  return contents
}

function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...a.keys(), ...b.keys()])
  return [...keys]
    .filter((key) => a.get(key) !== b.get(key) || a.get(key)?.includes('on disk') === true)
    .map((key) => `${key} is ${a.get(key) ?? 'missing'} and ${b.get(key) ?? 'missing'}`)
}

function recomputedDigest(machine: Machine): Uint8Array {
  const { disk } = machine
  const copy = new MemoryStore({
    nodeId: machine.id,
    incarnation: 1,
    state: undefined,
    bytesMax: undefined,
    flushLater: () => {},
  })
  for (const key of disk.durableVersions.keys()) {
    const entry = disk.store.get(key)
    if (entry !== undefined) copy.apply([{ kind: 'put', entry }], () => {})
  }
  return copy.digest()
}

function statusOf(machine: Machine): ClusterStatus | undefined {
  const { life } = machine
  return life?.core.status(life.nowMs())
}
