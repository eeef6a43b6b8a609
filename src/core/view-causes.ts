// Why views are proposed: one name a cause, told to every node that is asked for its promise.

/**
 * `no-primary`: nobody acts; `nudged`: another node asked this one to act; `master-lost`: the other master
 * is gone or answers nothing; `fenced`: another proposal stands above the view; `synced`: a new master has
 * caught up; `vacancy`: a second master is missing; `roster`: nodes came or moved; `leaving`: nodes stop or
 * have left; `no-room`: a syncing master has too small a disk; `handoff`: the primary gives up its place;
 * `fork`, `merged`, `lineage-lost`: two sides of a split are seen, brought together, or one cannot be had;
 * `forced` and the rest: an operator's orders.
 */
export const VIEW_CAUSES = [
  'no-primary',
  'nudged',
  'master-lost',
  'fenced',
  'synced',
  'vacancy',
  'roster',
  'leaving',
  'no-room',
  'handoff',
  'fork',
  'merged',
  'lineage-lost',
  'forced',
  'successor',
  'forget',
  'addVoter',
  'removeVoter',
  'force',
] as const
export type ViewCause = (typeof VIEW_CAUSES)[number]
