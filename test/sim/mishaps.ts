// Mishaps in which one rule of the core matters: each scenario is noticed without its rule.
import { REMEMBER_MS } from '../../src/core/limits.ts'
import type { WriteCommand, WriteOutcome } from '../../src/core/types.ts'
import type { Machine } from './machine.ts'
import { promote } from './scripts.ts'
import type { Stage } from './stage.ts'

/** Between the end of one round and the next. Unit: ms. */
const REST_MS = 500

/** A killed node is back after this. Unit: ms. */
const DOWN_MS = 1000

/** Longer than a request id is remembered. Unit: ms. */
const FORGOTTEN_MS = REMEMBER_MS + 2000

/**
 * A forward is late by more than a minute: its second try was applied, another write came after it,
 * nobody remembers it, and its target is still the primary, but of another view.
 */
export function lateForward(stage: Stage): void {
  const begin = (): void => {
    const [second] = stage.otherMasters()
    overtaken(stage, ({ letGo }) => {
      if (second !== undefined) stage.kill(second, DOWN_MS)
      stage.after(FORGOTTEN_MS, letGo)
    })
  }
  stage.at(4000, () => stage.when(() => stage.isWhole() && stage.isSettled(), begin))
}

/** The same in one view: nothing has happened for a minute, and then the forward comes. */
export function lateInView(stage: Stage): void {
  const begin = (): void => overtaken(stage, ({ letGo }) => stage.after(FORGOTTEN_MS, letGo))
  stage.at(4000, () => stage.when(() => stage.isWhole() && stage.isSettled(), begin))
}

/**
 * A forward is late by seconds, and yet nobody remembers that its second try was applied: while its
 * target was cut off both others lost their power. Then the target is the primary again.
 */
export function forgottenForward(stage: Stage): void {
  const begin = (): void =>
    overtaken(stage, ({ target, letGo }) => {
      stage.cutOff(target)
      const others = stage.world.running.filter((machine) => machine !== target)
      const isWithout = (): boolean => stage.primary() !== target && stage.isWhole()
      stage.after(VERDICT_MS, () =>
        stage.when(isWithout, () => {
          for (const other of others) stage.kill(other, DOWN_MS)
          stage.after(DOWN_MS + VERDICT_MS, () => {
            stage.world.network.mend()
            stage.when(isWithout, () => promote(stage, target, letGo))
          })
        }),
      )
    })
  stage.at(4000, () => stage.when(() => stage.isWhole() && stage.isSettled(), begin))
}

/** The first try of a write is held, the second one is applied, and another write comes after it. */
function overtaken(
  stage: Stage,
  then: (late: { target: Machine; letGo: () => void }) => void,
): void {
  const target = stage.primary()
  const [bystander] = stage.bystanders()
  if (target === undefined || bystander === undefined) return
  const { clients } = stage
  const held = stage.hold(bystander, target, 'write')
  const letGo = (): void => {
    held.letGo()
    stage.after(REST_MS, () => clients.readStrongly(target, 'late'))
  }
  clients.put(bystander, 'late', () =>
    clients.put(bystander, 'late', () => then({ target, letGo })),
  )
}

/**
 * All nodes lose their power: of a write only its entry tells. Once a retry has found it, the retry
 * after that must find it too, though the entry has been overwritten meanwhile.
 */
export function recalled(stage: Stage): void {
  const { clients, world } = stage
  const isWhole = (): boolean => stage.isWhole() && stage.isSettled()
  const atPrimary = (act: (primary: Machine) => void): void =>
    stage.when(isWhole, () => {
      const primary = stage.primary()
      if (primary !== undefined) act(primary)
    })
  /** What should be acknowledged is; then the next step. */
  const then =
    (next: (version: string) => void) =>
    (outcome: WriteOutcome | undefined): void => {
      if (outcome?.kind === 'applied') next(outcome.version)
    }
  const retry = (command: WriteCommand, version: string): void =>
    atPrimary((primary) =>
      clients.again(
        primary,
        command,
        then((again) => {
          if (again === version) return
          const what = `a retry that was found once was applied again: ${version} and ${again}`
          world.breach('doubled', what)
        }),
      ),
    )
  const overwrite = (command: WriteCommand, version: string): void =>
    atPrimary((primary) => {
      clients.again(
        primary,
        command,
        then((found) => {
          if (found !== version) return
          clients.put(
            primary,
            'recalled',
            then(() => retry(command, version)),
          )
        }),
      )
    })
  const begin = (primary: Machine): void => {
    const command = clients.put(
      primary,
      'recalled',
      then((version) => {
        for (const machine of world.running) stage.kill(machine, DOWN_MS)
        stage.after(DOWN_MS + VERDICT_MS, () => overwrite(command, version))
      }),
    )
  }
  stage.at(4000, () => atPrimary(begin))
}

