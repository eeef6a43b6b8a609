// Loaded before the daemon (node --import): loses a share of the datagrams of one kind on arrival.
// The daemon itself knows nothing of it. LOSE=5:0.3 loses three in ten of type 5, the invalidations.
import { Socket } from 'node:dgram'

/** Where the type stands in a packet; docs/PACKETS.md. */
const TYPE_AT = 3

const [type, share] = (process.env['LOSE'] ?? '').split(':').map(Number)
const { emit } = Socket.prototype

Socket.prototype.emit = function (event, ...args) {
  const isLost = event === 'message' && args[0][TYPE_AT] === type && Math.random() < share
  return isLost || emit.call(this, event, ...args)
}
