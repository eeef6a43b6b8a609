// Everything of one node that knows the cluster's secrets: what it lets in, what it refused, and
// what an operator should know about it. Opens no socket.
import type { NodeSettings } from '../config/settings.ts'
import type { Address } from '../core/types.ts'
import type { RequestGate } from '../http/request-gate.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { after } from '../system/timers.ts'
import { createKeyring, type Keyring } from '../wire/keyring.ts'
import { CALL_REFUSALS, CallGate, type CallRefusal } from './call-gate.ts'
import { ANSWER_REFUSALS, type AnswerRefusal } from './caller.ts'
import { PACKET_REFUSALS, type PacketRefusal } from './packet-gate.ts'
import { type RefusalEvent, Refusals } from './refusals.ts'

const NO_SECRET =
  'this cluster has no secret: whoever reaches its network can speak as a node; ' +
  'give every node the same secret-file'

/** What was refused since the node started, by reason. */
export interface RefusalCounts {
  readonly packets: Readonly<Record<PacketRefusal, number>>
  readonly calls: Readonly<Record<CallRefusal, number>>
  readonly answers: Readonly<Record<AnswerRefusal, number>>
}

export interface SecurityParts {
  readonly clock: Clock
  readonly log: Log
  readonly randomHex: (bytes: number) => string
  readonly address: Address
}

export class Security {
  readonly packetRefusals: Refusals<PacketRefusal>
  readonly answerRefusals: Refusals<AnswerRefusal>
  readonly #callRefusals: Refusals<CallRefusal>
  readonly #gate: CallGate
  readonly #clusterName: string
  #keyring: Keyring

  constructor(settings: NodeSettings, parts: SecurityParts) {
    const { clock, log, randomHex, address } = parts
    const counted = (event: RefusalEvent) => ({
      event,
      after,
      log: (
        level: 'debug' | 'warn',
        name: RefusalEvent,
        fields: Readonly<Record<string, unknown>>,
      ) => log[level](name, fields),
    })
    this.packetRefusals = new Refusals(PACKET_REFUSALS, counted('packets-refused'))
    this.answerRefusals = new Refusals(ANSWER_REFUSALS, counted('answers-refused'))
    this.#callRefusals = new Refusals(CALL_REFUSALS, counted('calls-refused'))
    this.#clusterName = settings.clusterName
    this.#keyring = createKeyring(settings.clusterName, settings.secrets)
    const session = randomHex(16)
    const refusals = this.#callRefusals
    this.#gate = new CallGate(this.#keyring, { clock, session, address, refusals })
    if (!this.#keyring.isSecret) log.warn('no-secret', { reason: NO_SECRET })
  }

  get keyring(): Keyring {
    return this.#keyring
  }

  /** What the node API asks. */
  get gate(): RequestGate {
    return this.#gate
  }

  /** For GET /cluster: sentences that say what to do. */
  warnings(): readonly string[] {
    return this.#keyring.isSecret ? [] : [NO_SECRET]
  }

  refusals(): RefusalCounts {
    return {
      packets: this.packetRefusals.totals(),
      calls: this.#callRefusals.totals(),
      answers: this.answerRefusals.totals(),
    }
  }

  /** Replaces the secrets of a running node; gives the keyring for whoever else holds one. */
  useSecrets(secrets: readonly Uint8Array[]): Keyring {
    this.#keyring = createKeyring(this.#clusterName, secrets)
    this.#gate.useKeyring(this.#keyring)
    return this.#keyring
  }

  stop(): void {
    this.packetRefusals.stop()
    this.answerRefusals.stop()
    this.#callRefusals.stop()
  }
}
