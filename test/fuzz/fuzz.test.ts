// A few thousand changed examples for every decoder, the same in every run; scripts/fuzz goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const RUNS = 4000
const SEED = 20_261_121

for (const [name, target] of Object.entries(TARGETS)) {
  void test(`${name}: ${target.about}`, (t) => {
    const { ends, found } = fuzz(target, SEED, (runs) => runs >= RUNS)
    const input = Buffer.from(found?.input ?? []).toString('hex')
    assert.equal(found?.error, undefined, `scripts/fuzz ${name} --input ${input}`)
    // Inputs that all end alike would test nothing.
    assert(ends >= 2, `${ends} ends`)
    t.diagnostic(`${name}: ${RUNS} inputs, ${ends} ends`)
  })
}

void test('what does not hold is found, with its input, and again with the same seed', () => {
  const target = {
    about: 'breaks at two bytes',
    seeds: () => [Uint8Array.from([1, 2, 3])],
    run: (bytes: Uint8Array) => {
      if (bytes[0] === 0xff && bytes.length === 2) throw new Error('broken')
      return `${bytes.length}`
    },
  }
  const once = fuzz(target, 7, (runs) => runs >= 200_000)
  assert.equal(String(once.found?.error), 'Error: broken')
  assert.equal(once.found?.input[0], 0xff)
  assert.deepEqual(fuzz(target, 7, (runs) => runs >= 200_000).found?.input, once.found?.input)
})
