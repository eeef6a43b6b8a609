// Completion for fish.
import type { OptionWords, ProgramWords, Proposal, VerbWords } from './words.ts'

export function fishCompletion({ name, options, verbs }: ProgramWords): string {
  const start = `complete -c ${name}`
  return [
    `# Completion of ${name} for fish: put it as ${name}.fish into ~/.config/fish/completions.`,
    `${start} -f`,
    ...options.map((option) => `${start} -n __fish_use_subcommand ${optionWords(option)}`),
    ...verbs.flatMap((verb) => [
      `${start} -n __fish_use_subcommand -a ${verb.name} -d ${quoted(verb.summary)}`,
      ...verbLines(verb).map((words) => `${start} -n ${quoted(seen(verb))} ${words}`),
    ]),
    '',
  ].join('\n')
}

function seen({ name }: VerbWords): string {
  return `__fish_seen_subcommand_from ${name}`
}

function verbLines({ options, places }: VerbWords): string[] {
  const proposals = places.map(({ proposal }) => placeWords(proposal))
  return [...options.map(optionWords), ...proposals.filter((words) => words !== '')]
}

function optionWords({ flag, description, value, isOptional }: OptionWords): string {
  const words = `-l ${flag.replace(/^--/, '')} -d ${quoted(description)}`
  if (value === undefined || isOptional) return words
  return `${words} -r ${value.kind === 'free' ? '' : placeWords(value)}`.trimEnd()
}

function placeWords(proposal: Proposal): string {
  if (proposal.kind === 'free') return ''
  return proposal.kind === 'file' ? '-F' : `-a ${quoted(proposal.words.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
