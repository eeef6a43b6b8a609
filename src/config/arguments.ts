// Splits the command line into settings and an action. Never judges the value of a setting.
import { type Bad, bad, quote } from './bad.ts'
import { closestName } from './closest.ts'
import type { Given, GivenSettings } from './given.ts'
import { isSettingName, SCHEMA, SETTING_NAMES, type SettingName } from './schema.ts'

export type Action = 'start' | 'check' | 'help' | 'version'

export type Arguments =
  | { readonly kind: 'arguments'; readonly action: Action; readonly given: GivenSettings }
  | Bad

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['--check-config', 'check'],
  ['--help', 'help'],
  ['--version', 'version'],
])

const FLAGS = [...SETTING_NAMES.map((name) => `--${name}`), ...ACTIONS.keys()]

/**
 * Reads `--name value`, `--name=value` and the actions. --help and --version win over mistakes:
 * who asks for help may have made some.
 */
export function parseArguments(argv: readonly string[]): Arguments {
  for (const flag of ['--help', '--version']) {
    const action = argv.includes(flag) ? ACTIONS.get(flag) : undefined
    if (action !== undefined) return { kind: 'arguments', action, given: new Map() }
  }
  const given = new Map<SettingName, Given>()
  let action: Action = 'start'
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const flag = parseFlag(word)
    if (flag.kind === 'bad') return flag
    if (flag.kind === 'action') {
      action = flag.action
      continue
    }
    const source = `flag --${flag.name}`
    const before = given.get(flag.name)
    const isList = 'isList' in SCHEMA[flag.name]
    if (before !== undefined && !isList) return bad(`${source} is given twice`)
    const value = flag.value ?? valueAfter(flag.name, words)
    if (value === undefined) return bad(`${source} needs a value after it`)
    const isMore = before !== undefined
    given.set(flag.name, { value: isMore ? `${String(before.value)},${value}` : value, source })
  }
  return { kind: 'arguments', action, given }
}

type Flag =
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'setting'; readonly name: SettingName; readonly value: string | undefined }
  | Bad

function parseFlag(word: string): Flag {
  const action = ACTIONS.get(word)
  if (action !== undefined) return { kind: 'action', action }
  if (!word.startsWith('--')) return bad(`${quote(word)} is no flag; flags look like --port 8181`)

  const equals = word.indexOf('=')
  const flag = equals === -1 ? word : word.slice(0, equals)
  const name = flag.slice(2)
  if (isSettingName(name)) {
    return { kind: 'setting', name, value: equals === -1 ? undefined : word.slice(equals + 1) }
  }
  const meant = closestName(flag, FLAGS)
  const hint = meant === undefined ? '--help lists the flags' : `did you mean ${meant}?`
  return bad(`there is no flag ${quote(flag)}; ${hint}`)
}

/** Takes the flag's value off the words; undefined when another flag, or nothing, follows. */
function valueAfter(name: SettingName, words: string[]): string | undefined {
  if (SCHEMA[name].takes === '') return 'true'
  return words[0]?.startsWith('--') ? undefined : words.shift()
}
