// The one word that the network layer says to the log. Keeps nothing.
import type { LogEvent } from '../core/log-events.ts'

/** Takes one event of the network layer. `fields` are plain data. */
export type NetworkLog = (
  level: 'info' | 'warn',
  event: LogEvent,
  fields: Readonly<Record<string, unknown>>,
) => void
