// The settings file that a package installs, made from the schema: every setting, none in force.
// Never reads what is on a machine.
import { defaultText } from '../src/config/help.ts'
import { SCHEMA, SETTING_NAMES, type SettingName } from '../src/config/schema.ts'

const COLUMNS = 98

const HEAD = `# Settings of diststored, in TOML. None is needed: without any the nodes of a LAN find each other.
# What stands here is the default, or an example where there is none. A flag or a DISTSTORE_ variable
# goes before this file. After a change:
#
#   diststored --check-config         says what is wrong
#   systemctl reload diststore        uses ${reloaded()} at once
#   systemctl restart diststore       uses the rest; go from node to node
#
# diststored.toml(5) has the same at greater length.
`

/** The whole file, with a newline at its end. */
export function settingsFile(): string {
  const settings = SETTING_NAMES.filter((name) => name !== 'config')
  return [HEAD, ...settings.map(settingLines)].join('\n')
}

/** `port = 8181`: the default, or the example where there is none. */
export function exampleLine(name: SettingName): string {
  const { example, schema }: { example?: string; schema: { parse(raw: undefined): unknown } } =
    SCHEMA[name]
  const value = schema.parse(undefined)
  if (example !== undefined) return `${name} = ${example}`
  const isText = typeof value === 'string' || /[^\d]/.test(defaultText(name) ?? 'false')
  return `${name} = ${isText && value !== false ? JSON.stringify(defaultText(name)) : String(value)}`
}

function settingLines(name: SettingName): string {
  const {
    help,
    about = '',
    mustBe,
  }: { help: string; about?: string; mustBe: string } = SCHEMA[name]
  const must = `It must be ${mustBe}.`
  const words = `${capital(help)}. ${about} ${must}`.split(/\s+/)
  return [...wrapped(words), `#${exampleLine(name)}`, ''].join('\n')
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of words) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

function reloaded(): string {
  const names = SETTING_NAMES.filter((name) => 'isReloaded' in SCHEMA[name])
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
