// A small fuzzer: changes known inputs a little and keeps those that end in a new way.
// The same seed tries the same inputs in the same order.
import { Chance } from '../sim/chance.ts'
import type { Target } from './targets.ts'

/** Inputs kept. Unit: inputs. */
const CORPUS_MAX = 2000

/** An input. Unit: bytes. Beyond, nothing new happens. */
const INPUT_BYTES_MAX = 4096

const CHANGES_MAX = 6

/** Bytes that mean something to some decoder, or lie at the edge of a number. */
const TELLING = [
  0, 1, 0x20, 0x22, 0x25, 0x26, 0x2d, 0x3d, 0x7f, 0x80, 0x81, 0xc0, 0xc6, 0xdd, 0xdf, 0xff,
]

export interface Found {
  readonly input: Uint8Array
  readonly error: unknown
}

export interface Fuzzed {
  readonly runs: number
  /** Different ways in which inputs ended. */
  readonly ends: number
  readonly found: Found | undefined
}

/** Runs until `isOver`, or until something does not hold. */
export function fuzz(target: Target, seed: number, isOver: (runs: number) => boolean): Fuzzed {
  const chance = new Chance(seed)
  const corpus = [new Uint8Array(0), ...target.seeds()]
  const ends = new Set<string>()
  let runs = 0
  // An example must hold: it is ours.
  for (const input of corpus) ends.add(target.run(input))
  while (!isOver(runs)) {
    const input = changed(chance.pick(corpus), corpus, chance)
    runs++
    try {
      const end = target.run(input)
      if (!ends.has(end) && corpus.length < CORPUS_MAX) corpus.push(input)
      ends.add(end)
    } catch (error) {
      return { runs, ends: ends.size, found: { input, error } }
    }
  }
  return { runs, ends: ends.size, found: undefined }
}

function changed(input: Uint8Array, corpus: readonly Uint8Array[], chance: Chance): Uint8Array {
  let bytes: number[] = [...input]
  const changes = chance.whole({ from: 1, to: CHANGES_MAX })
  for (let i = 0; i < changes; i++) bytes = change(bytes, corpus, chance)
  return Uint8Array.from(bytes.slice(0, INPUT_BYTES_MAX))
}

function change(bytes: number[], corpus: readonly Uint8Array[], chance: Chance): number[] {
  const at = chance.whole({ from: 0, to: bytes.length })
  const end = Math.min(bytes.length, at + chance.whole({ from: 1, to: 16 }))
  const byte = chance.happens(0.5) ? chance.pick(TELLING) : chance.whole({ from: 0, to: 255 })
  switch (chance.pick(['set', 'flip', 'insert', 'remove', 'repeat', 'cut', 'splice'] as const)) {
    case 'set':
      return bytes.map((old, i) => (i === at ? byte : old))
    case 'flip':
      return bytes.map((old, i) => (i === at ? old ^ (1 << (byte & 7)) : old))
    case 'insert':
      return [...bytes.slice(0, at), byte, ...bytes.slice(at)]
    case 'remove':
      return [...bytes.slice(0, at), ...bytes.slice(end)]
    case 'repeat':
      return [...bytes.slice(0, end), ...bytes.slice(at, end), ...bytes.slice(end)]
    case 'cut':
      return bytes.slice(0, at)
    default: {
      const other = chance.pick(corpus)
      const from = chance.whole({ from: 0, to: other.length })
      return [...bytes.slice(0, at), ...other.subarray(from, from + 64), ...bytes.slice(end)]
    }
  }
}
