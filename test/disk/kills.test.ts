// kill -9 under write load, again and again: every write that was answered 200 is there afterwards.
// Once with one node, so that no other copy can make up for a lost one; once with all of three.
import { assertHeld } from '../e2e/cluster.ts'
import { SteadyWrites } from '../e2e/steady-writes.ts'
import { diskScenario, isLongRun, type Setting } from './scenario.ts'

// Starting nodes is what takes the time.
const ROUNDS = isLongRun ? 20 : 1
const WRITES_A_ROUND = 100
const PER_SECOND = 1000

const NEEDS = { programs: [], smallDisk: false }

diskScenario('a single node is killed under load', NEEDS, (setting) => killAll(setting, [1]))
diskScenario('all three nodes are killed under load', NEEDS, (setting) =>
  killAll(setting, [1, 2, 3]),
)

async function killAll({ cluster, note }: Setting, numbers: readonly number[]): Promise<void> {
  const acknowledged = new Map<string, string>()
  for (let round = 1; round <= ROUNDS; round++) {
    await cluster.start(...numbers)
    await assertHeld(await cluster.masters(), acknowledged)
    const load = new SteadyWrites(cluster.running(), {
      perSecond: PER_SECOND,
      prefix: `round-${round}`,
    })
    await load.applied(WRITES_A_ROUND)
    await cluster.killAll()
    await load.stop()
    for (const [key, value] of load.acknowledged()) acknowledged.set(key, value)
  }
  await cluster.start(...numbers)
  await assertHeld(await cluster.masters(), acknowledged)
  note(`${acknowledged.size} acknowledged writes survived ${ROUNDS} kills`)
}
