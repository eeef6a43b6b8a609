// How much of a node's multicast is lost, told by the numbers of its latest heartbeats.
// Knows no time: silence is told by when something came last.
import { LOSS_BEATS } from './limits.ts'

export class BeatWindow {
  /** Which beat was last heard by multicast in each place; a beat's place is its number. */
  readonly #heard = new Uint32Array(LOSS_BEATS)
  #first = 0
  #newest = 0

  /** A heartbeat with this number, 1 or more, came; late and doubled ones may come too. */
  note(beat: number, isMulticast: boolean): void {
    if (this.#first === 0) this.#first = beat
    this.#newest = Math.max(this.#newest, beat)
    const place = beat % LOSS_BEATS
    if (isMulticast && beat > (this.#heard[place] ?? 0)) this.#heard[place] = beat
  }

  /**
   * Share of the latest LOSS_BEATS beats that were sent, since the first one heard, and did not come
   * by multicast. Undefined before any was heard.
   */
  lostShare(): number | undefined {
    if (this.#newest === 0) return undefined
    const oldest = Math.max(this.#first, this.#newest - LOSS_BEATS + 1)
    const arrived = this.#heard.filter((beat) => beat >= oldest).length
    return 1 - arrived / (this.#newest - oldest + 1)
  }
}
