// What arrives of the multicast of one other node: how long it has been silent, how much is lost.
// Told by the numbers of its heartbeats; knows nothing of what comes by unicast.
import { LOSSY_SHARE, OUTAGE_BEATS, RECEPTION_BEATS } from './reach-limits.ts'

export class Reception {
  #lastMs: number
  #newest = 0
  /** The first beat of the present stretch, and how many of the stretch arrived. */
  #first = 0
  #arrived = 0
  #lostShare = 0
  #isLossy = false

  /** `silentSinceMs`: when its multicast was heard last; -Infinity: never yet. */
  constructor(silentSinceMs: number) {
    this.#lastMs = silentSinceMs
  }

  /** A heartbeat with this number came by multicast. Late and doubled ones tell nothing. */
  heard(beat: number, nowMs: number): void {
    this.#lastMs = nowMs
    if (beat <= this.#newest) return
    const isNewStretch = this.#first === 0 || beat - this.#newest > OUTAGE_BEATS
    this.#newest = beat
    if (isNewStretch) this.#start(beat)
    const due = beat - this.#first
    if (due >= RECEPTION_BEATS) this.#judge(beat, due)
    this.#arrived++
  }

  /** We were stalled: that is not its silence. */
  forgive(lagMs: number, nowMs: number): void {
    this.#lastMs = Math.min(nowMs, this.#lastMs + lagMs)
  }

  /** How long nothing came by multicast. Unit: ms; Infinity: never anything. */
  silentMs(nowMs: number): number {
    return nowMs - this.#lastMs
  }

  /** Share of its heartbeats that multicast lost, when that was judged last. */
  get lostShare(): number {
    return this.#lostShare
  }

  /** So much is lost that unicast has to help. */
  get isLossy(): boolean {
    return this.#isLossy
  }

  #judge(beat: number, due: number): void {
    this.#lostShare = 1 - this.#arrived / due
    this.#isLossy = this.#lostShare >= (this.#isLossy ? LOSSY_SHARE.below : LOSSY_SHARE.from)
    this.#start(beat)
  }

  #start(beat: number): void {
    this.#first = beat
    this.#arrived = 0
  }
}
