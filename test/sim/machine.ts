// One host of the simulated LAN: its address, clocks and disk, and the life of its node, if it runs.
// Decides nothing: the world starts and ends lives, faults decide when.
import type { Address, NodeId } from '../../src/core/types.ts'
import { PROTOCOL } from '../../src/core/protocol-version.ts'
import type { MachineClock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Life } from './life.ts'

export interface MachineParts {
  readonly index: number
  readonly name: string
  readonly id: NodeId
  readonly address: Address
  readonly clock: MachineClock
  readonly disk: Disk
  readonly isWitness: boolean
}

export class Machine {
  readonly index: number
  readonly name: string
  readonly id: NodeId
  address: Address
  readonly clock: MachineClock
  readonly disk: Disk
  readonly isWitness: boolean
  /** Which versions the build speaks that is started next. */
  protocol = PROTOCOL
  /** The running node. */
  life: Life | undefined
  /** Switched on: a machine without a node then refuses connections, one that is off is silent. */
  hasPower = true
  /** It has been started at least once. */
  wasStarted = false

  constructor(parts: MachineParts) {
    this.index = parts.index
    this.name = parts.name
    this.id = parts.id
    this.address = parts.address
    this.clock = parts.clock
    this.disk = parts.disk
    this.isWitness = parts.isWitness
  }

  get isRunning(): boolean {
    return this.life !== undefined
  }

  get isPaused(): boolean {
    return this.life?.isPaused ?? false
  }
}
