// Loaded before the daemon (node --import): loses a share of the datagrams of one kind, or of all, on
// arrival. The daemon itself knows nothing of it. LOSE=5:0.3 loses three in ten of type 5, the
// invalidations; LOSE=any:0.4 four in ten of all.
import { Socket } from 'node:dgram'

/** Where the type stands in a packet; docs/PACKETS.md. */
const TYPE_AT = 3

const [type, share] = (process.env['LOSE'] ?? '').split(':')
const isMeant = (packet) => type === 'any' || packet[TYPE_AT] === Number(type)
const { emit } = Socket.prototype

Socket.prototype.emit = function (event, ...args) {
  const isLost = event === 'message' && isMeant(args[0]) && Math.random() < Number(share)
  return isLost || emit.call(this, event, ...args)
}
