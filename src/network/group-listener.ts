// Listens to a multicast group for a while, without being a node. Never sends.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Address } from '../core/types.ts'
import { joinAddress } from './address.ts'
import { errorCode } from './error-code.ts'

export interface GroupListening {
  readonly group: string
  readonly groupPort: number
  /** Names the interface by its address. */
  readonly interfaceAddress: string
  readonly forMs: number
}

/**
 * Hands over every packet that comes within the time. Settles when it is over: undefined, or the
 * system's code for why the group cannot be heard; then too the time has passed.
 */
export async function listenToGroup(
  { group, groupPort, interfaceAddress, forMs }: GroupListening,
  received: (bytes: Uint8Array, from: Address) => void,
): Promise<string | undefined> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const over = new Promise<void>((resolve) => {
    setTimeout(resolve, forMs)
  })
  socket.on('message', (bytes, { address, port }) => received(bytes, joinAddress(address, port)))
  let trouble: string | undefined
  try {
    const listening = once(socket, 'listening')
    // Others on this host may be bound to it: nodes are.
    socket.bind({ address: group, port: groupPort, exclusive: true })
    await listening
    socket.on('error', (error) => (trouble = errorCode(error)))
    socket.addMembership(group, interfaceAddress)
  } catch (error) {
    trouble = errorCode(error)
  }
  await over
  socket.close()
  return trouble
}
