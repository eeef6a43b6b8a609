#!/usr/bin/env node
// The command for people and scripts: argv, environment, standard streams and exit codes.
// Whatever a verb does happens in cli/.
import { createReadStream, readFileSync } from 'node:fs'
import { EXIT } from '../cli/exit-codes.ts'
import { run } from '../cli/program.ts'
import { realClock } from '../system/clock.ts'
import { newFile, readTextFile } from '../system/files.ts'
import { ipv4Interfaces } from '../system/interfaces.ts'
import { giveWay } from '../system/priority.ts'
import { pause } from '../system/timers.ts'

// Who reads the output may stop early, as `head` does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  process.stderr.write(`diststore: the output cannot be written: ${error.message}\n`)
  process.exit(EXIT.refused)
})

const { env } = process
process.exitCode = await run(process.argv.slice(2), {
  version: version(),
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdout.isTTY,
  hasColours: process.stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  openFile: createReadStream,
  createFile: newFile,
  hasProgress: process.stderr.isTTY && env['TERM'] !== 'dumb',
  time: { ...realClock, pause },
  giveWay,
  surroundings: { env, interfaces: ipv4Interfaces(), readFile: readTextFile },
})
// A node may have refused what is still being typed.
if (process.exitCode !== EXIT.ok) process.stdin.destroy()

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const about: { readonly version: string } = JSON.parse(text)
  return about.version
}
