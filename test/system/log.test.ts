// One line an event, in the style that fits the reader; the lines are what others grep and parse.
import t from 'tap'
import { createLog, type Log, type LogStyle } from '../../src/system/log.ts'
import type { LogLevel } from '../../src/config/settings.ts'

function linesOf(style: LogStyle, level: LogLevel, write: (log: Log<string>) => void): string[] {
  const lines: string[] = []
  write(
    createLog((line) => lines.push(line.replace(TIME, '2026-01-02T03:04:05.678Z')), {
      style,
      level,
    }),
  )
  return lines
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/

const STYLES: readonly (readonly [LogStyle, LogLevel, string])[] = [
  ['json', 'debug', ''],
  ['json', 'error', ''],
  ['journal', 'debug', '<7>'],
  ['journal', 'info', '<6>'],
  ['journal', 'warn', '<4>'],
  ['journal', 'error', '<3>'],
]

t.test('a line: level, time, event, fields', async (t) => {
  for (const [style, level, start] of STYLES) {
    const lines = linesOf(style, 'debug', (log) => log[level]('view-changed', { epoch: 3 }))
    const json = `{"level":"${level}","time":"2026-01-02T03:04:05.678Z","event":"view-changed","epoch":3}`
    t.strictSame(lines, [`${start}${json}\n`], `${style}, ${level}`)
  }
})

t.test('a terminal gets a short line', async (t) => {
  const lines = linesOf('terminal', 'info', (log) => {
    log.info('started', { address: '127.1.2.1:8181', reason: 'two words', keys: 0 })
    log.error('stopped')
  })
  const time = /^\d\d:\d\d:\d\d\.\d{3}/
  t.strictSame(
    lines.map((line) => line.replace(time, 'T')),
    ['T info  started address=127.1.2.1:8181 reason="two words" keys=0\n', 'T error stopped\n'],
  )
})

const LEVELS: readonly (readonly [LogLevel, string])[] = [
  ['debug', 'debug info warn error'],
  ['info', 'info warn error'],
  ['warn', 'warn error'],
  ['error', 'error'],
]

t.test('what is less important than the level is not written', async (t) => {
  for (const [level, expected] of LEVELS) {
    const lines = linesOf('json', level, (log) => {
      log.debug('debug')
      log.info('info')
      log.warn('warn')
      log.error('error')
    })
    t.equal(lines.map((line) => String(JSON.parse(line).event)).join(' '), expected, level)
  }
})

t.test('any value stays on its line', async (t) => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const [line = ''] = linesOf('json', 'info', (log) => {
    log.info('odd', { text: 'a\nb', circle, big: 1n, none: undefined, error: new Error('no luck') })
  })
  const parsed = JSON.parse(line)
  t.equal(line.indexOf('\n'), line.length - 1)
  t.equal(parsed.text, 'a\nb')
  t.equal(parsed.big, 1)
  t.equal(parsed.error.message, 'no luck')
  t.match(parsed.error.stack, /log\.test\.ts/)
})
