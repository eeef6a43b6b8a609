// What can be typed: the verbs, their options and their arguments, taken from the program itself.
// Knows no shell.
import type { Argument, Command, Option } from 'commander'

/** What may follow: one of these words, the name of a file, or something that only the user knows. */
export type Proposal =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'free' }

export interface OptionWords {
  /** With its dashes. */
  readonly flag: string
  readonly description: string
  /** Undefined: it takes no value. */
  readonly value: Proposal | undefined
  /** The value may be left out. */
  readonly isOptional: boolean
}

export interface VerbWords {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  /** In order of their places. */
  readonly places: readonly { readonly name: string; readonly proposal: Proposal }[]
}

export interface ProgramWords {
  readonly name: string
  /** Of the program; --help and --url also go with every verb. */
  readonly options: readonly OptionWords[]
  readonly verbs: readonly VerbWords[]
}

/** Names of arguments and values that are files. */
const FILE_NAMES = ['path', 'file']

/** Everything that the program takes. */
export function wordsOf(program: Command): ProgramWords {
  return {
    name: program.name(),
    options: optionsOf(program),
    verbs: program.commands.map((verb) => ({
      name: verb.name(),
      summary: verb.summary(),
      options: [...optionsOf(verb), ...optionsOf(program).filter(({ flag }) => flag === '--url')],
      places: verb.registeredArguments.map((place) => ({
        name: place.name(),
        proposal: proposalFor(place.name(), place),
      })),
    })),
  }
}

function optionsOf(command: Command): OptionWords[] {
  return command.createHelp().visibleOptions(command).map(optionWords)
}

function optionWords(option: Option): OptionWords {
  const value = /[<[](?<name>[^\]>]*)/.exec(option.flags)?.groups?.['name']
  return {
    flag: option.long ?? option.flags,
    description: option.description,
    value: value === undefined ? undefined : proposalFor(value, option),
    isOptional: option.optional,
  }
}

function proposalFor(
  name: string,
  { argChoices }: Pick<Argument | Option, 'argChoices'>,
): Proposal {
  if (argChoices !== undefined) return { kind: 'words', words: argChoices }
  return { kind: FILE_NAMES.includes(name) ? 'file' : 'free' }
}
