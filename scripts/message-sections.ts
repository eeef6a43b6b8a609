// The parts of docs/MESSAGES.md that are made from the source, and where they stand in it.
// Everything between two marks is replaced; the rest is written by hand.
import { readFileSync } from 'node:fs'
import { parts, request, response } from '../src/wire/message-shapes.ts'
import { encodeRequest, encodeResponse } from '../src/wire/node-message.ts'
import {
  EXAMPLE_SENDER,
  REQUEST_EXAMPLES,
  RESPONSE_EXAMPLES,
} from '../test/wire/message-examples.ts'
import { dumpMsgpack } from './hex-dump.ts'
import { ANSWERS } from './message-answers.ts'
import { messageSections, partSections } from './message-tables.ts'
import { commentsIn } from './type-comments.ts'

/** The document with its generated sections as they must be. */
export function withGenerated(document: string): string {
  let made = document
  for (const [name, text] of Object.entries(sections())) {
    const mark = new RegExp(`(<!-- ${name}: made by [^>]*-->\n)[^]*?(<!-- end of ${name} -->)`)
    if (!mark.test(made)) throw new Error(`docs/MESSAGES.md has no marks for ${name}`)
    made = made.replace(mark, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`)
  }
  return made
}

function sections(): Readonly<Record<string, string>> {
  const sources = { parts, comments: comments() }
  const requests = { type: 'NodeRequest', title: 'Request', shape: request, closing: answersTo }
  const responses = { type: 'NodeResponse', title: 'Response', shape: response, closing: () => '' }
  return {
    requests: messageSections(sources, requests),
    responses: messageSections(sources, responses),
    parts: partSections(sources),
    examples: examples(),
  }
}

function comments(): ReturnType<typeof commentsIn> {
  const texts = ['types', 'messages', 'pages'].map((name) =>
    readFileSync(new URL(`../src/core/${name}.ts`, import.meta.url), 'utf8'),
  )
  return new Map(texts.flatMap((text) => [...commentsIn(text)]))
}

function answersTo(kind: string): string {
  const [, kinds = []] = Object.entries(ANSWERS).find(([it]) => it === kind) ?? []
  const answers = kinds.map((it) => `[\`${it}\`](#response-${it.toLowerCase()})`)
  return `Answered by ${answers.join(', ')}.`
}

function examples(): string {
  const shown = [
    ...REQUEST_EXAMPLES.map((it) =>
      exampleOf('Request', it.kind, encodeRequest(EXAMPLE_SENDER, it)),
    ),
    ...RESPONSE_EXAMPLES.map((it) =>
      exampleOf('Response', it.kind, encodeResponse(EXAMPLE_SENDER, it)),
    ),
  ]
  return shown.join('\n\n')
}

function exampleOf(title: string, kind: string, body: Uint8Array): string {
  return `### Example: ${title} \`${kind}\`\n\n\`\`\`text\n${dumpMsgpack(body)}\n\`\`\``
}
