// What is told to other nodes about views, to be of use to them: nobody waits for an answer.
import { VIEW_CALL_WAIT_MS } from './limits.ts'
import type { Member } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { NodeId, View } from './types.ts'

/** Asks a node to propose, because it can and this one cannot. `suspect`: a primary taken for lost. */
export function nudge(
  out: Outbox,
  member: Member | undefined,
  about: { epoch: number; suspect: NodeId | undefined },
): void {
  if (member === undefined) return
  const request = { kind: 'nudge', ...about } as const
  out.call(member.address, request, { timeoutMs: VIEW_CALL_WAIT_MS, onAnswer: () => {} })
}

/** A view is active. */
export function announce(out: Outbox, members: readonly Member[], view: View): void {
  for (const { address } of members) {
    out.call(
      address,
      { kind: 'commit', view },
      { timeoutMs: VIEW_CALL_WAIT_MS, onAnswer: () => {} },
    )
  }
}
