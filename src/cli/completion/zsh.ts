// Completion for zsh, for a folder of $fpath as well as for sourcing.
import type { OptionWords, ProgramWords, Proposal, VerbWords } from './words.ts'

export function zshCompletion({ name, options, verbs }: ProgramWords): string {
  return `#compdef ${name}
# Completion of ${name} for zsh: source it, or put it as _${name} into a folder of $fpath.
_${name}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${options.map(optionSpec).join(' ')} '1: :->verb' '*:: :->rest'
  case $state in
    verb)
      local -a verbs
      verbs=(
${verbs.map((verb) => `        ${quoted(`${verb.name}:${verb.summary}`)}`).join('\n')}
      )
      _describe -t verbs verb verbs
      ;;
    rest)
      case $line[1] in
${verbs.map((verb) => `        ${verb.name}) _arguments ${specsOf(verb).join(' ')} ;;`).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`
}

function specsOf({ options, places }: VerbWords): string[] {
  const atPlaces = places.map(({ name, proposal }, i) =>
    quoted(`${i + 1}:${name}:${action(proposal)}`),
  )
  return [...options.map(optionSpec), ...atPlaces]
}

function optionSpec({ flag, description, value, isOptional }: OptionWords): string {
  const text = description.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
  if (value === undefined) return quoted(`${flag}[${text}]`)
  return quoted(`${flag}=[${text}]${isOptional ? '::' : ':'}value:${action(value)}`)
}

/** A space: something has to be typed, and nothing is proposed. */
function action(proposal: Proposal): string {
  if (proposal.kind === 'free') return ' '
  return proposal.kind === 'file' ? '_files' : `(${proposal.words.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
