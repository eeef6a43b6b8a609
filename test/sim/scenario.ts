// What a run is made of: the cluster, its clients, its faults, and what must hold in it.
import type { Rules } from '../../src/core/rules.ts'
import type { ClientsOptions } from './clients.ts'
import type { Range } from './chance.ts'
import type { FaultsOptions } from './faults.ts'
import type { Witness, WorldOptions } from './world.ts'
import type { Stage } from './stage.ts'

export interface Scenario {
  readonly name: string
  /** What it is after, in a sentence. */
  readonly about: string
  readonly world: Omit<WorldOptions, 'rules' | 'blindTo'>
  readonly clients: ClientsOptions
  /** Undefined: nothing goes wrong by chance. */
  readonly faults: FaultsOptions | undefined
  /** Nodes start one after the other, this far apart. */
  readonly startEveryMs: Range
  /** Entries on the disks of the first two nodes, masters of a view that ended in a power cut. */
  readonly prefilled: number
  readonly clientsFromMs: number
  readonly faultsFromMs: number
  readonly faultsUntilMs: number
  /** No longer than this without an acknowledged write. Undefined: faults may well cause it. */
  readonly silenceMsMax: number | undefined
  /** What is done on purpose, at its time. */
  readonly script: ((stage: Stage) => void) | undefined
}

export interface RunOptions {
  readonly seed: number
  readonly rules: Rules
  readonly trace: ((line: string) => void) | undefined
  /** Somebody else who looks on. */
  readonly witness: Witness | undefined
  /** Invariants that are not looked at, so that a run goes on to what else breaks. */
  readonly blindTo: readonly string[]
}
