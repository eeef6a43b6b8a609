// What the node API asks before it reads a message: is this one of our nodes, speaking to us, now?
// Implemented by node/; without a secret everybody passes.

/** Everything about a request that is known before its body arrives. */
export interface RequestHead {
  readonly path: string
  /** The Host header; '' when there is none. */
  readonly host: string
  /** Where the request arrived, as host:port. */
  readonly arrivedAt: string
  /** Where it came from, for the log. */
  readonly from: string
  readonly authorization: string | undefined
  readonly contentDigest: string | undefined
}

export interface RequestGate {
  admit(head: RequestHead): Admission
}

export type Admission =
  | {
      readonly kind: 'admitted'
      /** Whether this is the body that was signed. Counts it when not. */
      readonly isBody: (body: Uint8Array) => boolean
      /** Headers that prove the answer. */
      readonly sign: SignAnswer
    }
  /** It proved nothing: nothing is said but that. */
  | { readonly kind: 'unknown' }
  /** One of our nodes, but what it proved may be an old request: it hears what to sign instead. */
  | { readonly kind: 'again'; readonly sign: SignAnswer }

/** Signs an answer to this request. */
export type SignAnswer = (status: number, body: Uint8Array) => Readonly<Record<string, string>>

/** Admits everybody and signs nothing. */
export const OPEN_GATE: RequestGate = {
  admit: () => ({ kind: 'admitted', isBody: () => true, sign: () => ({}) }),
}