/**
 * A syncing master mirrors a write that is under way, and hears nothing of its request id, for the stream to
 * it stands still. Once it counts as in sync the primary dies: the retry comes after the next write.
 */
export function unheard(stage: Stage): void {
  const { clients, world } = stage
  const begin = (): void => {
    const [primary, [other], [heir]] = [stage.primary(), stage.otherMasters(), stage.bystanders()]
    if (primary === undefined || other === undefined || heir === undefined) return
    const digest = stage.hold(heir, primary, 'digest')
    for (let i = 0; i < HELD_BATCHES; i++) stage.hold(primary, heir, 'replicate')
    stage.kill(other, Infinity)
    stage.when(
      () => digest.isHolding && stage.primary() === primary,
      () => {
        const command = clients.put(primary, 'unheard', () => {})
        stage.after(UNDER_WAY_MS, () => digest.letGo())
        const isHeirInSync = (): boolean => stage.otherMasters().includes(heir) && stage.isSettled()
        stage.after(UNDER_WAY_MS, () =>
          stage.when(isHeirInSync, () => {
            stage.kill(primary, AWAY_MS)
            world.start(other)
            retried(heir, command)
          }),
        )
      },
    )
  }
  const retried = (heir: Machine, command: WriteCommand): void =>
    stage.when(
      () => stage.primary() === heir && stage.isWhole(),
      () => {
        const made = heir.disk.store.get('unheard')
        if (made?.requestId !== command.requestId) return
        clients.put(heir, 'unheard', () =>
          clients.again(heir, command, (outcome) => {
            if (outcome?.kind !== 'applied' || outcome.version === made.version) return
            const what = `a write that came by a mirror only: ${made.version}, then ${outcome.version}`
            world.breach('doubled', what)
          }),
        )
      },
    )
  stage.at(4000, () => stage.when(() => stage.isWhole() && stage.isSettled(), begin))
}

/** Calls of the stream that come to nothing: each stands for half a second. */
const HELD_BATCHES = 4

/** By then the primary has stamped a write that it was asked for. Unit: ms. */
const UNDER_WAY_MS = 10

/** Long enough for the others to go on, and to be asked for the write again. Unit: ms. */
const AWAY_MS = 6000

/**
 * Of two nodes each stalls in turn: the second while it proposes a view without the silent primary,
 * the primary until then. The primary goes on alone, and then the other one wakes up.
 */
export function stallInProposal(stage: Stage): void {
  const round = (): void => {
    const primary = stage.primary()
    const [second] = stage.otherMasters()
    if (primary === undefined || second === undefined) return
    second.disk.slowDown(STALLING_DISK_MS)
    stage.pause(primary, 3500)
    stage.when(
      () => stage.isProposing(second),
      () => {
        stage.pause(second, 4500)
        second.disk.slowDown(undefined)
        stage.after(8000, () => stage.when(() => stage.isWhole(), round))
      },
    )
  }
  stage.at(4000, () => stage.when(() => stage.isWhole(), round))
}

/** A flush slow enough to be caught in the middle. Unit: ms. */
const STALLING_DISK_MS = { from: 50, to: 100 }

/**
 * A primary that has verified that it is alone must refuse writes at once, not leave them unknown.
 * The bystander goes first: a primary that still hopes for it would promise, and act no more.
 */
export function lonely(stage: Stage): void {
  const begin = (): void => {
    const primary = stage.primary()
    const [second] = stage.otherMasters()
    const [bystander] = stage.bystanders()
    if (primary === undefined || second === undefined || bystander === undefined) return
    stage.kill(bystander, LONELY_MS)
    stage.after(VERDICT_MS, () => stage.kill(second, LONELY_MS))
    stage.after(2 * VERDICT_MS, () =>
      stage.clients.put(primary, 'lonely', (outcome) => {
        if (outcome?.kind === 'refused') return
        const what = `a write at a primary that is known to be alone: ${outcome?.kind}`
        stage.world.breach('G3', what)
      }),
    )
  }
  stage.at(4000, () => stage.when(() => stage.isWhole() && stage.isSettled(), begin))
}

/** Longer than a write waits. Unit: ms. */
const LONELY_MS = 15_000

/** By then everybody has noticed that a node is gone. Unit: ms. */
const VERDICT_MS = 2500
