// The text of --help, made from the schema. Nothing in it is written twice.
import { formatBytes } from './bytes.ts'
import { SCHEMA, SETTING_NAMES, type SettingName } from './schema.ts'

const BEFORE = `Usage: diststored [--SETTING VALUE]...

Runs one node of a diststore cluster. Nodes on a LAN find each other; no setting is needed.

Settings:`

const AFTER = `
  --check-config          check the settings and exit
  --help                  print this text and exit
  --version               print the version and exit

A setting is looked for in the flags, then in the environment (--log-level is DISTSTORE_LOG_LEVEL),
then in the settings file (log-level = "debug"). The first found wins. A SIZE is a number of bytes,
or has a unit: 64MiB.

Exit codes: 0 stopped as asked, 1 failed, 2 bad settings.
`

const COLUMN = 26

/** The whole text, with a newline at its end. */
export function helpText(): string {
  return [BEFORE, ...SETTING_NAMES.map(helpLine), AFTER].join('\n')
}

function helpLine(name: SettingName): string {
  const setting = SCHEMA[name]
  const byDefault = defaultText(name)
  const text = byDefault === undefined ? setting.help : `${setting.help} [${byDefault}]`
  return `  --${name} ${setting.takes}`.padEnd(COLUMN) + text
}

/** The default of a setting as an operator would write it; undefined when there is none to name. */
export function defaultText(name: SettingName): string | undefined {
  const value = SCHEMA[name].schema.parse(undefined)
  if (value === undefined || value === false || Array.isArray(value)) return undefined
  return typeof value === 'number' && value >= 1024 * 1024 ? formatBytes(value) : String(value)
}
