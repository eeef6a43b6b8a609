// Manual pages in roff, man(7): text in, page out. Knows nothing of what the pages are about.

export interface Page {
  readonly name: string
  readonly section: 1 | 5 | 8
  readonly version: string
  /** After the dash under NAME. */
  readonly summary: string
  readonly parts: readonly Part[]
}

export interface Part {
  readonly title: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  /** As it stands, line by line. */
  | { readonly kind: 'example'; readonly lines: readonly string[] }
  /** A word or two, and what they mean. */
  | { readonly kind: 'term'; readonly term: string; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }

export const text = (words: string): Block => ({ kind: 'text', text: words })
export const term = (name: string, words: string): Block => ({
  kind: 'term',
  term: name,
  text: words,
})
export const example = (...lines: string[]): Block => ({ kind: 'example', lines })

/** The whole page, with a newline at its end. */
export function roffPage(page: Page): string {
  const { name, section, version, summary, parts } = page
  return [
    `.TH ${quoted(name.toUpperCase())} ${section} "" ${quoted(`diststore ${version}`)}`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(summary)}`,
    ...parts.flatMap(({ title, blocks }) => [`.SH ${quoted(title)}`, ...blocks.flatMap(lines)]),
    '',
  ].join('\n')
}

function lines(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return ['.PP', escaped(block.text)]
    case 'example':
      return ['.PP', '.RS 4', '.nf', ...block.lines.map(escaped), '.fi', '.RE']
    case 'term':
      return ['.TP', `.B ${quoted(block.term)}`, escaped(block.text)]
    case 'heading':
      return [`.SS ${quoted(block.text)}`]
    default:
      return block satisfies never
  }
}

function quoted(words: string): string {
  return `"${escaped(words).replaceAll('"', '\\(dq')}"`
}

/** What roff would take for an order or turn into a typographer's sign stays what it is. */
function escaped(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replaceAll(/^\./gm, '\\&.')
}
