// What waits for a process that is not running just now, and in which order it finds it afterwards.
// Modelled on libuv: due timers run first, then the sockets are read, then setImmediate.

/** `tick` is the timer whose work production puts off until the sockets were read. */
export type Lane = 'timer' | 'datagram' | 'socket' | 'tick'

/** Datagrams that the kernel keeps for a process that does not read. Unit: datagrams. */
const SOCKET_DATAGRAMS_MAX = 256

export interface InboxOptions {
  /** The late tick runs before the sockets are read, as a plain timer would. */
  readonly tickIsFirst: boolean
}

export class Inbox {
  readonly #options: InboxOptions
  #timers: (() => void)[] = []
  #sockets: (() => void)[] = []
  #tick: (() => void) | undefined
  #datagrams = 0

  constructor(options: InboxOptions) {
    this.#options = options
  }

  put(lane: Lane, run: () => void): void {
    switch (lane) {
      case 'timer':
        this.#timers.push(run)
        return
      case 'tick':
        this.#tick = run
        return
      case 'datagram':
        if (++this.#datagrams <= SOCKET_DATAGRAMS_MAX) this.#sockets.push(run)
        return
      case 'socket':
        this.#sockets.push(run)
    }
  }

  /** Everything that waited, in the order in which the process comes to it. */
  take(): (() => void)[] {
    const tick = this.#tick === undefined ? [] : [this.#tick]
    const order = this.#options.tickIsFirst
      ? [...this.#timers, ...tick, ...this.#sockets]
      : [...this.#timers, ...this.#sockets, ...tick]
    this.#timers = []
    this.#sockets = []
    this.#tick = undefined
    this.#datagrams = 0
    return order
  }
}
