// Two nodes with one id: somebody copied a data directory. Decides who of them gives way.
import type { Datagram, Sender } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Self } from './self.ts'

/** Our own id came from another address: the one that is joining stops. */
export function heardOwnId(
  out: Outbox,
  self: Self,
  heard: { sender: Sender; datagram: Datagram },
): void {
  const { sender, datagram } = heard
  if (datagram.kind !== 'beat' || self.hasBeenAt(datagram.address)) return
  out.log('error', 'id-used-twice', { id: sender.id, address: datagram.address })
  if (self.phase !== 'joining') return
  out.stop(
    `the node at ${datagram.address} has the same id ${sender.id}: this data directory is a copy ` +
      'of its; start with an empty one',
  )
}
