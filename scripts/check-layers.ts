// Checks src/, test/ and scripts/ against the rules of the house and prints one line a breach.
// Use: node --import tsx scripts/check-layers.ts [root]
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { findBreaches } from './layer-findings.ts'

const root = process.argv[2] ?? join(import.meta.dirname, '..')
const files = ['src', 'test', 'scripts'].flatMap((folder) => sourcesIn(join(root, folder)))
const breaches = files.flatMap((path) => {
  return findBreaches(relative(root, path).replaceAll('\\', '/'), readFileSync(path, 'utf8'))
})
for (const { file, line, sentence } of breaches) console.log(`${file}:${line}: ${sentence}`)
process.exitCode = breaches.length === 0 ? 0 : 1

function sourcesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name))
}
