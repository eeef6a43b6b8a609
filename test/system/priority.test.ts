// Giving way to others, in a process of its own: the tests keep their priority.
import { execFileSync } from 'node:child_process'
import { constants } from 'node:os'
import t from 'tap'

const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority

/** The priority of a process after it gave way, which began with this one. */
function after(priority: number): number {
  const script = `
    import { getPriority, setPriority } from 'node:os'
    import { giveWay } from './src/system/priority.ts'
    setPriority(${priority})
    giveWay()
    giveWay()
    console.log(getPriority())`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

t.test('others go first, and what gave way already stays where it is', async (t) => {
  t.equal(after(constants.priority.PRIORITY_NORMAL), PRIORITY_BELOW_NORMAL)
  t.equal(after(PRIORITY_LOW), PRIORITY_LOW)
})
