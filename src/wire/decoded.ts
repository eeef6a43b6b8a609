// What every decoder gives back: the value, or the reason why there is none.
// Bytes from outside never make this layer throw.

/** `reason` is a sentence for people unless a decoder names a union of its own for counting. */
export type Decoded<T, Reason = string> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: Reason }

export function ok<T>(value: T): { readonly kind: 'ok'; readonly value: T } {
  return { kind: 'ok', value }
}

export function refused<Reason>(reason: Reason): {
  readonly kind: 'refused'
  readonly reason: Reason
} {
  return { kind: 'refused', reason }
}
