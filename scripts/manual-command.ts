// The manual page of the command, made from the program itself: its verbs, options and texts.
import { Command } from 'commander'
import { Readable, Writable } from 'node:stream'
import { Cli } from '../src/cli/cli.ts'
import { EXIT_HELP } from '../src/cli/exit-codes.ts'
import { addEverything } from '../src/cli/program.ts'
import type { CliWorld } from '../src/cli/world.ts'
import { type Block, type Page, type Part, term, text } from './roff.ts'

export function commandPage(version: string): Page {
  const program = describedProgram(version)
  return {
    name: program.name(),
    section: 1,
    version,
    summary: 'read, write and look after a diststore cluster',
    parts: [
      { title: 'SYNOPSIS', blocks: [text(`${program.name()} [options] verb ...`)] },
      { title: 'DESCRIPTION', blocks: [text(program.description())] },
      { title: 'OPTIONS', blocks: optionsOf(program) },
      verbsOf(program),
      { title: 'EXIT STATUS', blocks: [text(EXIT_HELP.replace('Exit codes: ', '').trim())] },
      { title: 'SEE ALSO', blocks: [text('diststored(8), diststored.toml(5)')] },
    ],
  }
}

function verbsOf(program: Command): Part {
  const blocks = program.commands.flatMap((verb): Block[] => [
    { kind: 'heading', text: `${verb.name()} ${verb.usage().replace(/\[options\] ?/, '')}`.trim() },
    text(verb.description()),
    ...optionsOf(verb).filter(({ kind }) => kind === 'term'),
  ])
  return { title: 'VERBS', blocks }
}

/** Without --help, which every verb has. */
function optionsOf(command: Command): Block[] {
  const isHelp = (flags: string) => flags === '--help'
  const options = command.createHelp().visibleOptions(command)
  return options
    .filter(({ flags }) => command.parent === null || !isHelp(flags))
    .map(({ flags, description }) => term(flags, description))
}

/** The program, to be looked at only: it reaches nothing. */
function describedProgram(version: string): Command {
  const program = new Command('diststore')
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  const world: CliWorld = {
    version,
    stdin: () => Readable.from([]),
    stdout: nowhere(),
    stderr: nowhere(),
    isTerminal: false,
    hasColours: false,
    hasProgress: false,
    openFile: () => Readable.from([]),
    createFile: () =>
      Promise.reject(new Error('bug: a program that is only looked at writes a file')),
    time: { monotonicMs: () => 0, wallMs: () => 0, pause: () => Promise.resolve() },
    giveWay: () => {},
    surroundings: { env: {}, interfaces: [], readFile: () => ({ kind: 'absent' }) },
  }
  addEverything(program, new Cli(world, () => undefined))
  return program
}
