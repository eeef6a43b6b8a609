// Brings the tables of docs/METRICS.md up to date with the source.
// Use: node --import tsx scripts/metric-docs.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { withMetricTables } from './metric-tables.ts'

const path = new URL('../docs/METRICS.md', import.meta.url)
writeFileSync(path, withMetricTables(readFileSync(path, 'utf8')))
