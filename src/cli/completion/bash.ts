// Completion for bash, 4 or newer. Asks for nothing but bash itself.
import type { OptionWords, ProgramWords, Proposal, VerbWords } from './words.ts'

export function bashCompletion(program: ProgramWords): string {
  const { name, options, verbs } = program
  return `# Completion of ${name} for bash: source it, or put it where bash-completion looks for it.
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' place=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valued(program).join('|')}) i=$((i + 1)) ;;
      -*) ;;
      *) if [[ -n $verb ]]; then place=$((place + 1)); else verb=\${COMP_WORDS[i]}; fi ;;
    esac
  done
  case "$verb $before" in
${verbs.flatMap(valueCases(name)).join('\n')}
  esac
  case $before in
    ${valued(program).join('|')}) return ;;
  esac
  if [[ $current == -* ]]; then
    case $verb in
      '') _${name}_words ${flagsOf(options)} ;;
${verbs.map((verb) => `      ${verb.name}) _${name}_words ${flagsOf(verb.options)} ;;`).join('\n')}
    esac
    return
  fi
  case "$verb $place" in
    ' 0') _${name}_words ${verbs.map((verb) => verb.name).join(' ')} ;;
${verbs.flatMap(placeCases(name)).join('\n')}
  esac
}

_${name}_words() {
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

complete -F _${name} ${name}
`
}

/** Options whose value is the next word. */
function valued({ options, verbs }: ProgramWords): string[] {
  const all = [...options, ...verbs.flatMap((verb) => verb.options)]
  return [...new Set(all.flatMap(({ flag, ...rest }) => (hasValue(rest) ? [flag] : [])))]
}

function hasValue({ value, isOptional }: Pick<OptionWords, 'value' | 'isOptional'>): boolean {
  return value !== undefined && !isOptional
}

const valueCases =
  (program: string) =>
  ({ name, options }: VerbWords): string[] =>
    options.flatMap(({ flag, value }) => {
      const words = value && proposeWords(program, value)
      return words === undefined ? [] : [`    '${name} ${flag}') ${words}; return ;;`]
    })

const placeCases =
  (program: string) =>
  ({ name, places }: VerbWords): string[] =>
    places.flatMap(({ proposal }, place) => {
      const words = proposeWords(program, proposal)
      return words === undefined ? [] : [`    '${name} ${place}') ${words} ;;`]
    })

function proposeWords(program: string, proposal: Proposal): string | undefined {
  if (proposal.kind === 'free') return undefined
  if (proposal.kind === 'file') return 'compopt -o default'
  return `_${program}_words ${proposal.words.join(' ')}`
}

function flagsOf(options: readonly OptionWords[]): string {
  return options.map(({ flag }) => flag).join(' ')
}
