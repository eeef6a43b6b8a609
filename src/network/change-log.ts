// Logs when something begins to fail, fails otherwise or works again. Never logs a repetition.
import { FAILING_MAX } from './limits.ts'
import type { NetworkLog } from './log.ts'

/** What fails or works: each has two events in the log. */
export type ChangeEvent = 'datagrams.join' | 'datagrams.send'

/** Remembers what fails, by name and error code. */
export class ChangeLog {
  readonly #log: NetworkLog
  readonly #event: ChangeEvent
  readonly #failing = new Map<string, string>()

  constructor(log: NetworkLog, event: ChangeEvent) {
    this.#log = log
    this.#event = event
  }

  fails(name: string, code: string): void {
    if (this.#failing.get(name) === code) return
    if (this.#failing.size >= FAILING_MAX && !this.#failing.has(name)) return
    this.#failing.set(name, code)
    this.#log('warn', `${this.#event}.fails`, { name, code })
  }

  works(name: string): void {
    if (this.#failing.delete(name)) this.#log('info', `${this.#event}.works`, { name })
  }
}
