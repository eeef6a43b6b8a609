// The log: one line an event, for journald, for a terminal or as plain JSON. Keeps no files.
import { destination, pino, stdSerializers, stdTimeFunctions } from 'pino'
import type { LogLevel } from '../config/settings.ts'
import type { LogEvent } from '../core/log-events.ts'
import { isJournal, PRIORITY } from './journal.ts'

/** Facts about an event. `level`, `time` and `event` are taken. An Error becomes its stack. */
export type LogFields = Readonly<Record<string, unknown>>

/** `event` is a name of core/log-events.ts; what differs from one time to the next goes into the fields. */
export interface Log<Event extends string = LogEvent> {
  debug(event: Event, fields?: LogFields): void
  info(event: Event, fields?: LogFields): void
  warn(event: Event, fields?: LogFields): void
  error(event: Event, fields?: LogFields): void
}

/** A log whose level can change while it is in use. */
export interface AdjustableLog<Event extends string = LogEvent> extends Log<Event> {
  useLevel(level: LogLevel): void
}

/** json: as it is; journal: with the priority in front; terminal: short, for reading. */
export type LogStyle = 'json' | 'journal' | 'terminal'

/** Lines that a slow reader has not taken yet. Unit: bytes. Beyond it lines are dropped. */
const WAITING_BYTES_MAX = 1024 * 1024

const STDOUT = 1

/** The log of a daemon: stdout, in the style that fits what stdout is. Flushed at exit. */
export function openLog(level: LogLevel, env: NodeJS.ProcessEnv): AdjustableLog {
  // Not synchronous: a reader that stands still must not stop the node.
  const stdout = destination({ dest: STDOUT, sync: false, maxLength: WAITING_BYTES_MAX })
  const style = styleOf({ journalStream: env['JOURNAL_STREAM'], isTerminal: process.stdout.isTTY })
  return createLog((line) => stdout.write(line), { level, style })
}

/** A log that hands each line, newline included, to `write`. It takes any name. */
export function createLog(
  write: (line: string) => void,
  settings: { readonly level: LogLevel; readonly style: LogStyle },
): AdjustableLog<string> {
  const loggers: { level: string }[] = []
  const at = (level: LogLevel) => {
    const styled = (line: string) => write(STYLES[settings.style](line, level))
    const logger = pino(
      {
        level: settings.level,
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write: styled },
    )
    loggers.push(logger)
    return (event: string, fields: LogFields = {}) => {
      logger[level]({ event, ...withoutErrors(fields) })
    }
  }
  const useLevel = (level: LogLevel) => {
    for (const logger of loggers) logger.level = level
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), useLevel }
}

function styleOf(stdout: { journalStream: string | undefined; isTerminal: boolean }): LogStyle {
  if (isJournal(STDOUT, stdout.journalStream)) return 'journal'
  return stdout.isTerminal ? 'terminal' : 'json'
}

const STYLES: Readonly<Record<LogStyle, (line: string, level: LogLevel) => string>> = {
  json: (line) => line,
  journal: (line, level) => `<${PRIORITY[level]}>${line}`,
  terminal: terminalLine,
}

/** `12:00:00.000 info  view-changed epoch=3` */
function terminalLine(line: string, level: LogLevel): string {
  const parsed: Readonly<Record<string, unknown>> = JSON.parse(line)
  const { level: _, time, event, ...fields } = parsed
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${brief(value)}`)
  return `${String(time).slice(11, 23)} ${level.padEnd(5)} ${String(event)}${facts.join('')}\n`
}

function brief(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)
}

function withoutErrors(fields: LogFields): LogFields {
  const plain = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? stdSerializers.err(value) : value,
  ])
  return Object.fromEntries(plain)
}
