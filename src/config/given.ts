// A setting as somebody gave it, and where: the flag, the variable, the file and key.
// Never judges the value.
import { type Bad, bad, quote } from './bad.ts'
import { closestName } from './closest.ts'
import { isSettingName, SETTING_NAMES, type SettingName } from './schema.ts'

export interface Given {
  /** Text, or what TOML made of it. */
  readonly value: unknown
  /** In words, to stand in a sentence: "flag --port". */
  readonly source: string
}

export type GivenSettings = ReadonlyMap<SettingName, Given>

export type GivenOrBad = { readonly kind: 'given'; readonly given: GivenSettings } | Bad

const PREFIX = 'DISTSTORE_'

/**
 * The settings among the variables. Other variables may begin with DISTSTORE_ too, so an unknown
 * one is refused only when it is a slip away from one of ours: unnoticed, it would do nothing.
 */
export function givenByEnvironment(env: Readonly<Record<string, string | undefined>>): GivenOrBad {
  const given = new Map<SettingName, Given>()
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith(PREFIX)) continue
    const name = variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-')
    if (variable === variableOf(name) && isSettingName(name)) {
      given.set(name, { value, source: `variable ${variable}` })
      continue
    }
    const meant = closestName(name, SETTING_NAMES)
    if (meant !== undefined) {
      const hint = `did you mean ${variableOf(meant)}?`
      return bad(`there is no setting for the variable ${variable}; ${hint}`)
    }
  }
  return { kind: 'given', given }
}

/** The settings of a file that was read as TOML. */
export function givenByFile(table: Readonly<Record<string, unknown>>, path: string): GivenOrBad {
  const given = new Map<SettingName, Given>()
  for (const [key, value] of Object.entries(table)) {
    const source = `${path}, key ${key}`
    if (key === 'config' || !isSettingName(key)) {
      const meant = closestName(key, SETTING_NAMES)
      const hint = meant === undefined || meant === 'config' ? '' : `; did you mean ${meant}?`
      return bad(`there is no key ${quote(key)} in ${path}${hint}`)
    }
    given.set(key, { value, source })
  }
  return { kind: 'given', given }
}

/** DISTSTORE_LOG_LEVEL for log-level. */
export function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll('-', '_')
}
