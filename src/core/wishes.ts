// What an operator wants of the next view: at most one wish at a time, kept by the primary.
// Which view comes of it is choose.ts' business.
import { unreachable } from './assert.ts'
import type { NodeId, View } from './types.ts'
import { inRoster, onlyGroup } from './view.ts'

export type Wish =
  /** This node becomes a master beside the others, so that it can take over. */
  | { readonly kind: 'successor'; readonly id: NodeId }
  /** This node is given up for good. */
  | { readonly kind: 'forget'; readonly id: NodeId }
  | { readonly kind: 'addVoter'; readonly id: NodeId }
  | { readonly kind: 'removeVoter'; readonly id: NodeId }
  /** A new beginning from what is left: see choose-forced.ts. */
  | { readonly kind: 'force' }

/** Whether a view is as wished. */
export function isFulfilled(wish: Wish, view: View): boolean {
  switch (wish.kind) {
    case 'successor':
      return onlyGroup(view).masters.some((m) => m.id === wish.id)
    case 'forget':
      return view.forgotten.includes(wish.id) && !inRoster(view, wish.id)
    case 'addVoter':
      return view.voters.includes(wish.id)
    case 'removeVoter':
      return !view.voters.includes(wish.id)
    case 'force':
      return view.isUnclean
    default:
      return unreachable(wish)
  }
}

export class Wishes {
  current: Wish | undefined
}
