// How much of the processors this process wants when others want them too.
import { constants, getPriority, setPriority } from 'node:os'

const { PRIORITY_BELOW_NORMAL } = constants.priority

/** From now on others go first. Leaves a priority that is lower already, and never fails. */
export function giveWay(): void {
  if (getPriority() < PRIORITY_BELOW_NORMAL) setPriority(PRIORITY_BELOW_NORMAL)
}
