// The command line of `diststore`: its verbs, its help, and what its exit code says.
// Each verb is a file of its own; nothing here talks to a node.
import { Command, CommanderError } from 'commander'
import { addAudit } from './audit.ts'
import { addBackup } from './backup.ts'
import { addBench } from './bench.ts'
import { Cli } from './cli.ts'
import { addCompletion } from './completion.ts'
import { addConflicts } from './conflicts.ts'
import { addDoctor } from './doctor.ts'
import { EXIT, EXIT_HELP, type ExitCode, Failure } from './exit-codes.ts'
import { addForce } from './force.ts'
import { addForget } from './forget.ts'
import { addGet } from './get.ts'
import { addGetLocal } from './get-local.ts'
import { addHandoff } from './handoff.ts'
import { addLs } from './ls.ts'
import { addNodes } from './nodes.ts'
import { addPostLocal } from './post-local.ts'
import { addPut } from './put.ts'
import { addRestore } from './restore.ts'
import { addRm } from './rm.ts'
import { addStatus } from './status.ts'
import { addTop } from './top.ts'
import { addVoters } from './voters.ts'
import { addWatch } from './watch.ts'
import type { CliWorld } from './world.ts'

const VERBS = [
  addGet,
  addPut,
  addRm,
  addLs,
  addPostLocal,
  addGetLocal,
  addStatus,
  addNodes,
  addWatch,
  addTop,
  addBench,
  addDoctor,
  addHandoff,
  addForget,
  addForce,
  addVoters,
  addConflicts,
  addAudit,
  addBackup,
  addRestore,
  addCompletion,
]

/** Columns of the help, on every terminal the same. */
const HELP_WIDTH = 100

/** Runs one command; settles with its exit code. `argv` are the words after the program's name. */
export async function run(argv: readonly string[], world: CliWorld): Promise<ExitCode> {
  const program = new Command('diststore')
  const cli = new Cli(world, () => program.opts<{ url?: string }>().url)
  addEverything(program, cli)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return cli.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof Failure) {
      cli.warn(error.message)
      return error.exitCode
    }
    // Not code 1, with which Node would end: that says "not found".
    cli.warn(`this is a bug of diststore: ${error instanceof Error ? error.stack : String(error)}`)
    return EXIT.refused
  } finally {
    await cli.close()
  }
}

/** Gives the program its options, its texts and all its verbs. */
export function addEverything(program: Command, cli: Cli): void {
  setUp(program, cli)
  for (const add of VERBS) add(program, cli)
}

function setUp(program: Command, cli: Cli): void {
  const { world } = cli
  program
    .description('Reads, writes and looks after a diststore cluster, through one of its nodes.')
    .version(`diststore ${world.version}`, '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .helpCommand(false)
    .configureHelp({ helpWidth: HELP_WIDTH, showGlobalOptions: true })
    .option('--url <url>', 'the node to talk to [DISTSTORE_URL, else the node of this host]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text) => cli.warn(plainError(text)),
    })
    .addHelpText('after', EXIT_HELP)
}

/** "error: unknown option '--prot'\n(Did you mean --port?)" as the daemon says such things. */
function plainError(text: string): string {
  const [first = '', second = ''] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  const meant = /^\(Did you mean (?<name>.*)\?\)$/.exec(second)?.groups?.['name']
  const hint = meant === undefined ? '--help lists what there is' : `did you mean ${meant}?`
  return `${first.replace(/\.$/, '')}; ${hint}`
}
