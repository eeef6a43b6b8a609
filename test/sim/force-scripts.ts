// Masters that are lost for good, and operators who order the others to go on.
import type { OrderOutcome } from '../../src/core/types.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'

type Then = (outcome: OrderOutcome | undefined) => void

/** By then every node counts as seasoned, and some have been masters. Unit: ms. */
const BEGIN_MS = 7000

/** By then everybody has noticed that a node is gone. Unit: ms. */
const VERDICT_MS = 2500

/** A killed node is back after this. Unit: ms. */
const DOWN_MS = 1000

/** How long something is left as it is. Unit: ms. */
const WHILE_MS = 4000

/** Both masters are lost for good; an operator has the others go on. */
export function bothLost(stage: Stage): void {
  loseMasters(stage, ({ left }) => order(stage, left[0], mustBeDone(stage)))
}

/** One of the lost masters, and then the other one, returns after all. */
export function undead(stage: Stage): void {
  loseMasters(stage, ({ gone, left }) =>
    order(stage, left[0], (outcome) => {
      mustBeDone(stage)(outcome)
      gone.forEach((machine, i) =>
        stage.after((i + 1) * WHILE_MS, () => stage.world.start(machine)),
      )
    }),
  )
}

/** All but the primary are lost, and with them the voters; later they return. */
export function votersLost(stage: Stage): void {
  stage.at(BEGIN_MS, () => {
    const primary = stage.primary()
    if (primary === undefined) return
    const gone = stage.world.running.filter((machine) => machine !== primary)
    for (const machine of gone) stage.lose(machine)
    stage.after(VERDICT_MS, () =>
      order(stage, primary, (outcome) => {
        mustBeDone(stage)(outcome)
        gone.forEach((machine, i) =>
          stage.after((i + 1) * WHILE_MS, () => stage.world.start(machine)),
        )
      }),
    )
  })
}

/** Two operators have the same thought. */
export function twoOperators(stage: Stage): void {
  loseMasters(stage, ({ left }) => {
    const outcomes: (OrderOutcome | undefined)[] = []
    const ended: Then = (outcome) => {
      outcomes.push(outcome)
      const isNone = outcomes.every((it) => it?.kind !== 'done')
      if (outcomes.length === 2 && isNone) {
        stage.world.breach('order', `neither: ${JSON.stringify(outcomes)}`)
      }
    }
    order(stage, left[0], ended)
    order(stage, left[1], ended)
  })
}

/** The nodes that are left do not see each other, and are ordered to go on on both sides. */
export function forcedApart(stage: Stage): void {
  loseMasters(stage, ({ left }) => {
    stage.cutApart(left.slice(0, left.length / 2))
    stage.after(VERDICT_MS, () => {
      order(stage, left[0], mustBeDone(stage))
      order(stage, left.at(-1), mustBeDone(stage))
      stage.after(2 * WHILE_MS, () => stage.world.network.mend())
    })
  })
}

/**
 * Primaries are killed, and their successor has a slow disk: an operator with no patience orders the
 * others to go on again and again, while one who has everything is in sight.
 */
export function neverForced(stage: Stage): void {
  const isCalm = (): boolean => stage.isWhole() && stage.isSettled()
  const round = (): void => {
    const primary = stage.primary()
    const [second] = stage.otherMasters()
    const others = stage.bystanders()
    if (primary === undefined || second === undefined) return
    second.disk.slowDown(LATE_DISK_MS)
    stage.kill(primary, DOWN_MS)
    for (let i = 0; i < IMPATIENCE; i++) {
      stage.after(i * IMPATIENT_MS, () => order(stage, others[i % others.length], mustNot(stage)))
    }
    stage.after(DOWN_MS, () => second.disk.slowDown(undefined))
    stage.after(WHILE_MS, () => stage.when(isCalm, round))
  }
  stage.at(BEGIN_MS, () => stage.when(isCalm, round))
}

/** A promise that is still in time, and long enough for an order to come in between. Unit: ms. */
const LATE_DISK_MS = { from: 60, to: 120 }

/** Orders in a row. */
const IMPATIENCE = 20

/** Between two of them. Unit: ms. */
const IMPATIENT_MS = 20

function mustNot(stage: Stage): Then {
  return (outcome) => {
    if (outcome?.kind !== 'done') return
    stage.world.breach('order', `forced: ${outcome.sentence}`)
  }
}

/** Whatever else happens: masters are lost, somebody orders, and now and then one returns. */
export function forcedAgain(stage: Stage): void {
  const lost: Machine[] = []
  let turn = 0
  let isOver = false
  const round = (): void => {
    const { running } = stage.world
    const primary = stage.primary()
    if (primary !== undefined && turn % 4 === 0 && !isOver) {
      const gone = [primary, ...stage.otherMasters()].filter((m) => m.isRunning)
      if (running.length - gone.length >= LEFT_MIN) {
        for (const machine of gone) stage.lose(machine)
        lost.push(...gone)
      }
    }
    if (primary === undefined) order(stage, running[turn % Math.max(1, running.length)], () => {})
    const returns = turn % 5 === 3 ? lost.shift() : undefined
    if (returns !== undefined) stage.world.start(returns)
    turn++
    stage.after(ROUND_MS, round)
  }
  stage.at(BEGIN_MS, round)
  // In the end all are there: nothing that anybody acknowledged may be missing then.
  stage.at(RETURN_MS, () => {
    isOver = true
    for (const machine of lost) stage.world.start(machine)
  })
}

/** A moment before the end of the faults. Unit: ms. */
const RETURN_MS = 40_000

/** Unit: ms. */
const ROUND_MS = 1700

/** Nodes that are never lost. Unit: nodes. */
const LEFT_MIN = 3

function loseMasters(
  stage: Stage,
  then: (about: { gone: readonly Machine[]; left: readonly Machine[] }) => void,
): void {
  const isCalm = (): boolean => stage.isWhole() && stage.isSettled()
  const lose = (): void => {
    const primary = stage.primary()
    const left = stage.bystanders()
    const gone = [...stage.otherMasters(), ...(primary === undefined ? [] : [primary])]
    for (const machine of gone) stage.lose(machine)
    stage.after(VERDICT_MS, () => then({ gone, left }))
  }
  // First another node becomes a master, so that one is left with what it had as one.
  const change = (): void => {
    const [second] = stage.otherMasters()
    if (second !== undefined) stage.kill(second, DOWN_MS)
    stage.after(WHILE_MS, () => stage.when(isCalm, lose))
  }
  stage.at(BEGIN_MS, () => stage.when(isCalm, change))
}

function order(stage: Stage, machine: Machine | undefined, then: Then): void {
  if (machine !== undefined) stage.force(machine, then)
}

function mustBeDone(stage: Stage): Then {
  return (outcome) => {
    if (outcome?.kind === 'done') return
    stage.world.breach('order', JSON.stringify(outcome ?? 'no outcome'))
  }
}
