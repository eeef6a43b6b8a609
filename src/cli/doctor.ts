// diststore doctor: why nodes do not find each other, in plain words, and what to change.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import type { Finding, Grade } from './doctor/facts.ts'
import { findingsOf, isWell } from './doctor/findings.ts'
import { gather } from './doctor/gather.ts'
import { LISTEN_S } from './doctor/limits.ts'
import { EXIT, Failure } from './exit-codes.ts'
import type { Style, Styles } from './styles.ts'

const PLACE_OPTIONS = ['cluster', 'group', 'group-port', 'interface'] as const

interface DoctorOptions {
  readonly seconds: string
  readonly json?: true
  readonly [name: string]: unknown
}

export function addDoctor(program: Command, cli: Cli): void {
  const command = program
    .command('doctor')
    .summary('find out why nodes do not hear each other')
    .description(
      'Says who hears whom, by which way and with what loss, and what to change. Run it on the host\n' +
        'of a node; without one it says what it hears of the group. Exit code 0: all is well.',
    )
    .option('--seconds <count>', 'listen so long', String(LISTEN_S.byDefault))
    .option('--json', 'print the findings as JSON')
  for (const name of PLACE_OPTIONS) {
    command.option(`--${name} <value>`, `as diststored takes it, when no node runs`)
  }
  command.action(async (options: DoctorOptions) => {
    const argv = PLACE_OPTIONS.flatMap((name) => {
      const value = options[camelCase(name)]
      return typeof value === 'string' ? [`--${name}=${value}`] : []
    })
    const findings = findingsOf(await gather(cli, { argv, forMs: listenMs(options) }))
    cli.exitCode = isWell(findings) ? EXIT.ok : EXIT.notFound
    if (options.json) return cli.sayJson({ isWell: isWell(findings), findings })
    for (const line of findingLines(findings, cli.styles)) cli.say(line)
  })
}

export function findingLines(findings: readonly Finding[], styles: Styles): string[] {
  const style: Readonly<Record<Grade, Style>> = {
    ok: styles.good,
    note: styles.doubtful,
    trouble: styles.bad,
  }
  const lines = findings.flatMap(({ grade, sentence, advice }) => [
    `${style[grade](grade.padEnd(7))}  ${sentence}`,
    ...(advice === '' ? [] : [`         -> ${advice}`]),
  ])
  const troubles = findings.filter(({ grade }) => grade === 'trouble').length
  if (troubles === 0) return [...lines, '', styles.good('All is well.')]
  const things = troubles === 1 ? 'One thing is wrong.' : `${troubles} things are wrong.`
  return [...lines, '', styles.bad(things)]
}

function listenMs({ seconds }: DoctorOptions): number {
  const count = Number(seconds)
  if (count >= 1 && count <= LISTEN_S.max) return count * 1000
  throw new Failure(EXIT.usage, `--seconds must be a number from 1 to ${LISTEN_S.max}`)
}

/** As commander names options. */
function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
