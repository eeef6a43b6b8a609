// Which responses the core gives to a request: for docs/MESSAGES.md, and for the simulator, which
// checks it. `unable` comes to every request as well, from a node that is stopping.
import type { NodeResponse } from '../src/core/messages.ts'
import type { NodeRequestKind } from '../src/wire/node-message.ts'

export const ANSWERS: Readonly<Record<NodeRequestKind, readonly NodeResponse['kind'][]>> = {
  ping: ['pong'],
  prepare: ['promise', 'rejected'],
  accept: ['accepted', 'rejected'],
  commit: ['noted'],
  nudge: ['noted'],
  view: ['view'],
  write: ['written', 'fenced'],
  replicate: ['replicated', 'fenced', 'unable'],
  barrier: ['holds', 'fenced'],
  read: ['found', 'unchanged', 'absent', 'unable'],
  missed: ['missed', 'forgotten', 'unable'],
  remembered: ['remembered', 'fenced'],
  digest: ['digest', 'fenced'],
  page: ['page', 'fenced'],
  fetch: ['entries', 'fenced'],
  synced: ['noted'],
  takeOver: ['noted', 'unable'],
  order: ['ordered'],
  recover: ['recovered', 'fenced'],
  audit: ['noted'],
  salvage: ['salvaged', 'unneeded', 'unable'],
  heldDigest: ['heldDigest', 'fenced'],
  heldPage: ['page', 'fenced'],
  heldFetch: ['entries', 'fenced'],
}
