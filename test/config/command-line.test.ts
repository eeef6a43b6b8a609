// The daemon's command line: what it prints where, and its exit codes.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const DAEMON = fileURLToPath(new URL('../../src/bin/diststored.ts', import.meta.url))

/** Arguments, exit code, start of stdout, stderr. */
const TABLE: readonly (readonly [string, number, string, string])[] = [
  ['--help', 0, 'Usage: diststored [--SETTING VALUE]...\n', ''],
  ['--version', 0, 'diststored ', ''],
  ['--check-config', 0, 'diststored: the settings are good\n', ''],
  ['--prot 1', 2, '', 'diststored: there is no flag "--prot"; did you mean --port?\n'],
  [
    '--config /nowhere/a.toml',
    2,
    '',
    'diststored: config (flag --config) must be the path of a TOML file; there is no /nowhere/a.toml\n',
  ],
]

t.test('diststored', async (t) => {
  for (const [flags, code, stdout, stderr] of TABLE) {
    const ran = spawnSync(process.execPath, ['--import', 'tsx', DAEMON, ...flags.split(' ')], {
      encoding: 'utf8',
    })
    t.equal(ran.status, code, `${flags}: exit code`)
    t.equal(ran.stdout.slice(0, stdout.length), stdout, `${flags}: stdout`)
    t.equal(ran.stderr, stderr, `${flags}: stderr`)
  }
})
