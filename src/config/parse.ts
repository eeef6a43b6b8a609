// Makes the settings of a node from flags, environment and file, or says in one line what is wrong.
// Reads no file and no environment itself.
import type { InterfaceAddress } from './addresses.ts'
import { parseArguments } from './arguments.ts'
import { type Bad, badValue } from './bad.ts'
import { givenBySettingsFile, type ReadFile } from './file.ts'
import { type GivenSettings, givenByEnvironment } from './given.ts'
import { helpText } from './help.ts'
import { type Resolved, resolveSettings } from './resolve.ts'
import { SCHEMA, SETTING_NAMES, type SettingName, type SettingValues } from './schema.ts'
import { type ReadSecretFile, readSecrets } from './secret-file.ts'
import type { NodeSettings } from './settings.ts'

/** Everything outside the program that settings depend on. */
export interface Surroundings {
  /** The words after the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly interfaces: readonly InterfaceAddress[]
  readonly readFile: ReadFile
  readonly readSecretFile: ReadSecretFile
}

export type Parsed =
  | { readonly kind: 'settings'; readonly settings: NodeSettings }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  /** --check-config, and nothing is wrong. */
  | { readonly kind: 'checked' }
  | Bad

/** Never throws. A `bad` sentence names the setting, where it came from and what it must be. */
export function parseSettings(around: Surroundings): Parsed {
  const flags = parseArguments(around.argv)
  if (flags.kind === 'bad') return flags
  if (flags.action === 'help') return { kind: 'help', text: helpText() }
  if (flags.action === 'version') return { kind: 'version' }

  const resolved = resolveGiven(flags.given, around)
  const complete = withSecrets(resolved, around.readSecretFile)
  return flags.action === 'check' && complete.kind === 'settings' ? { kind: 'checked' } : complete
}

/**
 * The same settings without the secrets, for a program that is not the node and wants to find it.
 * Knows no actions: --help and the like are the caller's.
 */
export function parsePlace(around: Omit<Surroundings, 'readSecretFile'>): Resolved {
  const flags = parseArguments(around.argv)
  return flags.kind === 'bad' ? flags : resolveGiven(flags.given, around)
}

function resolveGiven(
  flags: GivenSettings,
  around: Pick<Surroundings, 'env' | 'interfaces' | 'readFile'>,
): Resolved {
  const variables = givenByEnvironment(around.env)
  if (variables.kind === 'bad') return variables
  const named = flags.get('config') ?? variables.given.get('config')
  const file = givenBySettingsFile(named, around.readFile)
  if (file.kind === 'bad') return file

  const given = new Map([...file.given, ...variables.given, ...flags])
  const checked = checkValues(given)
  if (checked.kind === 'bad') return checked
  return resolveSettings(checked.values, given, {
    interfaces: around.interfaces,
    stateDirectory: around.env['STATE_DIRECTORY'],
  })
}

function withSecrets(resolved: Resolved, readSecretFile: ReadSecretFile): Resolved {
  if (resolved.kind === 'bad' || resolved.settings.secretFile === undefined) return resolved
  const read = readSecrets(resolved.settings.secretFile, readSecretFile)
  if (read.kind === 'bad') return read
  return { kind: 'settings', settings: { ...resolved.settings, secrets: read.secrets } }
}

type Checked = { readonly kind: 'values'; readonly values: SettingValues } | Bad

function checkValues(given: GivenSettings): Checked {
  const values: Partial<Record<SettingName, unknown>> = {}
  for (const name of SETTING_NAMES) {
    const found = given.get(name)
    const parsed = SCHEMA[name].schema.safeParse(found?.value)
    if (parsed.success) values[name] = parsed.data
    else if (found !== undefined) return badValue(name, found)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each has passed its schema
  return { kind: 'values', values: values as SettingValues }
}
