// Brings docs/diststored.toml up to date with the schema of the settings.
// Use: node --import tsx scripts/settings-docs.ts
import { writeFileSync } from 'node:fs'
import { settingsFile } from './settings-file.ts'

writeFileSync(new URL('../docs/diststored.toml', import.meta.url), settingsFile())
