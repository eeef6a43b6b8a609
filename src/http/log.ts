// The one word that the HTTP layer says to the log. Keeps nothing.
import type { LogEvent } from '../core/log-events.ts'

/** Takes one event of the HTTP layer. `fields` are plain data. */
export type HttpLog = (
  level: 'warn' | 'error',
  event: LogEvent,
  fields: Readonly<Record<string, unknown>>,
) => void
