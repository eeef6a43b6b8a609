// How far a mirroring has come, at the target's side. Data only.
import type { NodeResponse } from './messages.ts'
import type { Ballot } from './types.ts'

export type Page = Extract<NodeResponse, { kind: 'page' }>

/** How far one mirroring has come. */
export interface Progress {
  readonly ballot: Ballot
  readonly wanted: Uint8Array
  readonly withValues: boolean
  /** The last key that is settled. */
  after: string | undefined
  /** Where the next page begins; undefined once the last one has come. */
  asked: string | undefined
  isAsking: boolean
  /** At most one page, made while the one before it was being taken. */
  readonly waiting: Page[]
  isTaking: boolean
  /** Pages, and parts of them fetched by name, that are stored and not durable yet. */
  flushing: number
  /** What goes on when one of them is durable. */
  held: ((nowMs: number) => void) | undefined
  /** The last page is taken; or a call failed, and the mirror starts over with a digest. */
  isOver: boolean
}

/** Before the first page. */
export function startOf(about: Pick<Progress, 'ballot' | 'wanted' | 'withValues'>): Progress {
  return {
    ...about,
    after: undefined,
    asked: undefined,
    isAsking: false,
    waiting: [],
    isTaking: false,
    flushing: 0,
    held: undefined,
    isOver: false,
  }
}
