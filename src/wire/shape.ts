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
export interface Shape<T> {
  (value: unknown): T | Misfit
  /** What it wants, as data. */
  readonly form: Form
}

/** What a shape wants, for whoever documents it. `wanted` is what a Misfit would say. */
export type Form =
  | { readonly kind: 'number' | 'text' | 'bytes' | 'truth'; readonly wanted: string }
  | { readonly kind: 'optional'; readonly of: Shape<unknown> }
  | { readonly kind: 'list'; readonly of: Shape<unknown>; readonly wanted: string }
  | { readonly kind: 'fields'; readonly fields: Parts }
  | { readonly kind: 'variants'; readonly fieldsOf: ReadonlyMap<string, Parts> }

/** Fields of an object, each with what it must be. */
export type Parts = readonly (readonly [name: string, shape: Shape<unknown>])[]

type Kinds = { readonly kind: string }
type AnyObject = Readonly<Record<string, unknown>>
type AnyShapes = Readonly<Record<string, Shape<unknown>>>
type FieldShapes<T> = { readonly [Name in keyof T]: Shape<T[Name]> }
type VariantShapes<T extends Kinds> = {
  readonly [Kind in T['kind']]: FieldShapes<Omit<Extract<T, { kind: Kind }>, 'kind'>>
}

// Why the two assertions below: the types of the shapes say that the rebuilt parts make a T; the
// compiler cannot follow them through Object.entries.

/** An object with at least these fields. */
export function fields<T extends object>(shapes: FieldShapes<T>): Shape<T> {
  const parts = Object.entries<Shape<unknown>>(shapes)
  return shape({ kind: 'fields', fields: parts }, (value) => {
    if (!isObject(value)) return new Misfit('an object')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return rebuild(value, parts, {}) as T | Misfit
  })
}

/** One of several objects, told apart by their `kind`. Unknown kinds do not fit. */
export function variants<T extends Kinds>(shapes: VariantShapes<T>): Shape<T> {
  const partsOf = new Map<string, Parts>()
  for (const [kind, inner] of Object.entries<AnyShapes>(shapes)) {
    partsOf.set(kind, Object.entries(inner))
  }
  return shape({ kind: 'variants', fieldsOf: partsOf }, (value) => {
    if (!isObject(value)) return new Misfit('an object')
    const kind = value['kind']
    const parts = typeof kind === 'string' ? partsOf.get(kind) : undefined
    if (parts === undefined) return new Misfit('of a known kind')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return rebuild(value, parts, { kind }) as T | Misfit
  })
}

/** Undefined where the sender left the field out or wrote nil. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return shape({ kind: 'optional', of }, (value) =>
    value === undefined || value === null ? undefined : of(value),
  )
}

/** An array of so many, both bounds included. */
export function list<T>(
  of: Shape<T>,
  bounds: { readonly min?: number; readonly max: number },
): Shape<readonly T[]> {
  const { min = 0, max } = bounds
  const wanted = `a list of ${min} to ${max}`
  return shape({ kind: 'list', of, wanted }, (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return new Misfit(wanted)
    }
    const items: T[] = []
    for (let i = 0; i < value.length; i++) {
      const item = of(value[i])
      if (item instanceof Misfit) return item.inside(i)
      items.push(item)
    }
    return items
  })
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): Shape<number> {
  return leaf('number', `a whole number from ${min} to ${max}`, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : undefined,
  )
}

/** A length of time: zero or more, finite, fractions allowed. */
export const duration: Shape<number> = leaf(
  'number',
  'a number of milliseconds, 0 or more',
  (value) =>
    typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined,
)

export const truth: Shape<boolean> = leaf('truth', 'true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
)

/** A text within bounds of its UTF-8 length, both included. */
export function text(bounds: {
  readonly bytesMin: number
  readonly bytesMax: number
}): Shape<string> {
  const { bytesMin, bytesMax } = bounds
  const wanted = `a text of ${bytesMin} to ${bytesMax} bytes`
  return shape({ kind: 'text', wanted }, (value) => {
    if (typeof value !== 'string') return new Misfit('a text')
    // Longer in characters is longer in bytes; saves counting what is refused anyway.
    const bytes = value.length > bytesMax ? value.length : utf8Bytes(value)
    return bytes >= bytesMin && bytes <= bytesMax ? value : new Misfit(wanted)
  })
}

/** A text for which `holds`; `wanted` says what it must be. */
export function textWhere(wanted: string, holds: (text: string) => boolean): Shape<string> {
  return leaf('text', wanted, (value) =>
    typeof value === 'string' && holds(value) ? value : undefined,
  )
}

/** Exactly one of these values. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  const kind = typeof values[0] === 'number' ? 'number' : 'text'
  return leaf(kind, values.join(' or '), (value) => values.find((known) => known === value))
}

/** Bytes: a view of the input, never a copy. */
export const bytes: Shape<Uint8Array> = leaf('bytes', 'bytes', (value) =>
  value instanceof Uint8Array ? viewOf(value) : undefined,
)

/** Bytes of one exact length. */
export function bytesOf(length: number): Shape<Uint8Array> {
  return leaf('bytes', `exactly ${length} bytes`, (value) =>
    value instanceof Uint8Array && value.length === length ? viewOf(value) : undefined,
  )
}

function shape<T>(form: Form, check: (value: unknown) => T | Misfit): Shape<T> {
  return Object.assign(check, { form })
}

/** What is no object and no list. `fit` gives undefined for what does not fit. */
function leaf<T>(
  kind: 'number' | 'text' | 'bytes' | 'truth',
  wanted: string,
  fit: (value: unknown) => T | undefined,
): Shape<T> {
  return shape({ kind, wanted }, (value) => fit(value) ?? new Misfit(wanted))
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
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
