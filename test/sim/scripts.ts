// Things done on purpose, for windows that chance rarely opens.
import type { OrderOutcome } from '../../src/core/types.ts'
import { onlyGroup } from '../../src/core/view.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'

/** How long a primary is cut off. Unit: ms. Long enough for its clients to give up. */
const CUT_MS = 5500

/** How long two halves do not see each other. Unit: ms. */
const HALVES_MS = 7000

/** Between the end of one round and the next. Unit: ms. */
const REST_MS = 500

/** A killed node is back after this. Unit: ms. */
const DOWN_MS = 1000

/**
 * Cuts off the primary, mends, then kills one primary after the other until the one that was cut off
 * acts again, in the same life: it remembers writes that were rolled back meanwhile.
 */
export function comeback(stage: Stage): void {
  const isWhole = (): boolean => stage.isWhole()
  const round = (): void => {
    const victim = stage.primary()
    if (victim === undefined) return
    stage.cutOff(victim)
    stage.after(CUT_MS, () => {
      stage.world.network.mend()
      stage.after(REST_MS, () => promote(stage, victim, () => stage.when(isWhole, round)))
    })
  }
  stage.at(4000, () => stage.when(isWhole, round))
}

/** Kills the primary of the moment whenever this does not leave its successor alone. */
export function promote(stage: Stage, heir: Machine, then: () => void): void {
  const primary = stage.primary()
  if (primary === heir) {
    stage.after(REST_MS, then)
    return
  }
  if (primary !== undefined && stage.isSettled() && stage.world.running.length > 2) {
    stage.kill(primary, DOWN_MS)
  }
  stage.after(REST_MS, () => promote(stage, heir, then))
}

/** Both halves of a cluster go on, each with one of its two masters; then they see each other again. */
export function twoHalves(stage: Stage): void {
  stage.at(4000, () => {
    const primary = stage.primary()
    const bystanders = stage.bystanders()
    if (primary === undefined) return
    stage.cutApart([primary, ...bystanders.slice(0, bystanders.length / 2)])
    stage.after(HALVES_MS, () => stage.world.network.mend())
  })
}

/**
 * Two halves part and meet again and again: for a moment each is in sight of the other, unmerged. Just
 * before, those who are no masters start anew: they have heard of no write that would warn them.
 */
export function halvesInSight(stage: Stage): void {
  const isWhole = (): boolean => stage.isWhole() && stage.isSettled()
  const round = (): void => {
    const primary = stage.primary()
    const bystanders = stage.bystanders()
    if (primary === undefined) return
    stage.cutApart([primary, ...bystanders.slice(0, bystanders.length / 2)])
    stage.after(HALVES_MS - ANEW_MS, () => {
      for (const machine of stage.world.running) if (!isMaster(machine)) stage.kill(machine, 100)
    })
    stage.after(HALVES_MS, () => {
      stage.world.network.mend()
      stage.after(MEETING_MS, () => stage.when(isWhole, round))
    })
  }
  stage.at(4000, () => stage.when(isWhole, round))
}

/** As its own view says. */
function isMaster({ disk, id }: Machine): boolean {
  const view = disk.store.state?.view
  return view !== undefined && onlyGroup(view).masters.some((master) => master.id === id)
}

/** By then a node that was started again follows the primary of its side. Unit: ms. */
const ANEW_MS = 1500

/** In this time the halves see each other, and begin to merge. Unit: ms. */
const MEETING_MS = 2500

/** From now on one bystander hears nothing of the primary, which hears it well. */
export function oneEar(stage: Stage): void {
  stage.at(5000, () => {
    const primary = stage.primary()
    const [bystander] = stage.bystanders()
    if (primary !== undefined && bystander !== undefined) stage.deafenTo(primary, bystander)
  })
}

/**
 * A bystander sleeps while the wire from the primary to it is cut: it wakes to one last heartbeat,
 * long after the moment of which it speaks, and then hears nothing more.
 */
