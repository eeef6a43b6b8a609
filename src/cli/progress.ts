// How far a long verb has come, on one line of the terminal that is written over; else nothing.
// Never part of the answer.
import type { CliWorld } from './world.ts'
import { PROGRESS_EVERY_MS } from './limits.ts'

const BAR_WIDTH = 24

export interface ProgressState {
  /** Of `total`. */
  readonly done: number
  /** 0: nobody knows yet. */
  readonly total: number
  /** What it says besides. */
  readonly text: string
}

export class Progress {
  readonly #world: Pick<CliWorld, 'stderr' | 'hasProgress' | 'time'>
  readonly #startMs: number
  #shownMs = -Infinity
  #isShown = false

  constructor(world: Pick<CliWorld, 'stderr' | 'hasProgress' | 'time'>) {
    this.#world = world
    this.#startMs = world.time.monotonicMs()
  }

  /** Cheap: shows itself now and then. */
  at(state: ProgressState): void {
    const { hasProgress, time, stderr } = this.#world
    if (!hasProgress) return
    const nowMs = time.monotonicMs()
    if (nowMs - this.#shownMs < PROGRESS_EVERY_MS) return
    this.#shownMs = nowMs
    this.#isShown = true
    stderr.write(`\r\x1b[K${progressLine(state, nowMs - this.#startMs)}`)
  }

  /** Leaves the line empty. May be called twice. */
  clear(): void {
    if (this.#isShown) this.#world.stderr.write('\r\x1b[K')
    this.#isShown = false
  }
}

/** "[#####-----]  41 %  410000 of 1000000 keys  12 s left". */
export function progressLine({ done, total, text }: ProgressState, elapsedMs: number): string {
  if (total === 0) return text
  const share = Math.min(1, done / total)
  const filled = Math.round(share * BAR_WIDTH)
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled)
  const percent = String(Math.floor(share * 100)).padStart(3)
  const leftS = share === 0 ? undefined : Math.ceil((elapsedMs * (1 / share - 1)) / 1000)
  const left = leftS === undefined || elapsedMs < 1000 ? '' : `  ${leftS} s left`
  return `[${bar}] ${percent} %  ${text}${left}`
}

/** "17 B", "1.4 MB". */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
