// Writes the tables of docs/MESSAGES.md: fields and forms from the shapes that check every message,
// what they mean from the comments of the types. Knows no message by name.
import type { Form, Parts, Shape } from '../src/wire/shape.ts'
import type { TypeComments } from './type-comments.ts'

export interface TableSources {
  /** Objects that have a table of their own, by the names of their types. */
  readonly parts: Readonly<Record<string, Shape<unknown>>>
  readonly comments: ReadonlyMap<string, TypeComments>
}

type Row = readonly string[]

/** One section a part: its comment and its table. */
export function partSections(sources: TableSources): string {
  return Object.entries(sources.parts)
    .map(([name, { form }]) =>
      paragraphs(
        `### ${name}`,
        sources.comments.get(name)?.comment ?? '',
        form.kind === 'variants' ? kindsTable(name, form.fieldsOf, sources) : '',
        form.kind === 'fields' ? fieldsTable(name, form.fields, sources) : '',
      ),
    )
    .join('\n\n')
}

/**
 * One section a kind of message. `type` is the union in the source, `title` its word for people,
 * `closing` what stands under the table of a kind.
 */
export function messageSections(
  sources: TableSources,
  message: {
    readonly type: string
    readonly title: string
    readonly shape: Shape<unknown>
    readonly closing: (kind: string) => string
  },
): string {
  const { type, title, shape, closing } = message
  if (shape.form.kind !== 'variants') throw new Error(`${type} is not told apart by its kind`)
  return [...shape.form.fieldsOf]
    .map(([kind, fields]) => {
      const name = `${type}.${kind}`
      return paragraphs(
        `### ${title} \`${kind}\``,
        sources.comments.get(name)?.comment ?? '',
        fields.length === 0 ? 'No fields besides `kind`.' : fieldsTable(name, fields, sources),
        closing(kind),
      )
    })
    .join('\n\n')
}

function fieldsTable(type: string, fields: Parts, sources: TableSources): string {
  return table(['Field', 'Form', ''], fieldRows(type, fields, sources))
}

function kindsTable(
  type: string,
  fieldsOf: ReadonlyMap<string, Parts>,
  sources: TableSources,
): string {
  const rows = [...fieldsOf].flatMap(([kind, fields]) => {
    const name = `${type}.${kind}`
    const comment = sources.comments.get(name)?.comment ?? ''
    const [first = ['', '', ''], ...others] = fieldRows(name, fields, sources)
    const [field = '', form = '', meaning = ''] = first
    const firstRow = [code(kind), field, form, [comment, meaning].join(' ').trim()]
    return [firstRow, ...others.map((row) => ['', ...row])]
  })
  return table(['`kind`', 'Field', 'Form', ''], rows)
}

function fieldRows(type: string, fields: Parts, sources: TableSources): Row[] {
  const comments = sources.comments.get(type)?.fields
  return fields.map(([name, shape]) => [
    code(name),
    formOf(shape, sources),
    comments?.get(name) ?? '',
  ])
}

/** What a field must be, with a link where that has a table of its own. */
function formOf(shape: Shape<unknown>, sources: TableSources): string {
  const { form } = shape
  switch (form.kind) {
    case 'optional':
      return `${formOf(form.of, sources)}, or nil`
    case 'list':
      return `${form.wanted}: ${formOf(form.of, sources)}`
    case 'fields':
    case 'variants':
      return link(shape, sources)
    default:
      return leafOf(form)
  }
}

function leafOf({ kind, wanted }: Extract<Form, { wanted: string }>): string {
  const words = wanted.replaceAll(/\d{10,}/g, powerOfTwo)
  return kind === 'text' && !words.startsWith('a text') ? `${words} (text)` : words
}

/** The highest number of 32 or 48 bits is easier to read as what it is. */
function powerOfTwo(digits: string): string {
  const bits = Math.log2(Number(digits) + 1)
  return Number.isInteger(bits) ? `2^${bits} - 1` : digits
}

function link(shape: Shape<unknown>, { parts }: TableSources): string {
  const [name] = Object.entries(parts).find(([, part]) => part === shape) ?? []
  if (name === undefined) {
    const { form } = shape
    const fields =
      form.kind === 'fields' ? form.fields.map(([field]) => field).join(', ') : form.kind
    throw new Error(`add the object (${fields}) to parts in src/wire/message-shapes.ts`)
  }
  return `[${name}](#${name.toLowerCase()})`
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`.replaceAll(/ +\|/g, ' |')
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function code(name: string): string {
  return `\`${name}\``
}

function paragraphs(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n')
}
