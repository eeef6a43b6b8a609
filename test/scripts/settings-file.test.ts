// The settings file and the manual pages that the package installs say what the program takes.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'smol-toml'
import { commandPage } from '../../scripts/manual-command.ts'
import { daemonPage, settingsPage } from '../../scripts/manual-daemon.ts'
import { roffPage } from '../../scripts/roff.ts'
import { settingsFile } from '../../scripts/settings-file.ts'
import { SCHEMA, SETTING_NAMES } from '../../src/config/schema.ts'

const NAMES = SETTING_NAMES.filter((name) => name !== 'config')

t.test(
  'docs/diststored.toml is what the schema makes; npm run docs brings it up to date',
  async (t) => t.equal(read('docs/diststored.toml'), settingsFile()),
)

t.test('as installed the file sets nothing', async (t) => t.same(parse(settingsFile()), {}))

t.test('every line of it without its # is a setting with a good value', async (t) => {
  const lines = settingsFile().match(/^#[a-z].*$/gm) ?? []
  const given = parse(lines.map((line) => line.slice(1)).join('\n'))
  t.same(Object.keys(given), NAMES)
  for (const name of NAMES) t.ok(SCHEMA[name].schema.safeParse(given[name]).success, name)
})

t.test('what it shows is the default, where there is one', async (t) => {
  const lines = settingsFile().match(/^#[a-z].*$/gm) ?? []
  const given = parse(lines.map((line) => line.slice(1)).join('\n'))
  for (const name of NAMES.filter((each) => !('example' in SCHEMA[each]))) {
    const { schema } = SCHEMA[name]
    t.same(schema.parse(given[name]), schema.parse(undefined), name)
  }
})

t.test('the manual of the daemon has every flag, the one of the file every setting', async (t) => {
  const daemon = plain(roffPage(daemonPage('1')))
  const file = plain(roffPage(settingsPage('1')))
  for (const name of SETTING_NAMES) t.ok(daemon.includes(`"--${name}`), name)
  for (const name of NAMES) t.ok(file.includes(`"${name} = `), name)
})

t.test('the manual of the command has its verbs and their options', async (t) => {
  const page = plain(roffPage(commandPage('1')))
  for (const words of ['.SS "get <key>"', '"--strong"', '.SS "doctor"', '"--url <url>"']) {
    t.ok(page.includes(words), words)
  }
})

t.test('roff takes nothing in a text for an order of its own', async (t) => {
  const page = roffPage({
    name: 'a',
    section: 1,
    version: '1',
    summary: 'b',
    parts: [{ title: 'C', blocks: [{ kind: 'text', text: '.TH\n\'x "y" \\n -' }] }],
  })
  t.equal(
    page,
    '.TH "A" 1 "" "diststore 1"\n.SH NAME\na \\- b\n.SH "C"\n.PP\n\\&.TH\n\\(aqx "y" \\en \\-\n',
  )
})

/** Without the marks that roff needs. */
function plain(page: string): string {
  return page.replaceAll('\\-', '-')
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}
