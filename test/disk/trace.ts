// Reads what strace saw of a node: when requests came, answers left and flushes were done. All times
// are of the one clock of this machine, so that several nodes can be compared.

const FLUSHES = ['fdatasync', 'fsync', 'msync']
const TRANSFERS = ['read', 'write', 'writev', 'sendto', 'sendmsg']

/** What to put before a node's command so that this file gets its trace. */
export function traceInto(file: string): readonly string[] {
  const calls = [...FLUSHES, ...TRANSFERS].join(',')
  // -D: the node is our child, and strace the detached one, which ends with it.
  return ['strace', '-D', '-f', '-ttt', '-T', '-s', '40', '-o', file, '-e', `trace=${calls}`]
}

/** Seconds since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
}

const LINE = /^(\d+) +(\d+\.\d+) (.*)$/
const DONE = /^(\w+)\(.* = 0 <(\d+\.\d+)>$/
const BEGUN = /^(\w+)\(.*<unfinished \.\.\.>$/
/** The first argument of a transfer. */
const SOCKET = /^\w+\((\d+),/
const RESUMED = /^<\.\.\. (\w+) resumed>.* = 0 <\d+\.\d+>$/

/** The flushes that succeeded, from their call to their return. */
export function flushesIn(trace: string): Span[] {
  const spans: Span[] = []
  const begun = new Map<string, number>()
  for (const { thread, at, call } of linesOf(trace)) {
    const [, done = '', tookS = ''] = DONE.exec(call) ?? []
    const [, started = ''] = BEGUN.exec(call) ?? []
    const [, resumed = ''] = RESUMED.exec(call) ?? []
    if (FLUSHES.includes(done)) spans.push({ from: at, to: at + Number(tookS) })
    else if (FLUSHES.includes(started)) begun.set(thread, at)
    else if (FLUSHES.includes(resumed)) spans.push({ from: begun.get(thread) ?? at, to: at })
  }
  return spans
}

/**
 * For requests one after the other: from the arrival of each to the moment its 200 was sent. A node answers
 * other nodes meanwhile: only what goes out where the request came in is its answer.
 */
export function exchangesIn(trace: string, requestLine: string): Span[] {
  const spans: Span[] = []
  const begun = new Map<string, string>()
  let asked: { readonly at: number; readonly socket: string } | undefined
  for (const { thread, at, call } of linesOf(trace)) {
    const [, named] = SOCKET.exec(call) ?? []
    if (named !== undefined) begun.set(thread, named)
    // A call that is resumed does not name its socket again.
    const socket = named ?? begun.get(thread) ?? ''
    if (call.includes(`"${requestLine}`)) asked = { at, socket }
    else if (asked?.socket === socket && call.includes('"HTTP/1.1 200 OK')) {
      spans.push({ from: asked.at, to: at })
      asked = undefined
    }
  }
  return spans
}

/** Whether some span lies within another. */
export function hasWithin(outer: Span, spans: readonly Span[]): boolean {
  return spans.some(({ from, to }) => from >= outer.from && to <= outer.to)
}

function* linesOf(trace: string): Generator<{ thread: string; at: number; call: string }> {
  for (const line of trace.split('\n')) {
    const [, thread = '', at = '', call] = LINE.exec(line) ?? []
    if (call !== undefined) yield { thread, at: Number(at), call }
  }
}
