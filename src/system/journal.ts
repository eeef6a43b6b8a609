// Whether what is written arrives in journald, and with which priority it should stand there.
import { fstatSync } from 'node:fs'

/** Priorities as syslog numbers them; journald takes them off the start of a line. */
export const PRIORITY = { debug: 7, info: 6, warn: 4, error: 3 } as const

/**
 * Whether this file descriptor is journald's. `journalStream` is $JOURNAL_STREAM, which is inherited:
 * it counts only while it names what the descriptor is now.
 */
export function isJournal(descriptor: number, journalStream: string | undefined): boolean {
  const { dev, ino } = fstatSync(descriptor)
  return journalStream === `${dev}:${ino}`
}
