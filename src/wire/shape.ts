// Small combinators that check a decoded value of unknown shape and rebuild it as a known one.
// Nothing is thrown: a value that does not fit gives a Misfit that says where, and what was wanted.
import { utf8Bytes } from './utf8.ts'

/** The answer to a value that does not fit. No value that fits is ever one. */
export class Misfit {
  readonly at: string
  readonly wanted: string

  constructor(wanted: string, at = '') {
    this.wanted = wanted
    this.at = at
  }

  /** The same misfit, seen from the value around it. */
  inside(name: string | number): Misfit {
    return new Misfit(this.wanted, this.at === '' ? `${name}` : `${name}.${this.at}`)
  }

  /** A sentence: `request.ballot.epoch must be a whole number from 0 to 9`. */
  get sentence(): string {
    return `${this.at === '' ? 'the message' : this.at} must be ${this.wanted}`
  }
}

/** Gives the value rebuilt from its known parts, or a Misfit. Unknown extra parts are left out. */
export type Shape<T> = (value: unknown) => T | Misfit

type Kinds = { readonly kind: string }
type AnyObject = Readonly<Record<string, unknown>>
type AnyShapes = Readonly<Record<string, Shape<unknown>>>
type Parts = readonly (readonly [string, Shape<unknown>])[]
type FieldShapes<T> = { readonly [Name in keyof T]: Shape<T[Name]> }
type VariantShapes<T extends Kinds> = {
  readonly [Kind in T['kind']]: FieldShapes<Omit<Extract<T, { kind: Kind }>, 'kind'>>
}

// Why the two assertions below: the types of the shapes say that the rebuilt parts make a T; the
// compiler cannot follow them through Object.entries.

/** An object with at least these fields. */
export function fields<T extends object>(shapes: FieldShapes<T>): Shape<T> {
  const parts = Object.entries<Shape<unknown>>(shapes)
  return (value) => {
    if (!isObject(value)) return new Misfit('an object')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return rebuild(value, parts, {}) as T | Misfit
  }
}

/** One of several objects, told apart by their `kind`. Unknown kinds do not fit. */
export function variants<T extends Kinds>(shapes: VariantShapes<T>): Shape<T> {
  const partsOf = new Map<unknown, Parts>()
  for (const [kind, inner] of Object.entries<AnyShapes>(shapes)) {
    partsOf.set(kind, Object.entries(inner))
  }
  return (value) => {
    if (!isObject(value)) return new Misfit('an object')
    const kind = value['kind']
    const parts = partsOf.get(kind)
    if (parts === undefined) return new Misfit('of a known kind')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return rebuild(value, parts, { kind }) as T | Misfit
  }
}

/** Undefined where the sender left the field out or wrote nil. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : shape(value))
}

/** An array of so many, both bounds included. */
export function list<T>(
  shape: Shape<T>,
  bounds: { readonly min?: number; readonly max: number },
): Shape<readonly T[]> {
  const { min = 0, max } = bounds
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return new Misfit(`a list of ${min} to ${max}`)
    }
    const items: T[] = []
    for (let i = 0; i < value.length; i++) {
      const item = shape(value[i])
      if (item instanceof Misfit) return item.inside(i)
      items.push(item)
    }
    return items
  }
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): Shape<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : new Misfit(`a whole number from ${min} to ${max}`)
}

/** A length of time: zero or more, finite, fractions allowed. */
export const duration: Shape<number> = (value) =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
    ? value
    : new Misfit('a number of milliseconds, 0 or more')

export const truth: Shape<boolean> = (value) =>
  typeof value === 'boolean' ? value : new Misfit('true or false')

/** A text within bounds of its UTF-8 length, both included. */
export function text(bounds: {
  readonly bytesMin: number
  readonly bytesMax: number
}): Shape<string> {
  const { bytesMin, bytesMax } = bounds
  return (value) => {
    if (typeof value !== 'string') return new Misfit('a text')
    // Longer in characters is longer in bytes; saves counting what is refused anyway.
    const bytes = value.length > bytesMax ? value.length : utf8Bytes(value)
    return bytes >= bytesMin && bytes <= bytesMax
      ? value
      : new Misfit(`a text of ${bytesMin} to ${bytesMax} bytes`)
  }
}

/** A text for which `holds`; `wanted` says what it must be. */
export function textWhere(wanted: string, holds: (text: string) => boolean): Shape<string> {
  return (value) => (typeof value === 'string' && holds(value) ? value : new Misfit(wanted))
}

/** Exactly one of these values. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value) => values.find((known) => known === value) ?? new Misfit(values.join(' or '))
}

/** Bytes: a view of the input, never a copy. */
export const bytes: Shape<Uint8Array> = (value) =>
  value instanceof Uint8Array
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Misfit('bytes')

/** Bytes of one exact length. */
export function bytesOf(length: number): Shape<Uint8Array> {
  return (value) =>
    value instanceof Uint8Array && value.length === length
      ? bytes(value)
      : new Misfit(`exactly ${length} bytes`)
}

function isObject(value: unknown): value is AnyObject {
  return typeof value === 'object' && value !== null
}

function rebuild(
  value: AnyObject,
  parts: Parts,
  start: Record<string, unknown>,
): AnyObject | Misfit {
  for (const [name, shape] of parts) {
    const part = shape(value[name])
    if (part instanceof Misfit) return part.inside(name)
    start[name] = part
  }
  return start
}
