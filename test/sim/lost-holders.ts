// The holder of the newest view is lost while the other master is still syncing, and a node with older
// data comes back: what was acknowledged meanwhile is only in the part that the syncing master has.
import { onlyGroup } from '../../src/core/view.ts'
import type { Chance } from './chance.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'

/** The view of a holder and a syncing master lasts this long. Unit: ms. */
const PART_MS = { from: 50, to: 3000 }

/** Between the loss of the holder and the return of the older data. Unit: ms. */
const EMPTY_MS = { from: 100, to: 3000 }

/** When a holder comes back that was not lost for good: before or after the others have gone on. */
const BACK_MS = { from: 6000, to: 16_000 }

/** Long enough for the others to go on without the newest data. Unit: ms. */
const GOES_ON_MS = 14_000

/** Who has which data in the end. */
interface Cast {
  /** Has what was before. */
  readonly old: Machine
  /** Has everything, and is lost. */
  readonly holder: Machine
  /** Was syncing. */
  readonly syncing: Machine
}

/**
 * One of the two masters goes, a third node takes its place; before that one is in sync the other
 * master goes too, mostly for good, and the first is back.
 */
export function lostHolder(stage: Stage): void {
  whileSyncing(stage, (cast, chance) => {
    const { holder, syncing } = cast
    // A second view in a row: the same node, in its next life.
    if (chance.happens(0.4)) stage.after(chance.between(PART_MS) / 2, () => again(stage, cast))
    return () => {
      if (chance.happens(0.7)) stage.lose(holder)
      else stage.kill(holder, chance.between(BACK_MS))
      if (chance.happens(0.2)) stage.kill(syncing, chance.between(PART_MS))
    }
  })
}

/** As above, but the syncing master is away too while the others go on, and comes back later. */
export function lostAndAway(stage: Stage): void {
  whileSyncing(stage, ({ holder, syncing }) => () => {
    stage.lose(holder)
    stage.kill(syncing, GOES_ON_MS)
  })
}

/**
 * As `lostHolder`, but the syncing master was in sync before: it is restarted while writes are on their way
 * to its disk, and gets them again.
 */
export function lostAfterRestart(stage: Stage): void {
  const isReady = (): boolean => stage.isSettled() && stage.bystanders().length > 0
  const begin = (): void => {
    const [primary, [old], [third]] = [stage.primary(), stage.otherMasters(), stage.bystanders()]
    if (primary === undefined || old === undefined || third === undefined) return
    stage.kill(old, Infinity)
    const cast = { old, holder: primary, syncing: third }
    const isInSync = (): boolean => stage.isSettled() && stage.otherMasters().includes(third)
    stage.when(isInSync, () => {
      third.disk.slowDown(LATE_FLUSH_MS)
      stage.after(LATE_FLUSH_MS.from, () => {
        third.disk.slowDown(undefined)
        keepSyncing(stage, cast)
        stage.kill(third, RESTART_MS)
        stage.when(
          () => isSyncing(stage, cast),
          () => loseThen(stage, cast, () => stage.lose(primary)),
        )
      })
    })
  }
  stage.at(FROM_MS, () => stage.when(isReady, begin))
}

/** Writes are on their way to a disk for this long. Unit: ms. */
const LATE_FLUSH_MS = { from: 200, to: 400 }

/** Unit: ms. */
const RESTART_MS = 50

/** The syncing master was a master long ago, and has keys that were deleted and purged since. */
export function lostWithStale(stage: Stage): void {
  const isSettled = (): boolean => stage.isSettled() && stage.otherMasters().length > 0
  stage.at(4000, () =>
    stage.when(isSettled, () => {
      const [second] = stage.otherMasters()
      if (second === undefined) return
      stage.kill(second, 2000)
      stage.after(PURGED_MS, () => lostHolder(stage))
    }),
  )
}

/** Long enough for another node to be in sync, and for keys to be deleted and purged. Unit: ms. */
const PURGED_MS = 12_000

/**
 * Brings it about that one master has everything and the other one is syncing. `begun` is told once it
 * is so; what it returns ends that view, a while later, and then the older data comes back.
 */
function whileSyncing(stage: Stage, begun: (cast: Cast, chance: Chance) => () => void): void {
  const chance = stage.world.fork()
  const isSettled = (): boolean => stage.isSettled() && stage.bystanders().length > 0
  const begin = (): void => {
    const [primary, [second]] = [stage.primary(), stage.otherMasters()]
    const [syncing] = stage.bystanders()
    if (primary === undefined || second === undefined || syncing === undefined) return
    const [old, holder] = chance.happens(0.5) ? [primary, second] : [second, primary]
    // Other bystanders would only take its place.
    const cast = { old, holder, syncing }
    keepSyncing(stage, cast)
    stage.kill(old, Infinity)
    stage.when(
      () => isSyncing(stage, cast),
      () => loseThen(stage, cast, begun(cast, chance)),
    )
  }
  stage.at(Math.max(FROM_MS, stage.world.agenda.nowMs), () => stage.when(isSettled, begin))
}

