// Virtual time: what happens when, in one order for everybody.
// Never sleeps; time is where the next appointment stands.

interface Appointment {
  readonly atMs: number
  readonly sequence: number
  readonly run: () => void
}

/** A heap of appointments. Two at the same moment happen in the order in which they were made. */
export class Agenda {
  readonly #heap: Appointment[] = []
  #made = 0
  #nowMs = 0

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + Math.max(0, delayMs), run)
  }

  at(atMs: number, run: () => void): void {
    this.#push({ atMs: Math.max(atMs, this.#nowMs), sequence: ++this.#made, run })
  }

  /** Runs everything up to this moment, or until `isDone` says so after an appointment. */
  runUntil(endMs: number, isDone: () => boolean = () => false): void {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.atMs > endMs) break
      this.#pop()
      this.#nowMs = next.atMs
      next.run()
      if (isDone()) return
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(appointment)
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || comesFirst(parent, appointment)) break
      heap[index] = parent
      index = above
    }
    heap[index] = appointment
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      if (left === undefined) break
      const isRight = right !== undefined && comesFirst(right, left)
      const child = isRight ? right : left
      if (comesFirst(last, child)) break
      heap[index] = child
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = last
  }
}

function comesFirst(a: Appointment, b: Appointment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}