export function lateBeat(stage: Stage): void {
  const round = (): void => {
    const primary = stage.primary()
    const [bystander] = stage.bystanders()
    if (primary === undefined || bystander === undefined) return
    stage.pause(bystander, SLEEP_MS)
    stage.after(HEARD_MS, () => stage.deafenTo(primary, bystander))
    stage.after(SLEEP_MS + DEAF_MS, () => stage.world.network.mend())
    stage.after(SLEEP_MS + DEAF_MS + 2 * REST_MS, round)
  }
  stage.at(4000, round)
}

/** Longer than what the two leases leave of the bound on staleness. Unit: ms. */
const SLEEP_MS = 1900

/** The first part of its sleep, in which a heartbeat still arrives. Unit: ms. */
const HEARD_MS = 255

/** It stays deaf this long after it woke. Unit: ms. */
const DEAF_MS = 1200

/** A bystander misses the last commits of a primary, which then dies: only its successor knows them. */
export function lastWords(stage: Stage): void {
  const isWhole = (): boolean => stage.isSettled() && stage.otherMasters().length > 0
  const round = (): void => {
    const primary = stage.primary()
    const [bystander] = stage.bystanders()
    if (primary === undefined || bystander === undefined) return
    stage.deafenTo(primary, bystander)
    stage.after(UNHEARD_MS, () => {
      stage.world.network.mend()
      stage.kill(primary, DOWN_MS)
      stage.after(2 * DOWN_MS, () => stage.when(isWhole, round))
    })
  }
  stage.at(4000, () => stage.when(isWhole, round))
}

/** Less than a lease: the copies of the bystander are still proven when the primary dies. Unit: ms. */
const UNHEARD_MS = 400

/** The second master answers no calls for a while, though everybody hears its heartbeats. */
export function hungMaster(stage: Stage): void {
  const round = (): void => {
    const [second] = stage.otherMasters()
    if (second === undefined) return
    stage.hang(second)
    stage.after(HUNG_MS, () => stage.world.network.mend())
    stage.after(2 * HUNG_MS, round)
  }
  stage.at(4000, round)
}

/** Longer than a write may take. Unit: ms. */
const HUNG_MS = 7000
/** Between two orders. Unit: ms. */
const ORDER_EVERY_MS = 900

/** Hands the mastership on, from a node that may be the primary or not: to whoever comes next. */
export function handOn(stage: Stage): void {
  let turn = 0
  const next = (): void => {
    stage.when(
      () => stage.isSettled() && stage.primary() !== undefined,
      () => {
        const { running } = stage.world
        const [asked, heir] = [
          running[turn % running.length],
          running[(turn >> 1) % running.length],
        ]
        turn++
        const to = turn % 3 === 0 ? undefined : heir?.address
        if (asked !== undefined) stage.order(asked, { kind: 'handoff', to }, mustBeDone(stage))
        stage.after(ORDER_EVERY_MS, next)
      },
    )
  }
  // By then every node counts as seasoned, and the roster is complete.
  stage.at(7000, next)
}

/** With nothing broken, an order is carried out. */
function mustBeDone(stage: Stage): (outcome: OrderOutcome | undefined) => void {
  return (outcome) => {
    if (outcome?.kind === 'done') return
    stage.world.breach('order', JSON.stringify(outcome ?? 'no outcome'))
  }
}

/** Makes a node that is no voter one, or the other way round, whatever else goes on. */
export function changeVoters(stage: Stage): void {
  let turn = 0
  const next = (): void => {
    const { running, machines } = stage.world
    const asked = running[turn % Math.max(1, running.length)]
    const about = machines[(turn >> 1) % machines.length]
    turn++
    if (asked !== undefined && about !== undefined) {
      const voters = stage.primary()?.disk.store.state?.view?.voters ?? []
      const isVoter = voters.includes(about.id)
      const canGo = isVoter && voters.length > VOTERS_MIN
      if (canGo) stage.order(asked, { kind: 'removeVoter', node: about.id })
      else if (!isVoter) stage.order(asked, { kind: 'addVoter', node: about.id })
    }
    stage.after(ORDER_EVERY_MS, next)
  }
  stage.at(5000, next)
}

