// Versions: the hybrid logical clock, and their text form. Never looks at a clock itself.
import { assert } from './assert.ts'
import { WORD_DIGITS, wordAt, wordsText } from './hex-words.ts'
import { CLOCK_AHEAD_MAX_MS } from './limits.ts'
import type { NodeId, Version } from './types.ts'

const COUNTER_MAX = 0xffff
const MS_DIGITS = 12
const VERSION_TEXT = /^[0-9a-f]{16}-[0-9a-f]{16}$/

/** Below every version. */
export const VERSION_ZERO: Version = `${'0'.repeat(16)}-${'0'.repeat(16)}`

/** Whether a text is a version. */
export function isVersion(text: string): boolean {
  return VERSION_TEXT.test(text)
}

/** The wall clock part of a version. Unit: ms since 1970. */
export function versionMs(version: Version): number {
  return Number.parseInt(version.slice(0, MS_DIGITS), 16)
}

/** The node that gave a version. */
export function versionWriter(version: Version): NodeId {
  return version.slice(MS_DIGITS + 5)
}

/** Words of a version as numbers: what `putVersion` takes up. */
export const VERSION_WORDS = 4

const WRITER_AT = 17

/** Puts a version as numbers, from index `at` on. */
export function putVersion(version: Version, target: Uint32Array, at: number): void {
  target[at] = wordAt(version, 0)
  target[at + 1] = wordAt(version, WORD_DIGITS)
  target[at + 2] = wordAt(version, WRITER_AT)
  target[at + 3] = wordAt(version, WRITER_AT + WORD_DIGITS)
}

/** What `putVersion` put. */
export function versionOf(words: Uint32Array, at: number): Version {
  return `${wordsText(words, at, 2)}-${wordsText(words, at + 2, 2)}`
}

/** The later of two versions. */
export function laterVersion(a: Version, b: Version): Version {
  return a > b ? a : b
}

/** The lowest version above another one: nothing that was ever written lies between. */
export function versionJustAbove(version: Version): Version {
  const digits = (BigInt(`0x${version.replace('-', '')}`) + 1n).toString(16).padStart(32, '0')
  return `${digits.slice(0, 16)}-${digits.slice(16)}`
}

/**
 * A hybrid logical clock: every version it gives is above every version it gave or followed.
 * A wall clock that steps back does not block it; the counter carries on.
 */
export class VersionClock {
  readonly #writer: NodeId
  #ms = 0
  #counter = 0
  /** The present version as text: asked for with every message, changed less often. */
  #text: Version | undefined

  constructor(writer: NodeId) {
    this.#writer = writer
  }

  /** The next version, above everything seen so far. */
  next(wallMs: number): Version {
    const wall = Math.floor(wallMs)
    if (wall > this.#ms) this.#set(wall, 0)
    else if (this.#counter < COUNTER_MAX) this.#set(this.#ms, this.#counter + 1)
    else this.#set(this.#ms + 1, 0)
    return this.now()
  }

  /** The highest version given or followed so far. */
  now(): Version {
    this.#text ??= formatVersion(this.#ms, this.#counter, this.#writer)
    return this.#text
  }

  /**
   * Moves past a version from elsewhere. Returns false, and stays, when that version is more than
   * CLOCK_AHEAD_MAX_MS ahead of the wall clock: such a clock is wrong and must not spread.
   */
  follow(version: Version, wallMs: number): boolean {
    // Most messages bring nothing newer: then there is nothing to read out of the text.
    if (version <= this.now() && this.#ms <= wallMs + CLOCK_AHEAD_MAX_MS) return true
    const ms = versionMs(version)
    if (ms > wallMs + CLOCK_AHEAD_MAX_MS) return false
    this.#raise(ms, Number.parseInt(version.slice(MS_DIGITS, 16), 16))
    return true
  }

  /** Moves past a version that this node itself stored, whatever the wall clock says now. */
  resume(version: Version): void {
    // A mirror stores a million older ones.
    if (version <= this.now()) return
    this.#raise(versionMs(version), Number.parseInt(version.slice(MS_DIGITS, 16), 16))
  }

  #raise(ms: number, counter: number): void {
    if (ms < this.#ms || (ms === this.#ms && counter <= this.#counter)) return
    this.#set(ms, counter)
  }

  #set(ms: number, counter: number): void {
    this.#ms = ms
    this.#counter = counter
    this.#text = undefined
  }
}

/** Builds a version from its parts. `writer` has sixteen hex digits. */
export function formatVersion(ms: number, counter: number, writer: NodeId): Version {
  assert(writer.length === 16, 'a writer has sixteen digits')
  return `${ms.toString(16).padStart(MS_DIGITS, '0')}${counter.toString(16).padStart(4, '0')}-${writer}`
}
