// Writes the manual pages of diststored, its settings file and diststore.
// Use: node --import tsx scripts/manual-pages.ts DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandPage } from './manual-command.ts'
import { daemonPage, settingsPage } from './manual-daemon.ts'
import { roffPage } from './roff.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) {
  process.stderr.write('scripts/manual-pages.ts: name the directory to write to\n')
  process.exit(2)
}
const about = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
const { version }: { readonly version: string } = JSON.parse(about)
mkdirSync(directory, { recursive: true })
for (const page of [daemonPage(version), settingsPage(version), commandPage(version)]) {
  writeFileSync(join(directory, `${page.name}.${page.section}`), roffPage(page))
}