/** Voters that stay: with two, both are needed. Unit: nodes. */
const VOTERS_MIN = 2

/** Hosts that never go. Unit: nodes. */
const STEADY = 3

/** Between two laptops that come or go, at most. Unit: ms. */
const LAPTOP_EVERY_MS = 1200

/** Laptops are closed, pulled off the net or shut down, and come back or do not. */
export function laptops(stage: Stage): void {
  let turn = 0
  const next = (): void => {
    const { machines } = stage.world
    const laptop = machines[STEADY + (turn % (machines.length - STEADY))]
    turn++
    if (laptop === undefined) return
    if (laptop.life === undefined) stage.world.start(laptop)
    else if (turn % 3 === 0) stage.kill(laptop, DOWN_MS * (turn % 7))
    else stage.leave(laptop)
    stage.after(LAPTOP_EVERY_MS, next)
  }
  stage.at(5000, next)
}

/**
 * The second master is cut off from all; once the primary has another one, these two are cut off from
 * the rest, where the old second master is. Few others may have heard of the view between.
 */
export function halfAgreed(stage: Stage): void {
  const { network } = stage.world
  const round = (): void => {
    const primary = stage.primary()
    const [second] = stage.otherMasters()
    if (primary === undefined || second === undefined) return
    stage.cutOff(second)
    const hasOther = (): boolean =>
      stage.primary() === primary && !stage.otherMasters().includes(second)
    stage.when(hasOther, () => {
      const side = [primary, ...stage.otherMasters()]
      network.mend()
      stage.cutApart(side)
      stage.after(APART_MS, () => network.mend())
      stage.after(2 * APART_MS, () => stage.when(() => stage.isSettled(), round))
    })
  }
  stage.at(4000, () => stage.when(() => stage.isSettled(), round))
}

/** Long enough for the other side to go on alone, if anything lets it. Unit: ms. */
const APART_MS = 4000

/**
 * Five empty nodes that have heard each other, and then one of them reaches everybody, two only each
 * other and it, and the last two likewise: both pairs have a majority with it, and each could found a
 * cluster. Mended before anybody is taken for dead.
 */
export function twoMajorities(stage: Stage): void {
  const { network, machines } = stage.world
  // The one between them is a witness: it takes part, and proposes nothing itself.
  stage.at(MET_MS, () => {
    for (const one of machines.slice(0, 2)) {
      for (const other of machines.slice(2, 4)) {
        network.cut(one, other)
        network.cut(other, one)
      }
    }
  })
  stage.at(MET_MS + HALF_MET_MS, () => network.mend())
}

/** Everybody has been heard, and the first proposals are due. Unit: ms. */
const MET_MS = 1400
/** Well within the silence after which a node is suspected. Unit: ms. */
const HALF_MET_MS = 900

/**
 * A primary is cut off with writes under way, goes on alone, and loses its power a moment later. It
 * acknowledged those writes in a view that it may not remember; the others go on without it meanwhile.
 */
export function shortReign(stage: Stage): void {
  const { network } = stage.world
  const round = (): void => {
    const primary = stage.primary()
    if (primary === undefined) return
    stage.cutOff(primary)
    primary.disk.slowDown(SLOW_FLUSH_MS)
    const isAlone = (): boolean =>
      primary.life?.isActing === true && stage.hasNoOtherMaster(primary)
    stage.when(isAlone, () => {
      stage.after(REIGN_MS, () => stage.kill(primary, APART_MS))
      stage.after(APART_MS, () => {
        primary.disk.slowDown(undefined)
        network.mend()
        stage.after(2 * APART_MS, () => stage.when(() => stage.isSettled(), round))
      })
    })
  }
  stage.at(4000, () => stage.when(() => stage.isSettled(), round))
}

/** Slow enough to be killed before it, fast enough for a proposal. Unit: ms. */
const SLOW_FLUSH_MS = { from: 60, to: 90 }
/** Clients have their answers by then. Unit: ms. */
const REIGN_MS = 10
