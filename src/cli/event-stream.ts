// Reads text/event-stream as a node sends it: named events with one line of JSON each.
// Passes over comments; never reconnects.
import type { Readable } from 'node:stream'

export interface NodeEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Ends with the stream. Throws what the stream throws, and SyntaxError when it is no JSON. */
export async function* nodeEvents(stream: Readable): AsyncIterable<NodeEvent> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const blocks = (rest + String(chunk)).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseBlock(block)
      if (event !== undefined) yield event
    }
  }
}

function parseBlock(block: string): NodeEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    }),
  )
  const name = fields.get('event')
  const data = fields.get('data')
  if (name === undefined || data === undefined) return undefined
  return { name, data: Object(JSON.parse(data)) }
}
