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
