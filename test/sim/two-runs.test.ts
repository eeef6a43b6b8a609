// The two-run rule: the same seed twice gives the same log, byte for byte. Without it no broken seed
// could be replayed. The log is every event and every effect, with its time, not what a trace shows.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ALL_RULES } from '../../src/core/rules.ts'
import { run } from './run.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const SEED = 7

/** Less would prove little: that many steps at least. */
const STEPS_MIN = 1000

for (const scenario of SCENARIOS) {
  void test(`${scenario.name}: the same seed twice gives the same log, byte for byte`, () => {
    const first = logOf(scenario, SEED)
    assert.ok(first.steps > STEPS_MIN, `${first.steps} steps`)
    assert.deepEqual(logOf(scenario, SEED), first)
    assert.notEqual(logOf(scenario, SEED + 1).hash, first.hash, 'another seed, another log')
  })
}

/** A digest of everything that happened, and how many steps it took. */
function logOf(scenario: Scenario, seed: number): { hash: string; steps: number } {
  const hash = createHash('sha256')
  let steps = 0
  const report = run(scenario, {
    seed,
    rules: ALL_RULES,
    trace: undefined,
    blindTo: [],
    witness: {
      stepped: (life, event, effects) => {
        steps++
        hash.update(textOf([life.machine.name, life.nowMs(), event, effects]))
      },
    },
  })
  hash.update(textOf(report))
  return { hash: hash.digest('hex'), steps }
}

/** Bytes as hashes of their own: a digest of a store has half a megabyte. */
function textOf(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, part: unknown) {
    // `part` is what toJSON of a Buffer made of it: an array of numbers.
    const bytes = this[name]
    return bytes instanceof Uint8Array ? createHash('sha1').update(bytes).digest('base64') : part
  })
}
