// Calls another node: signs, sends, and gives back only what that node itself answered. Sends a
// second time in one case alone: the node proved that it knows us and has done nothing yet.
import type { CallAnswer, NodeRequest, Sender } from '../core/messages.ts'
import type { Address } from '../core/types.ts'
import type { CallResult, NodeClient } from '../network/node-client.ts'
import type { Clock } from '../system/clock.ts'
import type { Keyring } from '../wire/keyring.ts'
import { decodeResponse, encodeRequest, nodePath } from '../wire/node-message.ts'
import { CallSigner, type SignedCall } from './call-signer.ts'
import type { Refusals } from './refusals.ts'

/** Calls that say whether a node lives, or change the view: they overtake bulk traffic. */
const URGENT: ReadonlySet<NodeRequest['kind']> = new Set([
  'ping',
  'prepare',
  'accept',
  'commit',
  'nudge',
  'takeOver',
  'view',
  'barrier',
])

/**
 * Why an answer did not count. `denied`: it wants another secret than ours; `unproven`: whoever
 * answered has no secret of this cluster, or answered something else; `malformed`: not understood.
 */
export const ANSWER_REFUSALS = ['denied', 'unproven', 'malformed'] as const
export type AnswerRefusal = (typeof ANSWER_REFUSALS)[number]

const NOTHING = new Uint8Array(0)

export interface CallerParts {
  readonly client: NodeClient
  readonly clock: Clock
  /** Who this node is; asked for at every call, because the clock moves. */
  sender(): Sender
  readonly refusals: Pick<Refusals<AnswerRefusal>, 'count'>
}

interface Attempt {
  readonly result: CallResult
  readonly signed: SignedCall
}

export class Caller {
  readonly #parts: CallerParts
  readonly #signer: CallSigner

  constructor(keyring: Keyring, parts: CallerParts) {
    this.#parts = parts
    this.#signer = new CallSigner(keyring, parts.sender())
  }

  /** From now on these keys sign and are accepted. */
  useKeyring(keyring: Keyring): void {
    this.#signer.useKeyring(keyring)
  }

  /** Never rejects. */
  async call(to: Address, request: NodeRequest, timeoutMs: number): Promise<CallAnswer> {
    const { clock } = this.#parts
    const endMs = clock.monotonicMs() + timeoutMs
    const bytes = encodeRequest(this.#parts.sender(), request)
    const attempt = async (): Promise<Attempt> => {
      const path = nodePath(request.kind)
      const signed = this.#signer.sign(to, path, bytes)
      const { headers } = signed
      const leftMs = Math.max(0, endMs - clock.monotonicMs())
      const isUrgent = URGENT.has(request.kind)
      const call = { to, path, bytes, headers, timeoutMs: leftMs, isUrgent }
      return { result: await this.#parts.client.call(call), signed }
    }
    const first = await attempt()
    return this.#answerOf(to, isToBeSignedAgain(first) ? await attempt() : first)
  }

  #answerOf(to: Address, { result, signed }: Attempt): CallAnswer {
    switch (result.kind) {
      case 'refused':
      case 'late':
        return result
      case 'broken':
        return { kind: 'broken' }
      case 'denied':
        return this.#refuse('denied', to)
      default: {
        const { bytes: body, proof } = result
        if (!signed.isAnswered({ status: 200, body, proof })) return this.#refuse('unproven', to)
        const decoded = decodeResponse(body)
        if (decoded.kind === 'refused') return this.#refuse('malformed', to)
        return { kind: 'response', ...decoded.value }
      }
    }
  }

  #refuse(reason: AnswerRefusal, to: Address): CallAnswer {
    this.#parts.refusals.count(reason, to)
    return { kind: 'broken' }
  }
}

/** The node knows us, and this process of it wants to hear its own latest words signed. */
function isToBeSignedAgain({ result, signed }: Attempt): boolean {
  if (result.kind !== 'denied') return false
  return signed.isAnswered({ status: 401, body: NOTHING, proof: result.proof })
}
