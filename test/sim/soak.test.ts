// A long life under load and faults: nothing that a node keeps may grow with time.
// Five minutes of virtual time, or with TEST_LONG=1 an hour.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  BATCH_RECORDS_MAX,
  HISTORY_MAX,
  MERGE_UNDER_WAY_MAX,
  OWED_MAX,
} from '../../src/core/limits.ts'
import { BLOCK_WRITES } from '../../src/core/remembered-block.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import type { Event } from '../../src/core/step.ts'
import { WORLD_EPOCH_MS } from './clock.ts'
import type { Life } from './life.ts'
import { run } from './run.ts'
import { scenarioNamed } from './scenarios.ts'
import { formatViolation } from './violation.ts'

const MINUTES = process.env['TEST_LONG'] === '1' ? 60 : 5
const SEED = 11
const NODES = 5

/** Writes a second that the clients of this scenario ask for at most, bursts and retries included. */
const WRITES_A_SECOND = 30

/** What waits for an answer: every request of a client ends within five seconds. */
const UNDER_WAY = 5 * WRITES_A_SECOND

/** The most that a node may ever hold of each thing, from what the clients ask for. */
const BOUNDS: Readonly<Record<string, number>> = {
  forwards: UNDER_WAY,
  lookups: UNDER_WAY,
  stream: UNDER_WAY,
  uncommitted: UNDER_WAY,
  oldFromStream: UNDER_WAY,
  ahead: UNDER_WAY,
  // Calls, stores and waits: a few for each of them.
  open: 5 * UNDER_WAY,
  // A minute of request ids.
  // The oldest are forgotten a block at a time.
  remembered: 60 * WRITES_A_SECOND + BLOCK_WRITES,
  members: NODES - 1,
  heldDown: NODES,
  // 64 own heartbeats, and an echo and a proof of everybody else.
  proofs: 64 + 2 * NODES,
  history: HISTORY_MAX,
  owed: OWED_MAX,
  // A merge fetches no further batch beyond the first number; clients may ask for single keys.
  merging: MERGE_UNDER_WAY_MAX + BATCH_RECORDS_MAX + UNDER_WAY,
  // Rings with limits of their own, in core/limits.ts: bounded by what was written here.
  commits: MINUTES * 60 * WRITES_A_SECOND,
  invalidated: MINUTES * 60 * WRITES_A_SECOND,
}

/**
 * The heap may grow by what is stored, on five disks, and by what clients remember of every request
 * for the check at the end. Unit: bytes a write; half a kilobyte of it is the average value.
 */
const HEAP_BYTES_A_WRITE = 8000

void test(`${MINUTES} minutes of load and faults leave nothing behind`, (t) => {
  const scenario = scenarioNamed('soak5')
  const highest = new Map<string, number>()
  const heaps: number[] = []
  const report = run(
    { ...scenario, faultsUntilMs: MINUTES * 60_000 },
    {
      seed: SEED,
      rules: ALL_RULES,
      trace: undefined,
      blindTo: [],
      witness: {
        stepped: (life, event) => {
          measure(highest, life, event)
          // The first minute fills what has a size of its own.
          const isNextMinute = worldMs(life) > (heaps.length + 1) * 60_000
          if (isNextMinute) heaps.push(heapBytes())
        },
      },
    },
  )
  const grownBytes = (heaps.at(-1) ?? 0) - (heaps[0] ?? 0)
  const { acknowledged, faults, views } = report
  t.diagnostic(`${acknowledged} writes, ${faults} faults, ${views} views; heap ${grownBytes} bytes`)
  t.diagnostic([...highest].map(([what, count]) => `${what} ${count}`).join(', '))
  assert.deepEqual(report.violations.map(formatViolation), [])
  assert.ok(acknowledged > MINUTES * 100, `only ${acknowledged} writes`)
  assert.deepEqual([...highest.keys()].sort(), Object.keys(BOUNDS).sort())
  for (const [what, count] of highest) {
    assert.ok(count <= (BOUNDS[what] ?? 0), `${what} grew to ${count}, above ${BOUNDS[what]}`)
  }
  assert.ok(heaps.length >= MINUTES - 1, `${heaps.length} looks at the heap`)
  assert.ok(grownBytes < acknowledged * HEAP_BYTES_A_WRITE, `the heap grew by ${grownBytes} bytes`)
})

/** Looks at a node once a tick. */
function measure(highest: Map<string, number>, life: Life, event: Event): void {
  if (event.kind !== 'tick') return
  for (const [what, count] of Object.entries(life.core.load())) {
    highest.set(what, Math.max(highest.get(what) ?? 0, count))
  }
}

/** Time in the world, roughly: by the clock of the node. */
function worldMs(life: Life): number {
  return life.machine.clock.wallMs() - WORLD_EPOCH_MS
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}
