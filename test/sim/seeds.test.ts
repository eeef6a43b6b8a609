// Fixed seeds of every scenario.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { replayCommand } from './batch.ts'
import { Pool } from './pool.ts'
import { SCENARIOS } from './scenarios.ts'

/** A minute of all scenarios on two processors; with --long, an hour. More: scripts/sim. */
const SEEDS_PER_SCENARIO = process.env['TEST_LONG'] === '1' ? 800 : 15

/** Seeds handed to a processor at a time. */
const BLOCK_SEEDS = 10

const pool = new Pool()
after(() => pool.stop())

for (const { name, about } of SCENARIOS) {
  void test(`${name}: ${about}`, async (t) => {
    const batch = {
      scenario: name,
      firstSeed: 1,
      seeds: SEEDS_PER_SCENARIO,
      mutant: undefined,
      blindTo: [],
      untilBroken: undefined,
    }
    const reports = await pool.runInBlocks(batch, BLOCK_SEEDS)
    const runs = reports.reduce((sum, report) => sum + report.runs, 0)
    const acknowledged = reports.reduce((sum, report) => sum + report.acknowledged, 0)
    t.diagnostic(`${runs} runs, ${acknowledged} acknowledged writes`)
    const broken = reports.flatMap((report) => report.broken)
    const lines = broken.map(({ seed, first }) => `${first}\n  ${replayCommand(batch, seed)}`)
    assert.equal(runs, SEEDS_PER_SCENARIO)
    assert.ok(acknowledged > runs, 'a run without writes proves nothing')
    assert.deepEqual(lines, [])
  })
}
