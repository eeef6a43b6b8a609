// The hash of a key as invalidations carry it. Part of the protocol: the same on every node.
// Two keys may share one: then a copy too many is dropped, which costs a fetch and harms nobody.
import { wordText } from './hex-words.ts'

/** 64 bits of a key, as sixteen hex digits. */
export function keyHash(key: string): string {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x85ebca6b)
    high = Math.imul(high ^ unit, 0xc2b2ae35)
  }
  // Each half also depends on the other one: no short pattern of keys lines up in both.
  low = mix(low ^ (high >>> 15) ^ key.length)
  high = mix(high ^ (low >>> 13))
  return wordText(high) + wordText(low)
}

/** Every bit of the result depends on every bit given (the finisher of MurmurHash3). */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
