// The manual pages of the daemon and of its settings file, made from the schema of the settings.
import { defaultText } from '../src/config/help.ts'
import { SCHEMA, SETTING_NAMES, type SettingName } from '../src/config/schema.ts'
import { type Block, example, type Page, term, text } from './roff.ts'
import { exampleLine } from './settings-file.ts'

/** What is written about a setting, with the optional parts spelled out. */
interface About {
  readonly takes: string
  readonly help: string
  readonly mustBe: string
  readonly about?: string
  readonly isReloaded?: true
}

const SETTINGS: readonly { readonly name: SettingName; readonly about: About }[] =
  SETTING_NAMES.map((name) => ({ name, about: SCHEMA[name] }))

export function daemonPage(version: string): Page {
  return {
    name: 'diststored',
    section: 8,
    version,
    summary: 'one node of a shared key/value cache',
    parts: [
      { title: 'SYNOPSIS', blocks: [text('diststored [--SETTING VALUE]...')] },
      { title: 'DESCRIPTION', blocks: DESCRIPTION },
      { title: 'OPTIONS', blocks: options() },
      { title: 'SIGNALS', blocks: SIGNALS },
      { title: 'EXIT STATUS', blocks: EXIT_STATUS },
      { title: 'FILES', blocks: FILES },
      { title: 'SEE ALSO', blocks: [text('diststore(1), diststored.toml(5)')] },
    ],
  }
}

export function settingsPage(version: string): Page {
  return {
    name: 'diststored.toml',
    section: 5,
    version,
    summary: 'settings of diststored',
    parts: [
      { title: 'SYNOPSIS', blocks: [text('/etc/diststore/diststored.toml')] },
      { title: 'DESCRIPTION', blocks: FORMAT },
      { title: 'SETTINGS', blocks: SETTINGS.filter((each) => each.name !== 'config').map(setting) },
      { title: 'SEE ALSO', blocks: [text('diststored(8), diststore(1)')] },
    ],
  }
}

const DESCRIPTION: readonly Block[] = [
  text(
    'Runs one node. The nodes of a LAN that have the same cluster name find each other by multicast ' +
      'and elect two masters, which keep every key on disk. Any node answers for any key, over ' +
      'plain HTTP on port 8181. No setting is needed.',
  ),
  text('As a service it is run by systemd:'),
  example(
    'systemctl status diststore     role, masters, keys, in one line',
    'systemctl restart diststore    mastership is handed over first',
    'journalctl -u diststore        one line an event',
  ),
]

function options(): Block[] {
  return [
    text(
      'A setting is looked for in the flags, then in the environment (--log-level is ' +
        'DISTSTORE_LOG_LEVEL), then in the settings file. The first found wins. ' +
        'diststored.toml(5) says more about each.',
    ),
    ...SETTINGS.map(({ name, about }) =>
      term(`--${name} ${about.takes}`.trim(), `${sentence(about.help)}${byDefault(name)}`),
    ),
    term('--check-config', 'Check the settings and exit.'),
    term('--help', 'Print the settings and exit.'),
    term('--version', 'Print the version and exit.'),
  ]
}

const SIGNALS: readonly Block[] = [
  term(
    'SIGTERM, SIGINT',
    'Leave the cluster: another node takes over what this one was master of, requests under way ' +
      'end, and the process ends within about ten seconds. A second SIGINT ends it at once.',
  ),
  term(
    'SIGHUP',
    `Read the settings again. ${reloaded()} are used at once; the log names what else has changed ` +
      'and waits for a restart. With a mistake in the settings the old ones stay. For a node that ' +
      'was started on a terminal it is SIGTERM.',
  ),
]

const EXIT_STATUS: readonly Block[] = [
  term('0', 'Stopped as asked.'),
  term('1', 'Failed; the last line says why.'),
  term('2', 'A setting is bad; the last line says which, and what it must be.'),
]

const FILES: readonly Block[] = [
  term('/etc/diststore/diststored.toml', 'The settings. It need not exist.'),
  term('/var/lib/diststore', 'The data of the service. Removing the package keeps it.'),
]

const FORMAT: readonly Block[] = [
  text(
    'A TOML file with one line a setting. Everything has a default; the file need not exist. The ' +
      'settings are those of the flags of diststored(8), without the dashes in front.',
  ),
  text(
    'A SIZE is a number of bytes, or text with a unit: "64MiB". `diststored --check-config` says ' +
      'what is wrong with the file and starts nothing.',
  ),
  text('Where a setting says so, `systemctl reload diststore` puts a new value into force.'),
]

function setting({ name, about }: (typeof SETTINGS)[number]): Block {
  const extra = about.about === undefined ? '' : ` ${about.about}`
  const reload = about.isReloaded ? ' A reload puts it into force.' : ''
  const words = `${sentence(about.help)}${extra} It must be ${about.mustBe}.${reload}`
  return term(exampleLine(name), words)
}

function byDefault(name: SettingName): string {
  const value = defaultText(name)
  return value === undefined ? '' : ` By default ${value}.`
}

function reloaded(): string {
  const names = SETTINGS.filter(({ about }) => about.isReloaded).map(({ name }) => name)
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
