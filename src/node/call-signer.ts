// Signs this node's calls to others, and checks that an answer was signed for just that call.
// Keeps each target's last stamp. Opens no connection and never calls twice.
import type { Address, NodeId } from '../core/types.ts'
import {
  digestOf,
  NO_STAMP,
  provenStamp,
  signRequest,
  type SignedResponse,
} from '../wire/call-auth.ts'
import type { Keyring } from '../wire/keyring.ts'
import { SENDERS_MAX } from './limits.ts'

/** A call as it leaves. Without a secret there are no headers, and every answer counts. */
export interface SignedCall {
  readonly headers: Readonly<Record<string, string>>
  /** Whether the answer comes from who was called, and answers this. */
  isAnswered(answer: Omit<SignedResponse, 'stamp' | 'requestMac'> & { proof: string }): boolean
}

const UNSIGNED: SignedCall = { headers: {}, isAnswered: ({ status }) => status === 200 }

export class CallSigner {
  readonly #self: { readonly id: NodeId; readonly incarnation: number }
  /** By address, the longest unused first. Bounded: addresses come from other nodes. */
  readonly #stamps = new Map<Address, string>()
  #keyring: Keyring
  #number = 0

  constructor(keyring: Keyring, self: { readonly id: NodeId; readonly incarnation: number }) {
    this.#keyring = keyring
    this.#self = { id: self.id, incarnation: self.incarnation }
  }

  useKeyring(keyring: Keyring): void {
    this.#keyring = keyring
  }

  /** Each call has a number of its own: sign again to send again. */
  sign(to: Address, path: string, body: Uint8Array): SignedCall {
    const keyring = this.#keyring
    if (!keyring.isSecret) return UNSIGNED
    const digest = digestOf(body)
    const stamp = this.#stamps.get(to) ?? NO_STAMP
    const numbered = { ...this.#self, number: ++this.#number }
    const signed = signRequest({ path, host: to, stamp, numbered, digest }, keyring)
    return {
      // Said here, as it was signed: clients leave the port 80 out of it.
      headers: { host: to, authorization: signed.authorization, 'content-digest': digest },
      isAnswered: ({ proof, ...answer }) => {
        // The ring may have been replaced since the call left: the newest one counts.
        const response = { ...answer, requestMac: signed.mac }
        const proven = provenStamp(proof, response, this.#keyring)
        if (proven !== undefined) this.#keep(to, proven)
        return proven !== undefined
      },
    }
  }

  #keep(to: Address, stamp: string): void {
    this.#stamps.delete(to)
    this.#stamps.set(to, stamp)
    for (const address of this.#stamps.keys()) {
      if (this.#stamps.size <= SENDERS_MAX) return
      this.#stamps.delete(address)
    }
  }
}
