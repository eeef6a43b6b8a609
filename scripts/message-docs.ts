// Brings the tables and examples of docs/MESSAGES.md up to date with the source.
// Use: node --import tsx scripts/message-docs.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { withGenerated } from './message-sections.ts'

const path = new URL('../docs/MESSAGES.md', import.meta.url)
writeFileSync(path, withGenerated(readFileSync(path, 'utf8')))
