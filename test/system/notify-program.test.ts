// Messages through a shell that stays, to a program that stands in for systemd-notify.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { notifyProgram, type Say } from '../../src/system/notify-program.ts'

const directory = mkdtempSync(join(tmpdir(), 'diststore-notify-'))
const said = join(directory, 'said')
process.env['PATH'] = `${directory}:${process.env['PATH']}`
t.teardown(() => rmSync(directory, { recursive: true, force: true }))

/** Writes down the shell that runs it and its arguments, each in brackets. */
function standIn(ending: string): void {
  const program = join(directory, 'systemd-notify')
  const write = `echo $PPID >>${said}.shells; for each; do printf '[%s]' "$each"; done >>${said}`
  writeFileSync(program, `#!/bin/sh\n${write}\n${ending}\n`)
  chmodSync(program, 0o755)
}

/** Its shell ends with the test. */
function programFor(t: { teardown(work: () => void): void }): Say {
  const { say, end } = notifyProgram()
  t.teardown(end)
  return say
}

function sayWith(say: Say, ...facts: string[]): Promise<string> {
  return new Promise((resolve) => say(facts, (error) => resolve(error?.message ?? 'said')))
}

const shells = () => new Set(readFileSync(`${said}.shells`, 'utf8').trim().split('\n'))

t.test('every fact arrives as it is, through one shell', async (t) => {
  standIn('exit 0')
  const say = programFor(t)
  t.equal(await sayWith(say, 'STATUS=a *  $HOME; `b` "c"', 'WATCHDOG=1'), 'said')
  t.equal(await sayWith(say, 'STOPPING=1'), 'said')
  t.equal(readFileSync(said, 'utf8'), '[STATUS=a *  $HOME; `b` "c"][WATCHDOG=1][STOPPING=1]')
  t.equal(shells().size, 1)
})

t.test(
  'a message that failed is reported, and the next one goes through another shell',
  async (t) => {
    const say = programFor(t)
    standIn('exit 3')
    t.equal(await sayWith(say, 'READY=1'), 'systemd-notify ended with code 3')
    const before = shells().size
    standIn('exit 0')
    t.equal(await sayWith(say, 'READY=1'), 'said')
    t.equal(shells().size, before + 1)
  },
)

t.test('a shell that is killed is reported and replaced', async (t) => {
  const say = programFor(t)
  standIn('kill -KILL $PPID')
  t.equal(await sayWith(say, 'READY=1'), 'the shell that runs systemd-notify has ended')
  standIn('exit 0')
  t.equal(await sayWith(say, 'READY=1'), 'said')
})

t.test('the shell outlives what ends a service', async (t) => {
  const say = programFor(t)
  standIn('kill -TERM $PPID')
  t.equal(await sayWith(say, 'STOPPING=1'), 'said')
  t.equal(await sayWith(say, 'STATUS=leaving'), 'said')
})
