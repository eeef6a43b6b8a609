// Runs on a host that is no node: hears the group, and sends what it heard once more, altered, and
// noise, to the group and to every node. Prints how many packets it sent, and ends.
// Use: node noise.mjs GROUP GROUP_PORT OWN_HOST PACKETS NODE...
import { randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

const [group, groupPort, ownHost, packets, ...nodes] = process.argv.slice(2)

/** Packets heard before it begins. */
const RECORDED = 50
/** Sent in one turn; then the socket's buffer empties. */
const BURST = 50
const BURST_PAUSE_MS = 5
const BYTES_MAX = 1300

const recorded = []
const ear = createSocket({ type: 'udp4', reuseAddr: true })
ear.bind({ address: group, port: Number(groupPort), exclusive: true })
await once(ear, 'listening')
ear.addMembership(group, ownHost)
await new Promise((resolve) => {
  ear.on('message', (bytes) => {
    recorded.push(bytes)
    if (recorded.length === RECORDED) resolve()
  })
})
ear.close()

const mouth = createSocket('udp4')
mouth.bind({ address: ownHost, port: 0 })
await once(mouth, 'listening')
mouth.setMulticastInterface(ownHost)
for (let i = 1; i <= Number(packets); i++) {
  const packet = packetOf(i)
  mouth.send(packet, Number(groupPort), group)
  const [host, port] = (nodes[i % nodes.length] ?? '').split(':')
  mouth.send(packet, Number(port), host)
  if (i % BURST === 0) await pause(BURST_PAUSE_MS)
}
mouth.close()
process.stdout.write(`${packets} packets sent\n`)

function packetOf(i) {
  const packet = recorded[i % recorded.length]
  if (i % 3 === 0) return packet
  if (i % 3 === 1) return randomBytes(randomInt(1, BYTES_MAX))
  const altered = Buffer.from(packet)
  altered[randomInt(altered.length)] ^= randomInt(1, 256)
  return altered
}
