// diststore bench: so many reads and writes a second through one node, and how long they took.
// Bounded in time and in keys; takes its keys away again.
import type { Command } from 'commander'
import { BenchRun, type BenchSetting, type KindReport } from './bench-run.ts'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { BENCH } from './limits.ts'
import { bytesText, Progress } from './progress.ts'
import { tableLines } from './table.ts'

type BenchOptions = Readonly<Record<keyof typeof BENCH, string>> & { readonly json?: true }

export function addBench(program: Command, cli: Cli): void {
  const command = program
    .command('bench')
    .summary('measure reads and writes')
    .description(
      'Reads and writes keys of its own below diststore-bench/ through one node, as fast as so many\n' +
        'connections can, each waiting for its answer, and says how many a second and how long they\n' +
        'took, as seen from here. It loads the cluster; its keys are deleted afterwards.',
    )
  for (const [name, { byDefault, help }] of Object.entries(BENCH)) {
    command.option(`--${name} <number>`, help, String(byDefault))
  }
  command
    .option('--json', 'print the figures as JSON')
    .action(async ({ json, ...options }: BenchOptions) => {
      const setting = settingOf(options)
      const { reads, writes } = await measured(cli, setting)
      const isFailed = reads.count + writes.count === 0
      if (isFailed) cli.exitCode = EXIT.unreachable
      if (json) return cli.sayJson({ node: cli.node.origin, ...setting, reads, writes })
      for (const line of lines(cli, setting, { reads, writes })) cli.say(line)
      if (isFailed) cli.warn(`no request was answered well: ${reads.failure || writes.failure}`)
    })
}

function settingOf(options: Omit<BenchOptions, 'json'>): BenchSetting {
  const number = (name: keyof typeof BENCH): number => {
    const { min, max } = BENCH[name]
    const value = Number(options[name])
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new Failure(EXIT.usage, `--${name} must be a whole number from ${min} to ${max}`)
  }
  return {
    seconds: number('seconds'),
    connections: number('connections'),
    keys: number('keys'),
    bytes: number('bytes'),
    writes: number('writes'),
  }
}

async function measured(cli: Cli, setting: BenchSetting) {
  const progress = new Progress(cli.world)
  const connections = cli.connections(setting.connections)
  const show = (done: number, total: number, text: string) => progress.at({ done, total, text })
  const run = new BenchRun(connections, cli.world.time, setting)
  try {
    await run.prepare(show)
    await run.measure(show)
    return run.report()
  } finally {
    const isClean = await run.cleanUp(show)
    progress.clear()
    if (!isClean) cli.warn('some keys below diststore-bench/ are left; they end within the hour')
    await connections.close()
  }
}

const COLUMNS = [
  { title: '' },
  ...['REQUESTS', 'PER S', 'P50 MS', 'P99 MS', 'MAX MS', 'FAILED'].map((title) => ({
    title,
    isNumber: true,
  })),
]

function lines(
  cli: Cli,
  { seconds, connections, keys, bytes, writes: share }: BenchSetting,
  { reads, writes }: { reads: KindReport; writes: KindReport },
): string[] {
  const row = (name: string, kind: KindReport) => [
    { text: name },
    ...[kind.count, kind.perSecond, kind.p50Ms, kind.p99Ms, kind.maxMs, kind.failed].map(
      (value) => ({ text: String(value) }),
    ),
  ]
  return [
    `${cli.node.origin}: ${connections} connections for ${seconds} s, ${share} % writes, ${keys} keys of ${bytesText(bytes)}`,
    '',
    ...tableLines(COLUMNS, [row('reads', reads), row('writes', writes)]),
  ]
}
