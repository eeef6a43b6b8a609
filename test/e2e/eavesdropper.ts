// Somebody in the network without the secret: hears the group, and sends what it likes.
// Holds its sockets until it is ended.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { pause } from './eventually.ts'

export interface Place {
  readonly host: string
  readonly group: string
  readonly groupPort: number
}

/** Sent in one turn, then the others may run. */
const BURST = 250
const BURST_PAUSE_MS = 10

export class Eavesdropper {
  /** Every packet heard, oldest first. */
  readonly heard: Buffer[] = []
  readonly #listener: Socket
  readonly #speaker: Socket
  readonly #place: Place

  private constructor(listener: Socket, speaker: Socket, place: Place) {
    this.#listener = listener
    this.#speaker = speaker
    this.#place = place
    listener.on('message', (bytes) => this.heard.push(bytes))
  }

  static async start(place: Place): Promise<Eavesdropper> {
    const listener = createSocket({ type: 'udp4', reuseAddr: true })
    listener.bind({ address: place.group, port: place.groupPort, exclusive: true })
    await once(listener, 'listening')
    listener.addMembership(place.group, place.host)
    const speaker = createSocket('udp4')
    speaker.bind({ address: place.host, port: 0 })
    await once(speaker, 'listening')
    speaker.setMulticastInterface(place.host)
    speaker.setMulticastLoopback(true)
    return new Eavesdropper(listener, speaker, place)
  }

  /** To the group, and each to one of these addresses too, in turn. Resolves when all have left. */
  async send(packets: Iterable<Buffer>, addresses: readonly string[] = []): Promise<number> {
    let sent = 0
    for (const packet of packets) {
      const { group, groupPort } = this.#place
      this.#speaker.send(packet, groupPort, group)
      const [host, port] = addresses[sent % addresses.length]?.split(':') ?? []
      if (host !== undefined) this.#speaker.send(packet, Number(port), host)
      if (++sent % BURST === 0) await pause(BURST_PAUSE_MS)
    }
    return sent
  }

  end(): void {
    this.#listener.close()
    this.#speaker.close()
  }
}
