// Why no view comes of these promises, or only one of older data: told to whoever must do something
// about it.
import type { NodeId, View } from './types.ts'
import { formatBallot, onlyGroup } from './view.ts'

/** Nodes in sight have not promised. */
export function tooFewAgree(agreed: number, heard: number): string {
  return `${agreed} of ${heard} nodes in sight have agreed on masters so far: try again`
}

/** What to do when fewer nodes than copies are there. */
export function tooFewNodes(counts: { here: number; known: number; needed: number }): string {
  const { here, known, needed } = counts
  return (
    `${here} of ${known} known nodes ${here === 1 ? 'is' : 'are'} reachable; a write needs ` +
    `${needed} copies: bring a node back, or set min-copies to 1`
  )
}

/** The newest data is away. */
export function missingHolders(view: View): string {
  const names = holdersOf(view)
  return (
    `the newest data is on ${names.join(' and ')}, which cannot be reached: bring it back. Only if it ` +
    'is lost for good: POST /admin/force goes on with what the others have, and without what it alone had'
  )
}

/** A view and who holds all of it, for a log line. */
export function told(view: View): { readonly ballot: string; readonly holders: readonly string[] } {
  return { ballot: formatBallot(view.ballot), holders: holdersOf(view) }
}

function holdersOf(view: View): string[] {
  const at = (id: NodeId) => view.roster.find((n) => n.id === id)?.address ?? id
  return onlyGroup(view)
    .masters.filter((m) => m.inSync)
    .map((m) => at(m.id))
}
