// What is wrong with the settings: one sentence, on one line, without a name in front.
import type { Given } from './given.ts'
import { SCHEMA, type SettingName } from './schema.ts'

export interface Bad {
  readonly kind: 'bad'
  readonly sentence: string
}

export function bad(sentence: string): Bad {
  return { kind: 'bad', sentence }
}

/** Which setting, where it came from, what it is, what it must be. */
export function badValue(name: SettingName, given: Given): Bad {
  const is = `${name} (${given.source}) is ${quote(given.value)}`
  return bad(`${is}; it must be ${SCHEMA[name].mustBe}`)
}

/** A value in a sentence: on one line, and not too long for it. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