/** The view lasts for a while, `end` ends it, and then the older data comes back. */
function loseThen(stage: Stage, { old }: Cast, end: () => void): void {
  const chance = stage.world.fork()
  stage.after(chance.between(PART_MS), () => {
    end()
    stage.after(chance.between(EMPTY_MS), () => stage.world.start(old))
  })
}

/** Unit: ms. */
const FROM_MS = 5000

/** Its mirror waits for an answer for as long as the scene lasts. */
function keepSyncing(stage: Stage, { holder }: Cast): void {
  for (const other of stage.world.machines) {
    if (other !== holder) stage.hold(other, holder, 'digest')
  }
}

function isSyncing(stage: Stage, { holder }: Cast): boolean {
  return stage.primary() === holder && stage.otherMasters().length > 0 && !stage.isSettled()
}

/** Ends and starts the syncing master, so that the next view lists it as syncing once more. */
function again(stage: Stage, { syncing, holder }: Cast): void {
  if (!holder.isRunning || !syncing.isRunning) return
  stage.hold(syncing, holder, 'digest')
  stage.kill(syncing, 50)
}

/**
 * Two nodes go on while two others are away, and then all are away. One with the older data is back first;
 * it sees the holder of the newer data for a moment, long enough for a promise, and then another node that
 * was away as well.
 */
export function glimpsed(stage: Stage): void {
  const isReady = (): boolean => stage.isSettled() && stage.bystanders().length === 2
  const begin = (): void => {
    const [holder, [old], [second, absent]] = [
      stage.primary(),
      stage.otherMasters(),
      stage.bystanders(),
    ]
    if (holder === undefined || old === undefined) return
    if (second === undefined || absent === undefined) return
    for (const machine of [old, absent]) stage.kill(machine, Infinity)
    const hasGoneOn = (): boolean => stage.isSettled() && stage.otherMasters().includes(second)
    stage.when(hasGoneOn, () =>
      stage.after(NEWER_MS, () => {
        for (const machine of [holder, second]) stage.kill(machine, Infinity)
        stage.after(ALL_AWAY_MS, () => stage.world.start(old))
        stage.after(ALL_AWAY_MS + LISTENS_MS, () => stage.world.start(holder))
        const hasPromised = (): boolean => holder.disk.durableState?.promised.proposer === old.id
        stage.when(hasPromised, () =>
          stage.after(ANSWER_MS, () => {
            stage.kill(holder, GLIMPSE_AWAY_MS)
            stage.world.start(absent)
          }),
        )
      }),
    )
  }
  stage.at(FROM_MS, () => stage.when(isReady, begin))
}

/** Two nodes go on for this long without the others. Unit: ms. */
const NEWER_MS = 1500

/** Unit: ms. */
const ALL_AWAY_MS = 500

/** A node that starts only listens at first, and proposes after that. Unit: ms. */
const LISTENS_MS = 2000

/** A promise that is on disk has arrived by then; the network of this scenario is even. Unit: ms. */
const ANSWER_MS = 2

/** The holder is back well within the 10 s for which it is waited. Unit: ms. */
const GLIMPSE_AWAY_MS = 4000

/**
 * A node leaves, and comes back on the second master's side of a cut. There the second master hands over to
 * it and leaves: so one node has what that side acknowledged, and it is in no roster of the other side. It
 * dies, and only the leaver comes over to tell.
 */
export function leftAndBack(stage: Stage): void {
  const isReady = (): boolean => stage.isSettled() && stage.bystanders().length === 2
  const begin = (): void => {
    const [second] = stage.otherMasters()
    const [guest, other] = stage.bystanders()
    if (second === undefined || guest === undefined || other === undefined) return
    stage.leave(guest, () => {
      stage.cutApart([second, guest])
      stage.world.start(guest)
      const hasGuest = (): boolean =>
        second.life?.isActing === true && hasInSync(second, guest) && guest.isRunning
      stage.when(hasGuest, () => stage.leave(second))
      const isAlone = (): boolean => guest.life?.isActing === true && !second.isRunning
      stage.when(isAlone, () =>
        stage.after(ALONE_MS, () => {
          stage.kill(guest, Infinity)
          stage.world.network.mend()
          stage.world.start(second)
        }),
      )
    })
  }
  stage.at(FROM_MS, () => stage.when(isReady, begin))
}

/** By the view that the first one accepted last. */
function hasInSync(machine: Machine, other: Machine): boolean {
  const view = machine.disk.store.state?.view
  return view !== undefined && onlyGroup(view).masters.some((m) => m.id === other.id && m.inSync)
}

/** The guest takes writes alone for this long. Unit: ms. */
const ALONE_MS = 2000
