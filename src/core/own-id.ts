// Two nodes with one id: somebody copied a data directory. Decides who of them gives way.
import { OWN_ID_LOG_EVERY_MS } from './limits.ts'
import type { Datagram, Sender } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Self } from './self.ts'

/** Our own id came from another address: the one that is joining stops. */
export class OwnId {
  readonly #out: Outbox
  readonly #self: Self
  #loggedMs = Number.NEGATIVE_INFINITY

  constructor(out: Outbox, self: Self) {
    this.#out = out
    this.#self = self
  }

  heard({ sender, datagram }: { sender: Sender; datagram: Datagram }, nowMs: number): void {
    const self = this.#self
    if (datagram.kind !== 'beat' || self.hasBeenAt(datagram.address)) return
    if (nowMs - this.#loggedMs >= OWN_ID_LOG_EVERY_MS) {
      this.#loggedMs = nowMs
      this.#out.log('error', 'id-used-twice', { id: sender.id, address: datagram.address })
    }
    if (self.phase !== 'joining') return
    this.#out.stop(
      `the node at ${datagram.address} has the same id ${sender.id}: this data directory is a copy ` +
        'of its; start with an empty one',
    )
  }
}
